import { type CallSums, type MutableCallSums, noCalls } from '../../call-sums.js';
import { latenciesOfBuckets } from '../../latency-histogram.js';
import { noUsage, type UsageSums, usageAmounts, usageCounts } from '../../usage-sums.js';
import { columnOf } from '../observation-columns.js';
import type { Column } from './column-lists.js';

const counts = [...usageCounts, 'judged', 'lastSeenMs'] as const;
const amounts = [...usageAmounts, 'qualityMillionths', 'qualitySquaresMillionths', 'costSquares'] as const;

/** What is summed in every roll-up, and what in those of calls besides; but for latencies. */
export const usageColumns: readonly Column[] = [
  ...usageCounts.map((field) => column(field, 'bigint')),
  ...usageAmounts.map((field) => column(field, 'numeric')),
];
export const callColumns: readonly Column[] = [
  ...counts.map((field) => column(field, 'bigint')),
  ...amounts.map((field) => column(field, 'numeric')),
];

/** In the order of the columns. */
export function usageValues(usage: UsageSums): readonly (number | bigint)[] {
  return [...usageCounts.map((field) => usage[field]), ...usageAmounts.map((field) => usage[field])];
}

export function callValues(sums: CallSums): readonly (number | bigint)[] {
  return [...counts.map((field) => sums[field]), ...amounts.map((field) => sums[field])];
}

/** By the names of columns. Numbers without an end come as text, lists as lists of these. */
export type SumsRow = Readonly<Record<string, unknown>>;

export function usageOfRow(row: SumsRow): UsageSums {
  const usage = noUsage();
  for (const field of usageCounts) usage[field] = Number(row[columnOf(field)]);
  for (const field of usageAmounts) usage[field] = BigInt(row[columnOf(field)] as string);
  return usage;
}

export function callsOfRow(row: SumsRow): MutableCallSums {
  const histogramCounts = row['latency_counts'] as readonly string[];
  const buckets = row['latency_buckets'] as readonly string[];
  const sums = noCalls(latenciesOfBuckets(buckets.map((bucket, at) => [Number(bucket), Number(histogramCounts[at])])));
  for (const field of counts) sums[field] = Number(row[columnOf(field)]);
  for (const field of amounts) sums[field] = BigInt(row[columnOf(field)] as string);
  return sums;
}

function column(field: string, type: Column['type']): Column {
  return { name: columnOf(field), type };
}
