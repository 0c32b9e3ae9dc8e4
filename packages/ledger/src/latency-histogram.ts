/**
 * How often calls took how long: bucket → number of calls. Histograms of any two sets of calls merge exactly.
 *
 * Buckets are log-linear: up to 31 ms each millisecond has its own; from there on every doubling is cut into 16 of the
 * same width. So a quantile, which is the middle of its bucket, is off by at most 1/32 of itself (3.2 %).
 */
export type LatencyHistogram = ReadonlyMap<number, number>;

export const noLatencies: LatencyHistogram = new Map();

/** A year: longer is counted as a year. */
export const MAX_LATENCY_MS = 31_536_000_000;

const EXACT_BELOW_MS = 32;
const FIRST_DOUBLING = 5;
const PARTS_OF_DOUBLING = 16;

/** @param latencyMs a whole number from 0 on */
export function latencyBucket(latencyMs: number): number {
  if (latencyMs < EXACT_BELOW_MS) return latencyMs;
  const doubling = Math.floor(Math.log2(latencyMs));
  const part = Math.floor(latencyMs / widthAt(doubling)) - PARTS_OF_DOUBLING;
  return EXACT_BELOW_MS + (doubling - FIRST_DOUBLING) * PARTS_OF_DOUBLING + part;
}

export function mergedLatencies(...histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const merged = new Map<number, number>();
  for (const histogram of histograms) addLatencies(merged, histogram);
  return merged;
}

/** `times` -1 takes them off again. */
export function addLatencies(into: Map<number, number>, histogram: LatencyHistogram, times = 1): void {
  for (const [bucket, count] of histogram) {
    const sum = (into.get(bucket) ?? 0) + count * times;
    if (sum === 0) into.delete(bucket);
    else into.set(bucket, sum);
  }
}

export function latencyCount(histogram: LatencyHistogram): number {
  let count = 0;
  for (const each of histogram.values()) count += each;
  return count;
}

/**
 * The latency in milliseconds that this share of the calls did not exceed: 0.95 for the 95th percentile. `null` where no
 * call was timed.
 */
export function latencyQuantile(histogram: LatencyHistogram, share: number): number | null {
  const buckets = [...histogram].sort(([first], [second]) => first - second);
  let left = Math.max(1, Math.ceil(share * latencyCount(histogram)));
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return middleOf(bucket);
  }
  return null;
}

/** Few bytes: for each bucket in turn how far it is from the one before, and its count, seven bits a byte. */
export function encodedLatencies(histogram: LatencyHistogram): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const bucket of Float64Array.from(histogram.keys()).sort()) {
    pushNumber(bytes, bucket - before);
    pushNumber(bytes, histogram.get(bucket) as number);
    before = bucket;
  }
  return Uint8Array.from(bytes);
}

/** @throws RangeError for bytes that no histogram was encoded to */
export function decodedLatencies(bytes: Uint8Array): Map<number, number> {
  const histogram = new Map<number, number>();
  let bucket = 0;
  for (let at = 0; at < bytes.length; ) {
    const gap = numberAt(bytes, at);
    const count = numberAt(bytes, gap.end);
    bucket += gap.value;
    histogram.set(bucket, count.value);
    at = count.end;
  }
  return histogram;
}

function widthAt(doubling: number): number {
  return 2 ** doubling / PARTS_OF_DOUBLING;
}

function middleOf(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket;
  const above = bucket - EXACT_BELOW_MS;
  const width = widthAt(FIRST_DOUBLING + Math.floor(above / PARTS_OF_DOUBLING));
  const start = width * (PARTS_OF_DOUBLING + (above % PARTS_OF_DOUBLING));
  return start + (width - 1) / 2;
}

/** Counts may be past 2^32, where shifts would cut them. */
function pushNumber(bytes: number[], value: number): void {
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
}

function numberAt(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length; at += 1, scale *= 128) {
    const byte = bytes[at] as number;
    value += (byte % 128) * scale;
    if (byte < 128) return { value, end: at + 1 };
  }
  throw new RangeError('The bytes of a latency histogram end in the middle of a number.');
}
