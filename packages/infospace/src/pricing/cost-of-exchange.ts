import {
  type NanoUsd,
  noTokens,
  type ResponseReading,
  readResponse,
  responseStream,
  type TokenUsage,
} from '@budget/core';
import type { BundledBook } from './bundled-book.js';
import type { CallPart } from './call-parts.js';
import { charges, type Price } from './price.js';
import type { PriceBook } from './price-book.js';
import { type CallCost, economicCost, priceCall } from './price-call.js';
import { type PriceWarning, priceWarnings } from './price-warnings.js';
import { type Receipt, receiptOf } from './receipt.js';
import { tierOf } from './service-tier.js';

/** A recorded request and its response, as far as the cost needs it. Everything but `response` may be missing. */
export interface Exchange {
  readonly id?: string | null;
  /** `api.openai.com` */
  readonly host?: string | null;
  readonly path?: string | null;
  readonly requestModel?: string | null;
  /** The parsed JSON body, or the text of an event stream. */
  readonly response: unknown;
}

/** An exchange whose response was read already, by `readRecordedResponse`. */
export interface ReadExchange extends Omit<Exchange, 'response'> {
  readonly reading: ResponseReading;
}

export interface CostOptions {
  readonly prices: PriceBook;
  /** Who a host belongs to, and who makes a model. */
  readonly providers: Pick<BundledBook, 'providerOfUrl' | 'providerOfModel'>;
  /** Default: the current time. */
  readonly nowMs?: number | undefined;
  /** What somebody knows better goes before what the exchange says. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly atMs?: number | undefined;
}

export interface ExchangeCost {
  readonly id: string | null;
  /** As the prices know it; the host where they do not; empty where nothing says. */
  readonly provider: string;
  readonly model: string;
  /** Of the call: as said, else as the response says, else now. */
  readonly atMs: number;
  /** All zero when the usage is missing. */
  readonly tokens: TokenUsage;
  readonly usageMissing: boolean;
  /** The stream broke off: its usage, and so its cost, is a lower bound. */
  readonly usagePartial: boolean;
  readonly serviceTier: string | null;
  readonly costSource: 'provider' | 'rates' | 'unknown';
  readonly costNanoUsd: NanoUsd | null;
  readonly economicCostNanoUsd: NanoUsd | null;
  /** Of the price that was used; `null` where the provider said the cost or nobody knows it. */
  readonly priceVersion: string | null;
  /** What the provider charges besides and no price is known of: the cost is a lower bound where there are any. */
  readonly unpricedParts: readonly CallPart[];
  readonly warnings: readonly PriceWarning[];
  /** The price that was found, also where the provider reported the cost; `null` where none was. */
  readonly price: Price | null;
}

/** What a recorded response cost. Never throws: what cannot be read has no usage, and what has no price no cost. */
export function costOfExchange(exchange: Exchange, options: CostOptions): ExchangeCost {
  return costOfReading({ reading: readRecordedResponse(exchange.response), ...exchange }, options);
}

/** The same of a response that was read already. */
export function costOfReading(exchange: ReadExchange, options: CostOptions): ExchangeCost {
  const { prices, nowMs = Date.now() } = options;
  const { reading } = exchange;
  const provider = options.provider ?? providerOf(exchange, options.providers);
  const atMs = options.atMs ?? reading.createdAtMs ?? nowMs;
  const { usage } = reading;
  const tokens = usage.tokens ?? noTokens;
  const serviceTier = tierOf(usage);
  const named = options.model === undefined ? modelNames(provider, exchange) : [options.model];
  const isPinned = (model: string): boolean => (prices.pinOf?.(provider, model) ?? null) !== null;
  const priced = priceFirstKnown(
    named,
    (model) => priceCall({ provider, model, tokens, atMs, serviceTier }, prices),
    isPinned,
  );
  const usageMissing = usage.tokens === null;
  const reported = usage.reportedCostNanoUsd;
  const { model, cost } = priced;
  // What a price makes of missing tokens is a zero that says nothing, unless the model is free.
  const hasUnknownUsage = usageMissing && cost.price !== null && charges(cost.price);
  const byPrice = hasUnknownUsage ? null : cost.costNanoUsd;
  const lacksUsage = hasUnknownUsage && reported === null;
  return {
    id: exchange.id ?? reading.id,
    provider: provider === '' ? (cost.price?.provider ?? '') : provider,
    model,
    atMs,
    tokens,
    usageMissing,
    usagePartial: reading.isPartial,
    serviceTier,
    costSource: reported !== null ? 'provider' : byPrice !== null ? 'rates' : 'unknown',
    costNanoUsd: reported ?? byPrice,
    economicCostNanoUsd: economicCost(reported, tokens, hasUnknownUsage ? null : cost),
    priceVersion: reported === null && byPrice !== null ? (cost.price?.priceVersion ?? null) : null,
    warnings: priceWarnings({ provider, model, tokens, serviceTier, reported, lacksUsage }, cost, prices, nowMs),
    unpricedParts: reported === null && byPrice !== null ? cost.unpricedParts : [],
    price: cost.price,
  };
}

