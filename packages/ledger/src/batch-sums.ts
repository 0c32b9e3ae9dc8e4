import type { CallSums } from './call-sums.js';
import type { KeptObservation } from './kept-observation.js';
import { latencyBucket } from './latency-histogram.js';

const NANO_PER_USD = 1_000_000_000;

/** What one call adds to sums, worked out once for all of them. */
export interface CallFigures {
  readonly call: KeptObservation;
  /** `null` where the latency is not known. */
  readonly bucket: number | null;
  readonly cost: SplitUsd | null;
  readonly economicCost: SplitUsd | null;
  readonly estimatedCost: SplitUsd | null;
}

/** Whole dollars and the nano-dollars beside them: sums of thousands of each are exact numbers. */
interface SplitUsd {
  readonly usd: number;
  readonly nano: number;
}

export function figuresOf(call: KeptObservation): CallFigures {
  return {
    call,
    bucket: call.latencyMs === null ? null : latencyBucket(call.latencyMs),
    cost: split(call.costNanoUsd),
    economicCost: split(call.costNanoUsd === null ? null : call.economicCostNanoUsd),
    estimatedCost: split(call.costNanoUsd === null ? null : call.estimatedCostNanoUsd),
  };
}

/**
 * Sums of the calls of one batch, in numbers: adding is done several times for every call, and bigints would take most of
 * the time of recording it. Of more than a few thousand calls they might not be exact.
 */
export class BatchSums {
  #observations = 0;
  #failed = 0;
  #cancelled = 0;
  #retried = 0;
  #priced = 0;
  #localHits = 0;
  #providerHits = 0;
  #timed = 0;
  #estimated = 0;
  #promptTokens = 0;
  #completionTokens = 0;
  #cachedPromptTokens = 0;
  #latencyMsTotal = 0;
  #costUsd = 0;
  #costNano = 0;
  #economicUsd = 0;
  #economicNano = 0;
  #estimatedUsd = 0;
  #estimatedNano = 0;
  #deltaUsd = 0;
  #deltaNano = 0;
  #lastSeenMs = 0;
  #judged = 0;
  #quality = 0;
  #qualitySquares = 0;
  #costSquares = 0n;
  readonly #latency = new Map<number, number>();

  add({ call, bucket, cost, economicCost, estimatedCost }: CallFigures): void {
    this.#observations += 1;
    if (call.status === 'failed') this.#failed += 1;
    else if (call.status === 'cancelled') this.#cancelled += 1;
    if (call.attempt > 1) this.#retried += 1;
    if (call.cacheHit === 'local') this.#localHits += 1;
    else if (call.cacheHit === 'provider') this.#providerHits += 1;
    this.#promptTokens += call.promptTokens;
    this.#completionTokens += call.completionTokens;
    this.#cachedPromptTokens += call.cachedPromptTokens;
    if (call.atMs > this.#lastSeenMs) this.#lastSeenMs = call.atMs;
    if (bucket !== null) {
      this.#timed += 1;
      this.#latencyMsTotal += call.latencyMs as number;
      this.#latency.set(bucket, (this.#latency.get(bucket) ?? 0) + 1);
    }
    if (cost === null) return;
    const economic = economicCost ?? cost;
    this.#priced += 1;
    this.#costUsd += cost.usd;
    this.#costNano += cost.nano;
    this.#economicUsd += economic.usd;
    this.#economicNano += economic.nano;
    if (estimatedCost === null) return;
    this.#estimated += 1;
    this.#estimatedUsd += estimatedCost.usd;
    this.#estimatedNano += estimatedCost.nano;
    this.#deltaUsd += cost.usd - estimatedCost.usd;
    this.#deltaNano += cost.nano - estimatedCost.nano;
  }

  addCostSquare({ costNanoUsd }: KeptObservation): void {
    if (costNanoUsd !== null) this.#costSquares += costNanoUsd * costNanoUsd;
  }

  /** `times` -1 takes it off again. */
  addQuality(qualityMillionths: number, times = 1): void {
    this.#judged += times;
    this.#quality += qualityMillionths * times;
    this.#qualitySquares += qualityMillionths * qualityMillionths * times;
  }

  sums(): CallSums {
    return {
      observations: this.#observations,
      completed: this.#observations - this.#failed - this.#cancelled,
      failed: this.#failed,
      cancelled: this.#cancelled,
      retried: this.#retried,
      priced: this.#priced,
      localHits: this.#localHits,
      providerHits: this.#providerHits,
      timed: this.#timed,
      estimated: this.#estimated,
      estimatedCostNanoUsd: joined(this.#estimatedUsd, this.#estimatedNano),
      estimateDeltaNanoUsd: joined(this.#deltaUsd, this.#deltaNano),
      promptTokens: BigInt(this.#promptTokens),
      completionTokens: BigInt(this.#completionTokens),
      cachedPromptTokens: BigInt(this.#cachedPromptTokens),
      costNanoUsd: joined(this.#costUsd, this.#costNano),
      economicCostNanoUsd: joined(this.#economicUsd, this.#economicNano),
      latencyMsTotal: BigInt(this.#latencyMsTotal),
      judged: this.#judged,
      qualityMillionths: BigInt(this.#quality),
      qualitySquaresMillionths: BigInt(this.#qualitySquares),
      costSquares: this.#costSquares,
      latency: this.#latency,
      lastSeenMs: this.#lastSeenMs,
    };
  }
}

/** An amount of one call is at most 10^15, an exact number. */
function split(amount: bigint | null): SplitUsd | null {
  if (amount === null) return null;
  const number = Number(amount);
  const usd = Math.floor(number / NANO_PER_USD);
  return { usd, nano: number - usd * NANO_PER_USD };
}

function joined(usd: number, nano: number): bigint {
  const whole = usd * NANO_PER_USD + nano;
  return Number.isSafeInteger(whole) ? BigInt(whole) : BigInt(usd) * BigInt(NANO_PER_USD) + BigInt(nano);
}
