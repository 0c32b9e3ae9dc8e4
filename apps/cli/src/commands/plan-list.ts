import { readPlans } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';
import { countText } from '../render/amounts.js';

export async function planList(infospace: string | undefined, directory: string): Promise<CommandResult> {
  const { plans } = await readPlans(chooseInfospace(infospace, directory));
  const rows = plans.map(({ snapshotId, recordedAt, estimates, exceedsMaxCalls, exceedsCostCap }) => ({
    snapshot_id: snapshotId,
    recorded_at: recordedAt,
    total_provider_calls_estimate: estimates.totalProviderCallsEstimate,
    total_prompt_tokens_estimate: estimates.totalPromptTokensEstimate,
    estimated_cost_usd: estimates.estimatedCostUsd,
    exceeds_max_calls: exceedsMaxCalls,
    exceeds_cost_cap: exceedsCostCap,
  }));
  const shown = (estimate: number | bigint | null): string => (estimate === null ? '–' : countText(estimate));
  return {
    value: rows,
    view: () =>
      rows.length === 0
        ? [text('No plan is recorded yet. Record one with `budget plan record --from <file>`.')]
        : [
            {
              kind: 'table',
              columns: [
                { name: 'plan' },
                { name: 'recorded' },
                { name: 'calls', align: 'right' },
                { name: 'prompt tokens', align: 'right' },
                { name: 'cost USD', align: 'right' },
              ],
              rows: rows.map((row) => [
                row.snapshot_id,
                row.recorded_at,
                shown(row.total_provider_calls_estimate),
                shown(row.total_prompt_tokens_estimate),
                row.estimated_cost_usd === null ? '–' : String(row.estimated_cost_usd),
              ]),
            },
          ],
  };
}
