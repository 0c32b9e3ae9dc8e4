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
 * what comes after it. Their order is that of `sumsOfText`; to change it is a step of the schema of every store.
 */
export function sumsText(sums: CallSums): string {
  const { observations, completed, failed, cancelled, retried, priced, localHits, providerHits, timed } = sums;
  const { estimated, judged, lastSeenMs, promptTokens, completionTokens, cachedPromptTokens } = sums;
  const { costNanoUsd, economicCostNanoUsd, latencyMsTotal, estimatedCostNanoUsd, estimateDeltaNanoUsd } = sums;
  const { qualityMillionths, qualitySquaresMillionths, costSquares } = sums;
  const calls = `${observations} ${completed} ${failed} ${cancelled} ${retried} ${priced} ${localHits} ${providerHits}`;
  const counts = `${calls} ${timed} ${estimated} ${judged} ${lastSeenMs}`;
  const tokens = `${promptTokens} ${completionTokens} ${cachedPromptTokens}`;
  const costs = `${costNanoUsd} ${economicCostNanoUsd} ${latencyMsTotal} ${estimatedCostNanoUsd} ${estimateDeltaNanoUsd}`;
  return `${counts} ${tokens} ${costs} ${qualityMillionths} ${qualitySquaresMillionths} ${costSquares}`;
}

/**
 * Of `sumsText`, and of latencies that were decoded. Written out, as advice reads several for each call of a program.
 *
 * @throws SyntaxError for any other text
 */
export function sumsOfText(text: string, latency: number[]): MutableCallSums {
  const next = new WholeNumbers(text);
  const sums = {
    observations: next.number(),
    completed: next.number(),
    failed: next.number(),
    cancelled: next.number(),
    retried: next.number(),
    priced: next.number(),
    localHits: next.number(),
    providerHits: next.number(),
    timed: next.number(),
    estimated: next.number(),
    judged: next.number(),
    lastSeenMs: next.number(),
    promptTokens: next.bigint(),
    completionTokens: next.bigint(),
    cachedPromptTokens: next.bigint(),
    costNanoUsd: next.bigint(),
    economicCostNanoUsd: next.bigint(),
    latencyMsTotal: next.bigint(),
    estimatedCostNanoUsd: next.bigint(),
    estimateDeltaNanoUsd: next.bigint(),
    qualityMillionths: next.bigint(),
    qualitySquaresMillionths: next.bigint(),
    costSquares: next.bigint(),
    latency,
  };
  next.expectEnd();
  return sums;
}

const SPACE = 32;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
/** So many digits are always exact in a number. */
const EXACT_DIGITS = 15;
/** Where sums are read: a byte of an array takes a part of the time of a character of a text. */
const reading = Buffer.alloc(4096);
const MAX_BYTES_OF_CHARACTER = 3;

/** Reads whole numbers with a space between them, without making a text of each. */
class WholeNumbers {
  readonly #text: string;
  readonly #bytes: Uint8Array;
  readonly #length: number;
  #at = 0;

  constructor(text: string) {
    const most = text.length * MAX_BYTES_OF_CHARACTER;
    const bytes = most < reading.length ? reading : Buffer.alloc(most + 1);
    this.#text = text;
    this.#bytes = bytes;
    this.#length = bytes.write(text);
    bytes[this.#length] = SPACE;
  }

  number(): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    const from = isNegative ? this.#at + 1 : this.#at;
    let at = from;
    let number = 0;
    for (let digit = bytes[at] as number; digit >= ZERO && digit <= NINE; digit = bytes[at] as number) {
      number = number * 10 + (digit - ZERO);
      at += 1;
    }
    if (at === from || at > this.#length || bytes[at] !== SPACE) throw this.#failure();
    this.#at = at + 1;
    return isNegative ? -number : number;
  }

  bigint(): bigint {
    const from = this.#at;
    const number = this.number();
    const end = this.#at - 1;
    return BigInt(end - from <= EXACT_DIGITS ? number : this.#text.slice(from, end));
  }

  expectEnd(): void {
    if (this.#at <= this.#length) throw this.#failure();
  }

  #failure(): SyntaxError {
    return new SyntaxError(`'${this.#text}' are no sums.`);
  }
}

/** Whether no call and no quality is in it: nothing is lost with it. */
export function isEmpty(sums: CallSums): boolean {
  // Nearly always one of these says it.
  if (sums.observations !== 0 || sums.judged !== 0) return false;
  return counts.every((field) => sums[field] === 0) && amounts.every((field) => sums[field] === 0n);
}
