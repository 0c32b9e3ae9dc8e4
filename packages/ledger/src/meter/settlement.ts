import { noTokens, type ResponseReading, type TokenUsage } from '@budget/core';
import type { Amounts } from '../amounts.js';
import { answeredStatus } from './answered-status.js';
import type { CallOutcome } from './call-outcome.js';
import type { CallPrice, RequestBounds } from './metered-request.js';
import { receivedTokens } from './received-text.js';

/** What a call counts as once it is over. */
export interface Settlement {
  /** What to book; `null` where nothing was billed, so that the hold is freed. */
  readonly amounts: Amounts | null;
  readonly tokens: TokenUsage;
  /** `null` when nothing was billed, or nobody knows a price. */
  readonly price: CallPrice | null;
  /** The response did not say its usage: the tokens are what was received, or all that was set aside. */
  readonly usageMissing: boolean;
  /** Tokens or cost are an estimate, because the answer broke off or did not say them. */
  readonly isEstimated: boolean;
}

/** A gateway gave up waiting: whoever it waited for may have answered, and charged, all the same. */
const mayBeBilled: ReadonlySet<number> = new Set([408, 499, 502, 504, 524]);

/**
 * What to book for a call. Providers charge for answers, and neither for errors nor for redirects. An answer without usage counts as what was
 * received of it, and where nothing can be known as all that was set aside.
 *
 * @param price what a response costs, by what it says
 */
export function settlementOf(
  outcome: CallOutcome,
  held: Amounts,
  bounds: RequestBounds,
  price: (reading: ResponseReading) => CallPrice,
): Settlement {
  if (outcome.kind === 'not_sent') return notBilled;
  if (outcome.kind === 'unanswered') return wholeHold(held, bounds);
  const { reading, received, receivedRatio, isWhole } = outcome;
  const { tokens } = reading.usage;
  const isComplete = tokens !== null && isWhole && !reading.isPartial;
  if (isComplete) return booked(tokens, price(reading), held, { usageMissing: false, isEstimated: false });
  const status = answeredStatus(outcome);
  // A redirect is no answer either.
  if (status >= 300 && tokens === null) return mayBeBilled.has(status) ? wholeHold(held, bounds) : notBilled;
  const written = Math.ceil(receivedTokens(received) * receivedRatio);
  if (tokens === null && written === 0 && reading.usage.reportedCostNanoUsd === null) return wholeHold(held, bounds);
  const atLeast: TokenUsage = tokens ?? { ...noTokens, promptTokens: bounds.promptTokens };
  const likely = { ...atLeast, completionTokens: Math.max(atLeast.completionTokens, written) };
  const cost = price({ ...reading, usage: { ...reading.usage, tokens: likely } });
  return booked(likely, cost, held, { usageMissing: tokens === null, isEstimated: true });
}

const notBilled: Settlement = {
  amounts: null,
  tokens: noTokens,
  price: null,
  usageMissing: false,
  isEstimated: false,
};

function booked(
  tokens: TokenUsage,
  price: CallPrice,
  held: Amounts,
  marks: Pick<Settlement, 'usageMissing' | 'isEstimated'>,
): Settlement {
  const used = BigInt(tokens.promptTokens) + BigInt(tokens.completionTokens);
  // Without a cost the dollars are booked as they were held, and as none where no price was known before either.
  const nanoUsd = price.costNanoUsd ?? held.nanoUsd ?? 0n;
  const isEstimated = marks.isEstimated || (price.costNanoUsd === null && held.nanoUsd !== undefined);
  return { amounts: { tokens: used, nanoUsd, calls: 1n }, tokens, price, ...marks, isEstimated };
}

function wholeHold(
  held: Amounts,
  { model, promptTokens, maxOutputTokens, answers, priceVersion }: RequestBounds,
): Settlement {
  const costNanoUsd = held.nanoUsd ?? null;
  return {
    amounts: { ...held, nanoUsd: costNanoUsd ?? 0n },
    tokens: { ...noTokens, promptTokens, completionTokens: maxOutputTokens * answers },
    price: {
      model,
      serviceTier: null,
      costNanoUsd,
      economicCostNanoUsd: costNanoUsd,
      costSource: costNanoUsd === null ? 'unknown' : 'rates',
      priceVersion: costNanoUsd === null ? null : priceVersion,
    },
    usageMissing: true,
    isEstimated: true,
  };
}
