import type { TokenUsage } from '@budget/core';
import type { CallTags } from './call-tags.js';

/** One call as it is over: what it used and cost, and nothing of what was said in it. */
export interface CallRecord {
  /** Also the id of its reservation. */
  readonly callId: string;
  /** When it was set aside for, in milliseconds since 1970. */
  readonly atMs: number;
  readonly provider: string;
  /** The one that was asked. */
  readonly model: string;
  /** The one that answered, as the response names it, or `null`. */
  readonly responseModel: string | null;
  readonly tier: string | null;
  readonly tags: CallTags;
  readonly attempt: number;
  /** `failed`: an error, or no answer; `cancelled`: the caller went away before its end. */
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Of HTTP; `null` without an answer. */
  readonly httpStatus: number | null;
  readonly tokens: TokenUsage;
  readonly usageMissing: boolean;
  /** Tokens or cost are an estimate, because the answer broke off or did not say them. */
  readonly isEstimated: boolean;
  /** Nano-USD; 0 where nothing was billed, `null` where nobody knows. */
  readonly costNanoUsd: bigint | null;
  readonly economicCostNanoUsd: bigint | null;
  /** The most that it might cost, as was said before. */
  readonly estimatedCostNanoUsd: bigint | null;
  readonly costSource: 'provider' | 'rates' | 'unknown';
  readonly priceVersion: string | null;
  /** What the cost lacks, as no price of it is known, such as `webSearches`. Empty for nearly every call. */
  readonly unpricedParts: readonly string[];
  readonly cacheHit: 'none' | 'local' | 'provider';
  /** From the request to the end of its answer. */
  readonly latencyMs: number;
  /** As the provider sent it. */
  readonly rawUsage: Readonly<Record<string, unknown>> | null;
}

/** One that begins. */
export type BegunCallRecord = Pick<
  CallRecord,
  'callId' | 'atMs' | 'provider' | 'model' | 'tags' | 'attempt' | 'estimatedCostNanoUsd'
> & { readonly promptTokens: number };

/** One that was refused: no request was sent. */
export interface RefusedCallRecord {
  readonly atMs: number;
  readonly provider: string;
  readonly model: string;
  readonly tags: CallTags;
  readonly code: RefusalCode;
  readonly reason: string;
}

/**
 * - `budget_exceeded`: a limit has no room.
 * - `price_unknown`: there is a limit of dollars, and nobody knows what the call may cost.
 * - `cannot_be_metered`: there is a limit, and what the call starts happens where nobody here sees it; or it is signed for its
 *   own host, or too large to be looked at.
 * - `store_failed`: the limits could not be looked at.
 */
export type RefusalCode = 'budget_exceeded' | 'price_unknown' | 'cannot_be_metered' | 'store_failed';
