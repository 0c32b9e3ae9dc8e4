import { type CallSums, type MutableCallSums, noCalls } from './call-sums.js';
import type { KeptObservation } from './kept-observation.js';
import { addToBucket, latencyBucket } from './latency-histogram.js';

const NANO_PER_USD = 1_000_000_000;

/**
 * Where each figure of a call is, and its sum. Of an amount of money whole dollars come first and then the nano-dollars
 * beside them: sums of thousands of each are exact numbers.
 */
const at = {
  observations: 0,
  completed: 1,
  failed: 2,
  cancelled: 3,
  retried: 4,
  priced: 5,
  localHits: 6,
  providerHits: 7,
  timed: 8,
  estimated: 9,
  promptTokens: 10,
  completionTokens: 11,
  cachedPromptTokens: 12,
  cost: 13,
  economicCost: 15,
  latencyMsTotal: 17,
  estimatedCost: 18,
  estimateDelta: 20,
  // The square of the cost, in powers of 100,000.
  costSquares: 22,
  end: 27,
} as const;
const SQUARE_BASE = 100_000;
const ROWS_AT_ONCE = 128;

/** What one call adds to sums, worked out once for all of them. */
export class CallFigures {
  readonly numbers = new Float64Array(at.end);
  atMs = 0;
  /** Of its latency; `null` where that is not known. */
  bucket: number | null = null;

  set(call: KeptObservation): void {
    const { numbers } = this;
    numbers.fill(0);
    this.atMs = call.atMs;
    numbers[at.observations] = 1;
    numbers[at[call.status]] = 1;
    if (call.attempt > 1) numbers[at.retried] = 1;
    if (call.cacheHit === 'local') numbers[at.localHits] = 1;
    else if (call.cacheHit === 'provider') numbers[at.providerHits] = 1;
    numbers[at.promptTokens] = call.promptTokens;
    numbers[at.completionTokens] = call.completionTokens;
    numbers[at.cachedPromptTokens] = call.cachedPromptTokens;
    this.#setLatency(call.latencyMs);
    if (call.costNanoUsd === null) return;
    // An amount of one call is at most 10^15, an exact number.
    const cost = Number(call.costNanoUsd);
    const { economicCostNanoUsd: economic, estimatedCostNanoUsd: estimated } = call;
    numbers[at.priced] = 1;
    this.#setUsd(at.cost, cost);
    this.#setUsd(at.economicCost, economic === null ? cost : Number(economic));
    this.#setSquare(cost);
    if (estimated === null) return;
    numbers[at.estimated] = 1;
    this.#setUsd(at.estimatedCost, Number(estimated));
    this.#setUsd(at.estimateDelta, cost - Number(estimated));
  }

  #setLatency(latencyMs: number | null): void {
    this.bucket = latencyMs === null ? null : latencyBucket(latencyMs);
    if (latencyMs === null) return;
    this.numbers[at.timed] = 1;
    this.numbers[at.latencyMsTotal] = latencyMs;
  }

  #setUsd(where: number, nanoUsd: number): void {
    const usd = Math.floor(nanoUsd / NANO_PER_USD);
    this.numbers[where] = usd;
    this.numbers[where + 1] = nanoUsd - usd * NANO_PER_USD;
  }

  #setSquare(cost: number): void {
    const upper = Math.floor(cost / SQUARE_BASE);
    const low = cost - upper * SQUARE_BASE;
    const high = Math.floor(upper / SQUARE_BASE);
    const middle = upper - high * SQUARE_BASE;
    const { numbers } = this;
    numbers[at.costSquares] = low * low;
    numbers[at.costSquares + 1] = 2 * low * middle;
    numbers[at.costSquares + 2] = 2 * low * high + middle * middle;
    numbers[at.costSquares + 3] = 2 * middle * high;
    numbers[at.costSquares + 4] = high * high;
  }
}

/** The sums that are bigints. */
type BatchAmounts = Pick<
  CallSums,
  | 'promptTokens'
  | 'completionTokens'
  | 'cachedPromptTokens'
  | 'costNanoUsd'
  | 'economicCostNanoUsd'
  | 'latencyMsTotal'
  | 'estimatedCostNanoUsd'
  | 'estimateDeltaNanoUsd'
  | 'costSquares'
>;

/** Room for the numbers of many sums at once: so many small arrays would keep the garbage collector busy. */
export class BatchNumbers {
  #room = new Float64Array(0);
  #used = 0;

  take(): Float64Array {
    if (this.#used === this.#room.length) {
      this.#room = new Float64Array(at.end * ROWS_AT_ONCE);
      this.#used = 0;
    }
    this.#used += at.end;
    return this.#room.subarray(this.#used - at.end, this.#used);
  }
}

/**
 * Sums of the calls of one batch, in numbers: adding is done several times for every call, and bigints would take most of
 * the time of recording it. Of more than a few thousand calls they might not be exact.
 */
export class BatchSums {
  readonly #numbers: Float64Array;
  /** One for each call. */
  readonly #buckets: number[] = [];
  #lastSeenMs = 0;
  #judged = 0;
  #quality = 0;
  #qualitySquares = 0;
  #amounts: BatchAmounts | null = null;

