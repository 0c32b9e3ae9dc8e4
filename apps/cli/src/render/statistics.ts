import { snakeKeys } from '@budget/core';
import type { MeanEstimate, TaskStatistics } from '@budget/ledger';
import type { Block } from '../command-result.js';
import { countText, fineCostText } from './amounts.js';

/** Stable keys; money in nano-USD. */
export function statisticsFields(known: TaskStatistics): Record<string, unknown> {
  const { task, adapter, observations, confidence, lastSeenMs } = known;
  return {
    ...{ task, adapter, observations, confidence },
    quality: snakeKeys(known.quality),
    success: snakeKeys(known.success),
    cost: snakeKeys(known.cost),
    latency: snakeKeys(known.latency),
    last_seen_at: lastSeenMs === null ? null : new Date(lastSeenMs).toISOString(),
  };
}

export function statisticsTable(all: readonly TaskStatistics[]): Block {
  return {
    kind: 'table',
    columns: [
      { name: 'adapter' },
      { name: 'calls', align: 'right' },
      { name: 'judged', align: 'right' },
      { name: 'quality' },
      { name: 'success' },
      { name: 'mean cost', align: 'right' },
      { name: 'a completed call', align: 'right' },
      { name: 'p50 ms', align: 'right' },
      { name: 'p95 ms', align: 'right' },
      { name: 'last seen' },
    ],
    rows: all.map(({ adapter, observations, quality, success, cost, latency, lastSeenMs }) => [
      ...[adapter, countText(observations), countText(quality.judged), estimateText(quality), estimateText(success)],
      ...[costOrUnknown(cost.meanNanoUsd), costOrUnknown(cost.economicPerCompletedNanoUsd)],
      ...[latencyText(latency.p50Ms), latencyText(latency.p95Ms)],
      lastSeenMs === null ? '–' : new Date(lastSeenMs).toISOString(),
    ]),
  };
}

/** `0.912 (0.870 to 0.941)`; the interval is rounded to the sides on which it still holds. */
export function estimateText({ mean, lower, upper }: MeanEstimate): string {
  if (mean === null) return 'unknown';
  const [from, to] = [Math.floor(lower * 1000) / 1000, Math.ceil(upper * 1000) / 1000];
  return `${mean.toFixed(3)} (${from.toFixed(3)} to ${to.toFixed(3)})`;
}

/** Of the calls whose cost is known: no total, and so no lower bound. */
export function costOrUnknown(amount: bigint | null): string {
  return amount === null ? 'unknown' : fineCostText(amount, false);
}

function latencyText(ms: number | null): string {
  return ms === null ? '–' : countText(Math.round(ms));
}
