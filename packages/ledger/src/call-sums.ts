import { addLatencies, type LatencyHistogram } from './latency-histogram.js';
import { addUsage, type Mutable, noUsage, type UsageSums, usageAmounts, usageCounts } from './usage-sums.js';

/** What calls used, took and achieved, summed. Sums of any two sets of calls add up exactly. */
export interface CallSums extends UsageSums {
  /** Those with a quality. */
  readonly judged: number;
  /** Sum of the qualities in millionths (0 to 1,000,000 each), and of their squares. */
  readonly qualityMillionths: bigint;
  readonly qualitySquaresMillionths: bigint;
  /** Sum of the squares of the costs: (nano-USD)². */
  readonly costSquares: bigint;
  readonly latency: LatencyHistogram;
  /** When the last of them was made; 0 where there is none. */
  readonly lastSeenMs: number;
}

export type MutableCallSums = Omit<Mutable<CallSums>, 'latency'> & { readonly latency: number[] };

/** In the order in which `sumsText` writes them: to change it is a step of the schema of every store. */
const counts = [...usageCounts, 'judged'] as const;
const amounts = [...usageAmounts, 'qualityMillionths', 'qualitySquaresMillionths', 'costSquares'] as const;

export function noCalls(latency: number[] = []): MutableCallSums {
  return Object.assign(noUsage(), {
    judged: 0,
    qualityMillionths: 0n,
    qualitySquaresMillionths: 0n,
    costSquares: 0n,
    latency,
    lastSeenMs: 0,
  });
}

/** `times` -1 takes them off again, all but when the last was seen. */
export function addSums(into: MutableCallSums, sums: CallSums, times = 1): void {
  addUsage(into, sums, times);
  into.judged += sums.judged * times;
  into.qualityMillionths += sums.qualityMillionths * BigInt(times);
  into.qualitySquaresMillionths += sums.qualitySquaresMillionths * BigInt(times);
  into.costSquares += sums.costSquares * BigInt(times);
  addLatencies(into.latency, sums.latency, times);
  if (sums.lastSeenMs > into.lastSeenMs) into.lastSeenMs = sums.lastSeenMs;
}

/**
 * All but the latencies, as text: whole numbers of any size, so that no sum ever reaches the end of a column and refuses
 * what comes after it.
 */
export function sumsText(sums: CallSums): string {
  let text = '';
  for (const field of counts) text += `${sums[field]} `;
  text += sums.lastSeenMs;
  for (const field of amounts) text += ` ${sums[field]}`;
  return text;
}

/** Of `sumsText`, and of latencies that were decoded. */
export function sumsOfText(text: string, latency: number[]): MutableCallSums {
  const numbers = text.split(' ');
  const sums = noCalls(latency);
  let at = 0;
  for (const field of counts) sums[field] = Number(numbers[at++]);
  sums.lastSeenMs = Number(numbers[at++]);
  for (const field of amounts) sums[field] = bigintOf(numbers[at++] as string);
  return sums;
}

/** Of few digits a number is read much faster. */
function bigintOf(digits: string): bigint {
  if (digits === '0') return 0n;
  return BigInt(digits.length < 16 ? Number(digits) : digits);
}

/** Whether no call and no quality is in it: nothing is lost with it. */
export function isEmpty(sums: CallSums): boolean {
  return counts.every((field) => sums[field] === 0) && amounts.every((field) => sums[field] === 0n);
}