  /** @param numbers zeros, for itself alone */
  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  add({ numbers, bucket, atMs }: CallFigures): void {
    this.#amounts = null;
    addNumbers(this.#numbers, numbers);
    if (bucket !== null) this.#buckets.push(bucket);
    if (atMs > this.#lastSeenMs) this.#lastSeenMs = atMs;
  }

  /** `times` -1 takes it off again. */
  addQuality(qualityMillionths: number, times = 1): void {
    this.#judged += times;
    this.#quality += qualityMillionths * times;
    this.#qualitySquares += qualityMillionths * qualityMillionths * times;
  }

  addAll(sums: BatchSums): void {
    this.#amounts = null;
    addNumbers(this.#numbers, sums.#numbers);
    for (const bucket of sums.#buckets) this.#buckets.push(bucket);
    if (sums.#lastSeenMs > this.#lastSeenMs) this.#lastSeenMs = sums.#lastSeenMs;
    this.#judged += sums.#judged;
    this.#quality += sums.#quality;
    this.#qualitySquares += sums.#qualitySquares;
  }

  hasQualitiesOf(sums: BatchSums): boolean {
    return (
      this.#judged === sums.#judged && this.#quality === sums.#quality && this.#qualitySquares === sums.#qualitySquares
    );
  }

  sums(): CallSums {
    const sums = noCalls();
    this.addTo(sums);
    return sums;
  }

  addTo(sums: MutableCallSums): void {
    // Sums of judgements alone have none.
    if (this.#number(at.observations) > 0) this.#addUsageTo(sums);
    sums.judged += this.#judged;
    sums.qualityMillionths += BigInt(this.#quality);
    sums.qualitySquaresMillionths += BigInt(this.#qualitySquares);
  }

  /** Adds what was used to values, in the order of `slotColumns`. */
  pushSlotValues(values: unknown[]): void {
    for (let figure = 0; figure < at.costSquares; figure += 1) values.push(this.#numbers[figure]);
  }

  #addUsageTo(sums: MutableCallSums): void {
    sums.observations += this.#number(at.observations);
    sums.completed += this.#number(at.completed);
    sums.failed += this.#number(at.failed);
    sums.cancelled += this.#number(at.cancelled);
    sums.retried += this.#number(at.retried);
    sums.priced += this.#number(at.priced);
    sums.localHits += this.#number(at.localHits);
    sums.providerHits += this.#number(at.providerHits);
    sums.timed += this.#number(at.timed);
    sums.estimated += this.#number(at.estimated);
    const amounts = this.#amounts ?? this.#inAmounts();
    sums.promptTokens += amounts.promptTokens;
    sums.completionTokens += amounts.completionTokens;
    sums.cachedPromptTokens += amounts.cachedPromptTokens;
    sums.costNanoUsd += amounts.costNanoUsd;
    sums.economicCostNanoUsd += amounts.economicCostNanoUsd;
    sums.latencyMsTotal += amounts.latencyMsTotal;
    sums.estimatedCostNanoUsd += amounts.estimatedCostNanoUsd;
    sums.estimateDeltaNanoUsd += amounts.estimateDeltaNanoUsd;
    sums.costSquares += amounts.costSquares;
    for (const bucket of this.#buckets) addToBucket(sums.latency, bucket, 1);
    if (this.#lastSeenMs > sums.lastSeenMs) sums.lastSeenMs = this.#lastSeenMs;
  }

  /** Worked out once: the same sums are added to those of their day and to those of all days. */
  #inAmounts(): BatchAmounts {
    this.#amounts = {
      promptTokens: BigInt(this.#number(at.promptTokens)),
      completionTokens: BigInt(this.#number(at.completionTokens)),
      cachedPromptTokens: BigInt(this.#number(at.cachedPromptTokens)),
      costNanoUsd: this.#usd(at.cost),
      economicCostNanoUsd: this.#usd(at.economicCost),
      latencyMsTotal: BigInt(this.#number(at.latencyMsTotal)),
      estimatedCostNanoUsd: this.#usd(at.estimatedCost),
      estimateDeltaNanoUsd: this.#usd(at.estimateDelta),
      costSquares: this.#costSquares(),
    };
    return this.#amounts;
  }

  #number(where: number): number {
    return this.#numbers[where] as number;
  }

  #usd(where: number): bigint {
    const usd = this.#number(where);
    const nano = this.#number(where + 1);
    const whole = usd * NANO_PER_USD + nano;
    return Number.isSafeInteger(whole) ? BigInt(whole) : BigInt(usd) * BigInt(NANO_PER_USD) + BigInt(nano);
  }

  #costSquares(): bigint {
    let squares = 0n;
    for (let where = at.end - 1; where >= at.costSquares; where -= 1)
      squares = squares * BigInt(SQUARE_BASE) + BigInt(this.#number(where));
    return squares;
  }
}

function addNumbers(into: Float64Array, numbers: Float64Array): void {
  for (let figure = 0; figure < at.end; figure += 1) (into[figure] as number) += numbers[figure] as number;
}
