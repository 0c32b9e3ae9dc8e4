import type { ResponseReading } from '@budget/core';
import type { CallTags } from './call-tags.js';

/** A request that is about to go to a provider. */
export interface MeteredRequest {
  /** Who is called, as the prices name it; the host where they do not. */
  readonly provider: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  /** The parsed JSON body; `undefined` where it is no JSON, or too large to be read. */
  readonly body: unknown;
  readonly tags: CallTags;
  /** 1 for the first try. Each retry is a call of its own. */
  readonly attempt: number;
}

/** What a request may use at most, said before it is sent. `estimateRequest` of `@budget/infospace/pricing` gives it. */
export interface RequestBounds {
  readonly model: string;
  readonly promptTokens: number;
  /** Of one answer. */
  readonly maxOutputTokens: number;
  readonly answers: number;
  /** The most that it may cost, in nano-USD, rounded up; `null` when no price is known. */
  readonly costNanoUsd: bigint | null;
  readonly priceVersion: string | null;
  readonly warnings: readonly string[];
}

export interface BoundsOptions {
  /** As if the request limited its answer so. */
  readonly maxOutputTokens?: number;
}

/** A call with what its response says. */
export interface AnsweredCall {
  readonly provider: string;
  readonly host: string;
  readonly path: string;
  /** As the body of the request names it, or `null`: then it is in the path, or in the response. */
  readonly requestModel: string | null;
  readonly reading: ResponseReading;
  /** When the request was sent, in milliseconds since 1970. */
  readonly atMs: number;
}

/** What a call cost. `costOfReading` of `@budget/infospace/pricing` gives it. */
export interface CallPrice {
  readonly model: string;
  readonly serviceTier: string | null;
  /** Nano-USD; `null` when it is not known: never zero. */
  readonly costNanoUsd: bigint | null;
  /** What it would have been without any cache hit. */
  readonly economicCostNanoUsd: bigint | null;
  /** `provider`: the response says it; `rates`: a price times the tokens. */
  readonly costSource: 'provider' | 'rates' | 'unknown';
  readonly priceVersion: string | null;
  /** What the provider charges besides and no price is known of: the cost is a lower bound where there are any. */
  readonly unpricedParts?: readonly string[];
}
