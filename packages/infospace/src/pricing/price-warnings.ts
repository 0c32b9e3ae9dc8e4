import type { NanoUsd, TokenUsage } from '@budget/core';
import type { CallPart } from './call-parts.js';
import { charges, staleDays } from './price.js';
import type { PriceBook } from './price-book.js';
import type { CallCost } from './price-call.js';

export type PriceWarningKind =
  | 'unpriced'
  | 'usage_missing'
  | 'part_unpriced'
  | 'price_assumed'
  | 'stale'
  | 'reported_zero';

export interface PriceWarning {
  readonly kind: PriceWarningKind;
  readonly provider: string;
  readonly model: string;
  readonly message: string;
}

export interface PricedWith {
  readonly provider: string;
  readonly model: string;
  readonly tokens: TokenUsage;
  readonly serviceTier: string | null;
  /** What the provider said that it cost; `null` when it said nothing. */
  readonly reported: NanoUsd | null;
  /** Whether the price stands and the tokens are missing. */
  readonly lacksUsage: boolean;
}

/** What a person should know of the price of a call. */
export function priceWarnings(
  call: PricedWith,
  cost: CallCost,
  book: PriceBook,
  nowMs: number,
): readonly PriceWarning[] {
  const { provider, model } = call;
  const name = [provider, model === '' ? '(a call without a model)' : model].filter((word) => word !== '').join(' ');
  return (Object.keys(rules) as PriceWarningKind[]).flatMap((kind) => {
    const message = rules[kind](call, cost, book, nowMs);
    return message === null ? [] : [{ kind, provider, model, message: `${name}: ${message}` }];
  });
}

type Rule = (call: PricedWith, cost: CallCost, book: PriceBook, nowMs: number) => string | null;

const rules: Readonly<Record<PriceWarningKind, Rule>> = {
  unpriced(call, cost, book) {
    if (call.reported !== null || cost.unpriced === null) return null;
    if (cost.unpriced === 'service_tier') return `the price of its service tier ${call.serviceTier} is not known`;
    if (cost.unpriced === 'not_metered')
      return `it is charged by ${cost.price?.notMetered.join(' and ')}, which its usage does not tell`;
    const pin = book.pinOf?.(call.provider, call.model) ?? null;
    if (pin !== null) return `its price_version ${pin} in budget.yaml is not known; pin one that is, or none`;
    const near = book.suggest(call.provider, call.model);
    const hint = near.length === 0 ? '' : ` (near: ${near.join(', ')})`;
    return `no price is known; add one to model-rates.yaml${hint}`;
  },
  usage_missing: ({ lacksUsage }) => (lacksUsage ? 'a call came without usage, so what it cost is not known' : null),
  part_unpriced({ reported }, { unpricedParts }) {
    if (reported !== null || unpricedParts.length === 0) return null;
    return `no price is known of its ${unpricedParts.map((part) => partNames[part]).join(', ')}, which its cost lacks`;
  },
  price_assumed({ reported, tokens }, { price, costNanoUsd }) {
    const writes = tokens.details?.cacheWrite1hTokens ?? 0;
    if (reported !== null || costNanoUsd === null || writes === 0 || price === null) return null;
    // A table with two prices says nothing of caches at all.
    if (price.serviceTiers === null || price.prices.cacheWrite1h !== undefined) return null;
    return 'no price is known of cache writes for an hour; they are priced as others';
  },
  stale({ reported }, { price, costNanoUsd }, _book, nowMs) {
    if (reported !== null || costNanoUsd === null || price === null) return null;
    const days = staleDays(price, nowMs);
    return days === null ? null : `its price is of ${price.capturedAt}, ${days} days old; check it`;
  },
  reported_zero({ reported, tokens }, { price }) {
    const used = tokens.promptTokens + tokens.completionTokens > 0;
    if (reported !== 0n || !used || price === null || !charges(price)) return null;
    return 'the provider reports a cost of 0 for a model that has a price';
  },
};

/** As a receipt and a message name the parts. */
export const partNames: Readonly<Record<CallPart, string>> = {
  plain: 'prompt',
  cached: 'cached prompt',
  write5m: 'cache write, 5 min',
  write1h: 'cache write, 1 h',
  audio: 'audio prompt',
  cachedAudio: 'cached audio prompt',
  image: 'image prompt',
  cachedImage: 'cached image prompt',
  video: 'video prompt',
  completion: 'completion',
  reasoning: 'reasoning',
  citation: 'citations',
  audioOut: 'audio completion',
  imageOut: 'image completion',
  videoOut: 'video completion',
  requests: 'request',
  webSearches: 'web searches',
};
