import { CodedError } from '@budget/core';
import type { Prices } from '@budget/infospace';
import { type Price, type PricedPart, priceText, type TierMultiplier } from '@budget/infospace/pricing';
import { type CommandResult, text, type View } from '../command-result.js';
import { pricesAt, providerAsked, providerNamed } from '../prices-at.js';
import { counted, countText } from '../render/amounts.js';
import { priceKeys } from '../render/price-keys.js';
import type { Terminal } from '../terminal.js';

export interface PricingOptions {
  readonly provider?: string;
  readonly at?: number;
  readonly workspace?: string;
}

/** Every price that is known, or those whose model's name holds a text. */
export async function pricingList(
  part: string | undefined,
  options: PricingOptions,
  terminal: Terminal,
): Promise<CommandResult> {
  const prices = await openPrices(options, terminal);
  const provider = providerNamed(options.provider, prices);
  const wanted = part?.toLowerCase() ?? '';
  const found = [...(provider === undefined ? prices.workspaceRates : []), ...prices.bundled.list(provider)].filter(
    ({ pricingId }) => pricingId.toLowerCase().includes(wanted),
  );
  return {
    value: found.map(priceFields),
    view: () => [priceTable(found), text(`${counted(found.length, 'price')}, in USD per million tokens.`)],
  };
}

/** What one model costs, in every version that is known, and which of them holds. */
export async function pricingShow(model: string, options: PricingOptions, terminal: Terminal): Promise<CommandResult> {
  const prices = await openPrices(options, terminal);
  const atMs = options.at ?? Date.now();
  const provider = providerAsked(options.provider, model, atMs, prices);
  const holding = prices.book.find(provider, model, atMs);
  if (holding === null) throw notFound(provider, model, prices);
  const versions = prices.bundled.list(holding.provider).filter(({ pricingId }) => pricingId === holding.pricingId);
  const all = versions.length === 0 ? [holding] : versions;
  return {
    value: { holds: holding.priceVersion, at: new Date(atMs).toISOString(), versions: all.map(priceFields) },
    view: () => all.flatMap((price) => priceView(price, price.priceVersion === holding.priceVersion)),
  };
}

async function openPrices({ workspace }: PricingOptions, terminal: Terminal): Promise<Prices> {
  return await pricesAt(terminal.directory, workspace);
}

function notFound(provider: string, model: string, { book }: Prices): CodedError {
  const near = book.suggest(provider, model);
  const name = [provider, model].filter((word) => word !== '').join(' ');
  return new CodedError({
    code: 'price_unknown',
    kind: 'input',
    message: `No price of ${name} is known.${near.length === 0 ? '' : ` Near: ${near.join(', ')}.`} Search with \`budget pricing list <part of the name>\`, or add one to model-rates.yaml.`,
  });
}

/** Stable keys: those of a price catalog. */
function priceFields(price: Price): Record<string, unknown> {
  return {
    pricing_id: price.pricingId,
    provider: price.provider === '' ? null : price.provider,
    model: price.model,
    price_version: price.priceVersion,
    source: price.source,
    source_url: price.sourceUrl,
    captured_at: price.capturedAt,
    effective_at: price.effectiveAt,
    daily: price.daily === null ? null : `${price.daily.from}-${price.daily.to}`,
    ...partFields(price.prices),
    tiers: price.longContext.map(({ inputTokens, compare, prices }) => ({
      input_tokens: inputTokens,
      compare,
      ...partFields(prices),
    })),
    service_tiers: Object.fromEntries([...(price.serviceTiers ?? [])].map(([tier, by]) => [tier, tierFields(by)])),
    not_metered: price.notMetered,
    rounded: price.roundedParts.map((part) => priceKeys[part]),
    context_window: price.contextWindow,
    max_output_tokens: price.maxOutputTokens,
  };
}

