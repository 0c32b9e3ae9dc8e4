import type { ArchiveManifest, BudgetSummary } from '@budget/infospace/archive';
import { costText, countText } from './amounts.js';

type Costs = Pick<BudgetSummary, 'cost_nano_usd_known' | 'cost_nano_usd_estimated' | 'unpriced_calls'>;

/** `≥$0.012345`; a dash where an archive has no budget data. */
export function archiveCostText({ metadata }: ArchiveManifest): string {
  return metadata.budget_summary === undefined ? '– (no budget data)' : costFields(metadata.budget_summary);
}

export function costFields({ cost_nano_usd_known, cost_nano_usd_estimated, unpriced_calls }: Costs): string {
  return costText(BigInt(cost_nano_usd_known) + BigInt(cost_nano_usd_estimated), unpriced_calls);
}

export function runsText({ metadata }: ArchiveManifest): string {
  return metadata.budget_summary === undefined ? '–' : countText(metadata.budget_summary.runs_count);
}

export function tokensText({ metadata }: ArchiveManifest): string {
  return metadata.budget_summary === undefined ? '–' : countText(metadata.budget_summary.total_tokens);
}
