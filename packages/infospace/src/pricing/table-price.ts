import type { PicoUsdPerMillion } from '@budget/core';
import type { Price, PriceSource } from './price.js';

export interface TableRow {
  /** As the table names it. */
  readonly model: string;
  readonly source: PriceSource;
  readonly input: PicoUsdPerMillion;
  readonly output: PicoUsdPerMillion;
  readonly sourceUrl?: string | null;
  readonly capturedAt?: string | null;
}

/** A row of a rate table: one price for the prompt, one for the completion, at any time and any service tier. */
export function tablePrice({ model, source, input, output, sourceUrl, capturedAt }: TableRow): Price {
  const isKnown = capturedAt !== undefined && capturedAt !== null;
  return {
    pricingId: model,
    provider: '',
    model,
    priceVersion: isKnown ? `${source}@${capturedAt}` : source,
    source,
    sourceUrl: sourceUrl ?? null,
    capturedAt: capturedAt ?? null,
    effectiveAt: null,
    daily: null,
    prices: { input, output },
    longContext: [],
    serviceTiers: null,
    notMetered: [],
    roundedParts: [],
    contextWindow: null,
    maxOutputTokens: null,
  };
}
