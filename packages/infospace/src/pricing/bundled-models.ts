import { type PicoUsdPerMillion, parsePricePerMillion, parsePricePerThousand } from '@budget/core';
import { meansModel, type NameRule } from './name-rules.js';
import type { LongContextTier, PartPrices, Price, PricedPart, TierMultiplier } from './price.js';

/** The first line of bundled-prices.jsonl. */
export interface BundledHeader {
  readonly source: 'genai-prices';
  readonly package: string;
  readonly license: string;
  readonly version: string;
  readonly captured_at: string;
  readonly providers: readonly BundledProvider[];
}

export interface BundledProvider {
  readonly id: string;
  readonly name: string;
  /** A regular expression for the beginning of its URLs. */
  readonly url_pattern: string;
  readonly provider_rule?: NameRule;
  readonly model_rule?: NameRule;
  /** Whose prices hold for models that it resells. */
  readonly fallback_providers?: readonly string[];
  readonly source_url?: string;
}

/** A model in the line of its provider. */
export interface BundledModel {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly rules?: readonly NameRule[];
  readonly context_window?: number;
  readonly max_output_tokens?: number;
  readonly service_tiers?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** Empty where the model is known and its price is not. */
  readonly prices?: readonly PriceEntry[];
}

interface PriceEntry {
  readonly effective_at?: string;
  readonly daily?: readonly [string, string];
  readonly tiers?: readonly (Readonly<Record<string, string>> & {
    readonly input_tokens: number;
    readonly compare: '>' | '>=';
  })[];
  readonly not_metered?: readonly string[];
}

const PART_OF_KEY: Readonly<Record<string, PricedPart>> = {
  input_per_1m: 'input',
  cached_input_per_1m: 'cachedInput',
  cache_write_per_1m: 'cacheWrite',
  cache_write_1h_per_1m: 'cacheWrite1h',
  output_per_1m: 'output',
  reasoning_per_1m: 'reasoning',
  citation_per_1m: 'citation',
  audio_input_per_1m: 'audioInput',
  cached_audio_input_per_1m: 'cachedAudioInput',
  audio_output_per_1m: 'audioOutput',
  image_input_per_1m: 'imageInput',
  cached_image_input_per_1m: 'cachedImageInput',
  image_output_per_1m: 'imageOutput',
  video_input_per_1m: 'videoInput',
  video_output_per_1m: 'videoOutput',
  requests_per_1k: 'requests',
  web_searches_per_1k: 'webSearches',
};

/** The models of one provider, by every name under which the data knows them. */
export interface ModelIndex {
  /** @param name in lower case, without the provider in front */
  readonly find: (name: string) => readonly Price[] | null;
  /** Of exactly this name or alias, without rules. */
  readonly findExact: (name: string) => readonly Price[] | null;
  readonly ids: readonly string[];
  /** Every price of every model. */
  readonly prices: () => Price[];
}

export function modelIndex(
  header: BundledHeader,
  provider: BundledProvider,
  models: readonly BundledModel[],
): ModelIndex {
  const byName = new Map<string, BundledModel>();
  for (const model of models) byName.set(model.id.toLowerCase(), model);
  // A model's own id goes before another's alias.
  for (const model of models) {
    for (const alias of model.aliases ?? []) {
      const name = alias.toLowerCase();
      if (!byName.has(name)) byName.set(name, model);
    }
  }
  const compiled = new Map<BundledModel, readonly Price[]>();
  const pricesOf = (model: BundledModel | undefined): readonly Price[] | null => {
    if (model === undefined) return null;
    let prices = compiled.get(model);
    if (prices === undefined) {
      prices = (model.prices ?? []).map((entry) => compilePrice(header, provider, model, entry));
      compiled.set(model, prices);
    }
    return prices;
  };
  const byRule = (name: string): BundledModel | undefined =>
    models.find((model) => model.rules?.some((rule) => meansModel(rule, name)));
  return {
    find: (name) => pricesOf(byName.get(name) ?? byRule(name)),
    findExact: (name) => pricesOf(byName.get(name)),
    ids: models.map(({ id }) => id),
    prices: () => models.flatMap((model) => pricesOf(model) ?? []),
  };
}

function compilePrice(header: BundledHeader, provider: BundledProvider, model: BundledModel, entry: PriceEntry): Price {
  const roundedParts = new Set<PricedPart>();
  const pricingId = `${provider.id}/${model.id}`;
  const [from, to] = entry.daily ?? [];
  const when = entry.effective_at ?? (from === undefined ? null : `${from}-${to}`);
  return {
    pricingId,
    provider: provider.id,
    model: model.id,
    priceVersion: `${header.source}-${header.version}:${pricingId}${when === null ? '' : `@${when}`}`,
    source: header.source,
    sourceUrl: provider.source_url ?? null,
    capturedAt: header.captured_at,
    effectiveAt: entry.effective_at ?? null,
    daily: from === undefined || to === undefined ? null : { from, to },
    prices: partPrices(entry, roundedParts),
    longContext: (entry.tiers ?? []).map(
      (tier): LongContextTier => ({
        inputTokens: tier.input_tokens,
        compare: tier.compare,
        prices: partPrices(tier, roundedParts),
      }),
    ),
    serviceTiers: new Map(
      Object.entries(model.service_tiers ?? {}).map(([tier, given]) => [tier, tierMultiplier(given)]),
    ),
    notMetered: entry.not_metered ?? [],
    roundedParts: [...roundedParts],
    contextWindow: model.context_window ?? null,
    maxOutputTokens: model.max_output_tokens ?? null,
  };
}

function partPrices(entry: object, roundedParts: Set<PricedPart>): PartPrices {
  const prices: Partial<Record<PricedPart, PicoUsdPerMillion>> = {};
  for (const [key, value] of Object.entries(entry)) {
    const part = PART_OF_KEY[key];
    if (part === undefined) continue;
    const parsed = key.endsWith('_per_1k') ? parsePricePerThousand(value) : parsePricePerMillion(value);
    if (parsed === null) throw new Error(`The bundled prices are damaged: ${key} is ${JSON.stringify(value)}.`);
    prices[part] = parsed.price;
    if (!parsed.exact) roundedParts.add(part);
  }
  return prices;
}

function tierMultiplier(given: string | Readonly<Record<string, string>>): TierMultiplier {
  if (typeof given === 'string') return { input: given, cachedInput: given, output: given };
  const { input = '1', cached_input: cachedInput = '1', output = '1' } = given;
  return { input, cachedInput, output };
}
