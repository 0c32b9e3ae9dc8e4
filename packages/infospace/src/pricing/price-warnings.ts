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
  let warnings: PriceWarning[] | undefined;
  for (const kind of kinds) {
    const message = rules[kind](call, cost, book, nowMs);
    if (message === null) continue;
    warnings ??= [];
    warnings.push({ kind, provider: call.provider, model: call.model, message: `${nameOfModel(call)}: ${message}` });
  }
  return warnings ?? none;
}

const none: readonly PriceWarning[] = [];

/** How a message names the model of a call. */
export function nameOfModel({ provider, model }: Pick<PricedWith, 'provider' | 'model'>): string {
  return [provider, model === '' ? '(a call without a model)' : model].filter((word) => word !== '').join(' ');
}

type Rule = (call: PricedWith, cost: CallCost, book: PriceBook, nowMs: number) => string | null;

const rules: Readonly<Record<PriceWarningKind, Rule>> = {
  unpriced(call, cost, book) {
    if (call.reported !== null || cost.unpriced === null) return null;
    if (cost.unpriced === 'service_tier')
      return `the price of its service tier ${call.serviceTier} is not known; a row in model-rates.yaml holds at every tier`;
    if (cost.unpriced === 'not_metered')
      return `it is charged by ${cost.price?.notMetered.join(' and ')}, which its usage does not tell; see the provider's bill`;
    if (cost.unpriced === 'usage_invalid') return 'its usage is not made of whole numbers';
    const pin = book.pinOf?.(call.provider, call.model) ?? null;
    if (pin !== null) return `its price_version ${pin} in budget.yaml is not known; pin one that is, or none`;
    const pricingId = book.pricingIdOf?.(call.provider, call.model) ?? null;
    if (pricingId !== null)
      return `no price is known of ${pricingId}, its pricing_id in budget.yaml; name one that has a price, or add it to model-rates.yaml`;
    const near = book.suggest(call.provider, call.model);
    const hint = near.length === 0 ? '' : ` (near: ${near.join(', ')})`;
    return `no price is known; add one to model-rates.yaml${hint}`;
  },
  usage_missing: ({ lacksUsage }) => (lacksUsage ? 'a call came without usage, so what it cost is not known' : null),
  part_unpriced({ reported }, { unpricedParts }) {
    if (reported !== null || unpricedParts.length === 0) return null;
    return `no price is known of its ${unpricedParts.map((part) => partNames[part]).join(', ')}, which its cost lacks`;
  },
  price_assumed({ reported, tokens: { details } }, { price, costNanoUsd }) {
    // A table with two prices says nothing of parts at all.
    if (reported !== null || costNanoUsd === null || price?.serviceTiers === null || !details || !price) return null;
    const { cacheWrite1h, audioInput, audioOutput } = price.prices;
    const assumed = [
      details.cacheWrite1hTokens > 0 && cacheWrite1h === undefined ? 'cache writes for an hour' : null,
      details.audioPromptTokens > 0 && audioInput === undefined ? 'sound in the prompt' : null,
      details.audioCompletionTokens > 0 && audioOutput === undefined ? 'sound in the answer' : null,
    ].filter((part) => part !== null);
    if (assumed.length === 0) return null;
    return `no price is known of ${assumed.join(' and ')}, which costs as other tokens here; it may cost more`;
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

const kinds = Object.keys(rules) as readonly PriceWarningKind[];

/** As a receipt and a message name the parts. */
export const partNames: Readonly<Record<CallPart, string>> = {
  prompt: 'prompt',
  cachedPrompt: 'cached prompt',
  cacheWrite5m: 'cache write, 5 min',
  cacheWrite1h: 'cache write, 1 h',
  audioPrompt: 'audio prompt',
  cachedAudioPrompt: 'cached audio prompt',
  imagePrompt: 'image prompt',
  cachedImagePrompt: 'cached image prompt',
  videoPrompt: 'video prompt',
  completion: 'completion',
  reasoning: 'reasoning',
  citations: 'citations',
  audioCompletion: 'audio completion',
  imageCompletion: 'image completion',
  videoCompletion: 'video completion',
  requests: 'request',
  webSearches: 'web searches',
  otherModels: 'tokens of other models',
};
