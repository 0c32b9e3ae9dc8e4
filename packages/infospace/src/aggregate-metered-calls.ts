import { snakeKeys } from '@budget/core';
import type { AggregatedUsage } from './aggregate-usage.js';
import type { MeteredCall } from './documents/metered-call.js';
import { nameOfModel, type PriceWarning, type PriceWarningKind, partNames } from './pricing/price-warnings.js';
import { addCall, addLocalHit, type BucketCall, type BucketSums, finishBuckets } from './usage-buckets.js';

export interface AggregatedCalls extends Pick<AggregatedUsage, 'rollup' | 'perBucket' | 'priceWarnings'> {
  /** Of how many calls the end was never seen. */
  readonly callsWithoutEnd: number;
}

/**
 * Sums metered calls into buckets, in the order in which they come. What they cost was found when they were made and
 * is not computed again.
 *
 * @param warnings of the prices at that time; those that follow from the calls are added.
 * @throws CodedError `tokens_out_of_range` (kind `input`) when a sum passes 2^53.
 */
export async function aggregateMeteredCalls(
  calls: Iterable<MeteredCall> | AsyncIterable<MeteredCall>,
  warnings: readonly PriceWarning[] = [],
): Promise<AggregatedCalls> {
  const buckets: BucketSums = new Map();
  const warningByKey = new Map<string, PriceWarning>(warnings.map((warning) => [keyOf(warning), warning]));
  let callsWithoutEnd = 0;
  for await (const metered of calls) {
    const call = bucketCall(metered);
    if (metered.cacheHit === 'local') {
      addLocalHit(buckets, call);
      continue;
    }
    addCall(buckets, call);
    if (metered.status === 'unknown') callsWithoutEnd++;
    const warning = warningOf(call, unpricedParts(metered));
    if (warning !== null && !warningByKey.has(keyOf(warning))) warningByKey.set(keyOf(warning), warning);
  }
  return { ...finishBuckets(buckets), priceWarnings: [...warningByKey.values()], callsWithoutEnd };
}

function bucketCall(call: MeteredCall): BucketCall {
  const { costNanoUsd, costSource, usageMissing, estimated, estimatedCostNanoUsd } = call;
  const isKnown = costNanoUsd !== null && costSource !== 'unknown';
  // A price times missing tokens is a zero that says nothing, unless the model is free. An estimate says something.
  const saysNothing = usageMissing && !estimated && costSource === 'rates' && estimatedCostNanoUsd !== 0n;
  return {
    workflowId: call.workflowId,
    stageId: call.stageId,
    provider: call.provider,
    model: call.model,
    phase: call.phase,
    tier: call.tier,
    tokens: call,
    usageMissing,
    costSource: isKnown ? costSource : 'unknown',
    costNanoUsd: isKnown ? costNanoUsd : null,
    economicCostNanoUsd: call.economicCostNanoUsd,
    isUnpriced: !isKnown || saysNothing || unpricedParts(call).length > 0,
    priceVersion: isKnown && costSource === 'rates' ? call.priceVersion : null,
    failed: call.status === 'failed',
    retried: call.attempt > 1,
    durationMs: call.latencyMs,
  };
}

/** A cost that the provider reports lacks nothing. */
function unpricedParts({ costNanoUsd, costSource, unpricedParts: parts = [] }: MeteredCall): readonly string[] {
  return costNanoUsd !== null && costSource === 'rates' ? parts : [];
}

function warningOf(call: BucketCall, lacking: readonly string[]): PriceWarning | null {
  const [kind, what]: [PriceWarningKind, string] | [] =
    call.costSource === 'unknown'
      ? ['unpriced', 'no price is known; add one to model-rates.yaml']
      : lacking.length > 0
        ? ['part_unpriced', `no price is known of its ${wordsOf(lacking)}, which its cost lacks`]
        : call.isUnpriced
          ? ['usage_missing', 'a call came without usage, so what it cost is not known']
          : call.usageMissing && call.costSource === 'rates'
            ? ['usage_missing', 'a call came without usage, and counts as what it was estimated to cost']
            : [];
  if (kind === undefined || what === undefined) return null;
  const { provider, model } = call;
  return { kind, provider, model, message: `${nameOfModel(call)}: ${what}` };
}

/** Under their names on disk. */
const partNamesOnDisk: ReadonlyMap<string, string> = new Map(Object.entries(snakeKeys(partNames)));

const wordsOf = (parts: readonly string[]): string =>
  parts.map((part) => partNamesOnDisk.get(part) ?? part.replaceAll('_', ' ')).join(', ');

const keyOf = ({ kind, provider, model }: PriceWarning): string => JSON.stringify([kind, provider, model]);
