/**
 * How often calls took how long: the number of calls of each bucket, the last of which is not 0. Histograms of any two sets
 * of calls merge exactly.
 *
 * Buckets are log-linear: up to 31 ms each millisecond has its own; from there on every doubling is cut into 16 of the
 * same width. So a quantile, which is the middle of its bucket, is off by at most 1/32 of itself (3.2 %), and there are
 * few: the longest latencies are in bucket 512.
 */
export type LatencyHistogram = readonly number[];

export const noLatencies: LatencyHistogram = [];

/** A year: longer is counted as a year. */
export const MAX_LATENCY_MS = 31_536_000_000;
const LAST_BUCKET = 512;

/** Where a histogram is encoded, and one that is encoded read: a gap and a count of each bucket, of at most eight bytes each. */
const encoding = Buffer.alloc((LAST_BUCKET + 1) * 16);
/** Where one is decoded, all zeros before and after. One that grows while it is read would leave several times its size. */
const decoding: number[] = Array.from({ length: LAST_BUCKET + 1 }, () => 0);

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
  const merged: number[] = [];
  for (const histogram of histograms) addLatencies(merged, histogram);
  return merged;
}

/** @param bucket not past the last one there is */
export function addToBucket(into: number[], bucket: number, count: number): void {
  while (into.length <= bucket) into.push(0);
  (into[bucket] as number) += count;
}

/** `times` -1 takes them off again. */
export function addLatencies(into: number[], histogram: LatencyHistogram, times = 1): void {
  while (into.length < histogram.length) into.push(0);
  for (let bucket = 0; bucket < histogram.length; bucket += 1)
    (into[bucket] as number) += (histogram[bucket] as number) * times;
  while (into.at(-1) === 0) into.pop();
}

export function latencyCount(histogram: LatencyHistogram): number {
  let count = 0;
  for (const each of histogram) count += each;
  return count;
}

/** The buckets that have calls, with how many, in their order. */
export function bucketsOf(histogram: LatencyHistogram): readonly (readonly [bucket: number, count: number])[] {
  return [...histogram.entries()].filter(([, count]) => count !== 0);
}

export function latenciesOfBuckets(buckets: readonly (readonly [bucket: number, count: number])[]): number[] {
  const histogram: number[] = [];
  for (const [bucket, count] of buckets) if (count !== 0) addToBucket(histogram, bucket, count);
  return histogram;
}

/**
 * The latency in milliseconds that this share of the calls did not exceed: 0.95 for the 95th percentile. `null` where no
 * call was timed.
 */
export function latencyQuantile(histogram: LatencyHistogram, share: number): number | null {
  return latencyAt(histogram, share * latencyCount(histogram));
}

/** @param rank how many of the calls did not exceed it */
export function latencyAt(histogram: LatencyHistogram, rank: number): number | null {
  let left = Math.max(1, Math.ceil(rank));
  for (let bucket = 0; bucket < histogram.length; bucket += 1) {
    left -= histogram[bucket] as number;
    if (left <= 0) return middleOf(bucket);
  }
  return null;
}

/** Few bytes: for each bucket with calls how far it is from the one before, and its count, seven bits a byte. */
export function encodedLatencies(histogram: LatencyHistogram): Uint8Array {
  let length = 0;
  let before = 0;
  for (let bucket = 0; bucket < histogram.length; bucket += 1) {
    const count = histogram[bucket] as number;
    if (count === 0) continue;
    length = putNumber(encoding, length, bucket - before);
    length = putNumber(encoding, length, count);
    before = bucket;
  }
  return Buffer.from(encoding.subarray(0, length));
}

/**
 * @param hex the bytes of `encodedLatencies` in hexadecimal digits: a text is read from a database in half of the time that
 *   bytes take
 * @throws RangeError for bytes that no histogram was encoded to
 */
export function decodedLatencies(hex: string): number[] {
  const end = encoding.write(hex, 'hex');
  if (2 * end !== hex.length) throw new RangeError(`${hex.length} digits are no latency histogram.`);
  let length = 0;
  let isCount = false;
  try {
    for (let at = 0; at < end; at += 1) {
      let byte = encoding[at] as number;
      let number = byte % 128;
      // Most are of one byte.
      for (let scale = 128; byte >= 128; scale *= 128) {
        at += 1;
        if (at === end) throw brokenOff();
        byte = encoding[at] as number;
        number += (byte % 128) * scale;
      }
      if (isCount) {
        decoding[length - 1] = number;
      } else {
        const bucket = number + Math.max(length - 1, 0);
        if (bucket > LAST_BUCKET) throw new RangeError(`A latency histogram has no bucket ${bucket}.`);
        length = bucket + 1;
      }
      isCount = !isCount;
    }
    if (isCount) throw brokenOff();
    return decoding.slice(0, length);
  } finally {
    decoding.fill(0, 0, length);
  }
}

function brokenOff(): RangeError {
  return new RangeError('The bytes of a latency histogram end in the middle of a number.');
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

/** Counts may be past 2^32, where shifts would cut them. Gives where the next number begins. */
function putNumber(bytes: Uint8Array, start: number, value: number): number {
  let end = start;
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes[end++] = (left % 128) + 128;
  bytes[end++] = left;
  return end;
}