/** In the order of the keys, as decimal text of USD per the unit that the key names. */
function partFields(prices: Price['prices']): Record<string, string> {
  return Object.fromEntries(pricedParts(prices).map((part) => [priceKeys[part], unitPrice(part, prices)]));
}

function pricedParts(prices: Price['prices']): PricedPart[] {
  return (Object.keys(priceKeys) as PricedPart[]).filter((part) => prices[part] !== undefined);
}

function unitPrice(part: PricedPart, prices: Price['prices']): string {
  const perMillion = prices[part] ?? 0n;
  return priceText(priceKeys[part].endsWith('_per_1k') ? perMillion / 1000n : perMillion);
}

function tierFields({ input, cachedInput, output }: TierMultiplier): string | Record<string, string> {
  return input === output && input === cachedInput ? input : { input, cached_input: cachedInput, output };
}

function priceTable(prices: readonly Price[]): View[number] {
  const shown = (price: bigint | undefined): string => (price === undefined ? '–' : priceText(price));
  return {
    kind: 'table',
    columns: [
      { name: 'model' },
      { name: 'from' },
      { name: 'input', align: 'right' },
      { name: 'cached', align: 'right' },
      { name: 'write', align: 'right' },
      { name: 'output', align: 'right' },
      { name: 'long from', align: 'right' },
      { name: 'source' },
    ],
    rows: prices.map(({ pricingId, prices: parts, longContext, source, ...price }) => [
      pricingId,
      price.effectiveAt ?? (price.daily === null ? '–' : `${price.daily.from}-${price.daily.to}`),
      shown(parts.input),
      shown(parts.cachedInput),
      shown(parts.cacheWrite),
      shown(parts.output),
      longContext[0] === undefined ? '–' : `${longContext[0].compare} ${countText(longContext[0].inputTokens)}`,
      source,
    ]),
  };
}

function priceView(price: Price, holds: boolean): View {
  const { longContext, serviceTiers, daily } = price;
  const facts = [
    price.effectiveAt === null ? null : `from ${price.effectiveAt}`,
    daily === null ? null : `${daily.from} to ${daily.to} each day`,
    price.capturedAt === null ? null : `looked up on ${price.capturedAt}`,
    price.sourceUrl,
    price.contextWindow === null ? null : `context window ${countText(price.contextWindow)}`,
    price.maxOutputTokens === null ? null : `answers up to ${countText(price.maxOutputTokens)}`,
  ];
  const tiers = [...(serviceTiers ?? [])].map(([tier, by]) => `${tier} ${multiplierText(by)}`);
  return [
    text(
      [
        `${price.priceVersion}${holds ? ' (holds)' : ''}`,
        ...(facts.every((fact) => fact === null) ? [] : [facts.filter((fact) => fact !== null).join(', ')]),
        ...(tiers.length === 0 ? [] : [`Service tiers: ${tiers.join(', ')}`]),
        ...(price.notMetered.length === 0 ? [] : [`Also charged, and not counted: ${price.notMetered.join(', ')}`]),
      ].join('\n'),
    ),
    {
      kind: 'table',
      columns: [
        { name: 'USD per 1M' },
        { name: longContext.length === 0 ? 'price' : 'usual', align: 'right' },
        ...longContext.map(({ compare, inputTokens }) => ({
          name: `prompt ${compare} ${countText(inputTokens)}`,
          align: 'right' as const,
        })),
      ],
      rows: pricedParts(price.prices).map((part) => [
        priceKeys[part].replace('_per_1m', '').replace('_per_1k', ', per 1,000').replaceAll('_', ' '),
        unitPrice(part, price.prices),
        ...longContext.map(({ prices }) => unitPrice(part, { ...price.prices, ...prices })),
      ]),
    },
  ];
}

function multiplierText({ input, cachedInput, output }: TierMultiplier): string {
  if (input === output && input === cachedInput) return `×${input}`;
  return `input ×${input}, cached ×${cachedInput}, output ×${output}`;
}