/** How its price makes the cost, also beside a reported one; `null` without a price, or without usage. */
export function receiptOfExchange({ price, usageMissing, tokens, serviceTier }: ExchangeCost): Receipt | null {
  return price === null || usageMissing ? null : receiptOf({ tokens, serviceTier }, price);
}

/** What a response says: its parsed JSON body, or the text of its event stream. Never throws. */
export function readRecordedResponse(response: unknown): ResponseReading {
  if (typeof response !== 'string') return readResponse(response);
  const stream = responseStream();
  stream.push(response);
  return stream.end();
}

function providerOf({ host, path, reading }: ReadExchange, providers: CostOptions['providers']): string {
  if (typeof host === 'string' && host !== '') {
    return providers.providerOfUrl(`https://${host.toLowerCase()}${path ?? '/'}`) ?? host;
  }
  const { model, rawUsage } = reading;
  // Who stands in front of the model is found with it.
  if (model?.includes('/')) return '';
  const maker = model === null ? null : providers.providerOfModel(model);
  if (maker !== null) return maker;
  // Others speak these dialects too, so the shape of the usage tells only where the model does not.
  if (rawUsage !== null && ('promptTokenCount' in rawUsage || 'prompt_token_count' in rawUsage)) return 'google';
  return rawUsage !== null && 'cache_creation_input_tokens' in rawUsage ? 'anthropic' : '';
}

/** The names by which the model may be known, the likeliest first; each is made only when those before it have no price. */
function* modelNames(provider: string, exchange: ReadExchange): Generator<string> {
  // A response of Bedrock names the model alone; its path also says the region, on which the price depends.
  if (provider === 'aws') yield modelInPath(exchange.path);
  yield exchange.reading.model ?? '';
  yield exchange.requestModel ?? '';
  yield modelInPath(exchange.path);
}

/**
 * The model that the path of a request names, or ''. `/model/us.amazon.nova-lite-v1%3A0/converse`,
 * `/v1beta/models/gemini-2.5-flash:generateContent`
 */
export function modelInPath(path: string | null | undefined): string {
  const [, cloudflare] = /\/ai\/run\/(@[^?]+)/.exec(path ?? '') ?? [];
  const [, named = cloudflare] = /\/(?:models?|deployments)\/([^/?]+)/.exec(path ?? '') ?? [];
  if (named === undefined) return '';
  const withoutVerb = named.replace(/:[a-zA-Z]+$/, '');
  try {
    return decodeURIComponent(withoutVerb);
  } catch {
    return withoutVerb;
  }
}

function priceFirstKnown(
  models: Iterable<string>,
  price: (model: string) => CallCost,
  isPinned: (model: string) => boolean,
): { model: string; cost: CallCost } {
  let first: { model: string; cost: CallCost } | undefined;
  for (const name of models) {
    if (name === '') continue;
    const model = name.startsWith('models/') ? name.slice('models/'.length) : name;
    const cost = price(model);
    // Who pinned a version that is gone means no other price, so no other name is tried.
    if (cost.price !== null || isPinned(model)) return { model, cost };
    first ??= { model, cost };
  }
  return first ?? { model: '', cost: price('') };
}
