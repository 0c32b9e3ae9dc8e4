import fc from 'fast-check';
import { text, value } from './hostile-values.js';

export interface ForeignBucket {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costUsdKnown: number;
  /** All calls of the bucket are computed from prices, or none is. */
  readonly costUsdEstimated: number | null;
}

const ONE_BUCKET: readonly ForeignBucket[] = [
  { calls: 3, promptTokens: 300, completionTokens: 30, costUsdKnown: 0.5, costUsdEstimated: null },
];

/** An entry of `usage.yaml` as the earlier tool wrote it: a whole one by the rules for those who append. */
export function foreignRun(
  runIndex: number,
  id: string,
  buckets: readonly ForeignBucket[] = ONE_BUCKET,
): Record<string, unknown> {
  const sum = (pick: (bucket: ForeignBucket) => number): number =>
    buckets.reduce((total, bucket) => total + pick(bucket), 0);
  const estimated = sum(({ costUsdEstimated }) => costUsdEstimated ?? 0);
  return {
    run_index: runIndex,
    started_at: null,
    completed_at: '2026-01-01T00:00:00Z',
    duration_seconds: 1.5,
    snapshot_id: id,
    workflows: [{ run_id: id, workflow_id: id, status: 'completed', stage_count: buckets.length }],
    rollup: {
      total_calls: sum(({ calls }) => calls),
      total_prompt_tokens: sum(({ promptTokens }) => promptTokens),
      total_completion_tokens: sum(({ completionTokens }) => completionTokens),
      total_tokens: sum(({ promptTokens, completionTokens }) => promptTokens + completionTokens),
      total_cost_usd_known: sum(({ costUsdKnown }) => costUsdKnown),
      total_cost_usd_estimated: estimated === 0 ? null : estimated,
    },
    per_bucket: buckets.map((bucket, index) => ({
      workflow_id: id,
      stage_id: `stage-${index}`,
      provider: 'openrouter',
      model: id,
      calls: bucket.calls,
      prompt_tokens: bucket.promptTokens,
      completion_tokens: bucket.completionTokens,
      total_tokens: bucket.promptTokens + bucket.completionTokens,
      cost_usd_known: bucket.costUsdKnown,
      cost_usd_estimated: bucket.costUsdEstimated,
      cost_status: bucket.costUsdEstimated === null ? 'known' : 'estimated',
      cost_estimated_for_calls: bucket.costUsdEstimated === null ? 0 : bucket.calls,
    })),
  };
}

// Eighths are exact in binary, so that a sum of floats is the sum.
const usd = fc.nat(800).map((eighths) => eighths / 8);

const bucket: fc.Arbitrary<ForeignBucket> = fc.record({
  calls: fc.integer({ min: 1, max: 50 }),
  promptTokens: fc.nat(10 ** 9),
  completionTokens: fc.nat(10 ** 9),
  costUsdKnown: usd,
  costUsdEstimated: fc.option(usd.map((amount) => amount + 1)),
});

const OUR_FIELDS = ['runs', 'snapshots', 'schema_version', 'run_id', 'run_index', 'end_of_run', 'totals_to_date'];
const THEIR_FIELDS = [...Object.keys(foreignRun(1, '')), 'pruned', 'pruned_count', 'snapshot_id', 'recorded_at'];

/** Fields that no tool knows, under names and with values of every kind. */
export const unknownFields = fc.dictionary(
  text.filter((key) => !OUR_FIELDS.includes(key) && !THEIR_FIELDS.includes(key)),
  value,
  { maxKeys: 3, noNullPrototype: false },
);

/** Such an entry with whatever ids, and with fields that the earlier tool never had. */
export const anyForeignRun = fc
  .record({ unknown: unknownFields, id: text, buckets: fc.array(bucket, { minLength: 1, maxLength: 3 }) })
  .map(({ unknown, id, buckets }) => ({ ...foreignRun(1, id, buckets), ...unknown }));
