import {
  attoText,
  type ExchangeCost,
  partNames,
  priceText,
  type Receipt,
  receiptOfExchange,
} from '@budget/infospace/pricing';
import { type Block, text } from '../command-result.js';
import { countText, fineCostText } from './amounts.js';

/** The arithmetic of a cost with stable keys. */
export function receiptFields(receipt: Receipt): Record<string, unknown> {
  const { price, longContext } = receipt;
  return {
    price_version: price.priceVersion,
    pricing_id: price.pricingId,
    source: price.source,
    source_url: price.sourceUrl,
    captured_at: price.capturedAt,
    effective_at: price.effectiveAt,
    daily: price.daily === null ? null : `${price.daily.from}-${price.daily.to}`,
    long_context: longContext && { input_tokens: longContext.inputTokens, compare: longContext.compare },
    service_tier: receipt.serviceTier,
    lines: receipt.lines.map((line) => ({
      part: line.part,
      count: line.count,
      unit: line.unit,
      price_of: line.from,
      price_usd_per_1m: line.price === null ? null : priceText(line.price),
      multipliers: line.multipliers,
      exact_usd: line.attoUsd === null ? null : attoText(line.attoUsd),
    })),
    exact_usd: attoText(receipt.exactAttoUsd),
    cost_nano_usd: receipt.costNanoUsd,
    economic_cost_nano_usd: receipt.economicCostNanoUsd,
  };
}

/** For people: a title, the lines, the sum and its one rounding. */
export function receiptBlocks(priced: ExchangeCost, number: number): Block[] {
  const title = `${priced.id ?? `response ${number}`}: ${[priced.provider, priced.model].filter((name) => name !== '').join(' ')}`;
  const receipt = receiptOfExchange(priced);
  const reported =
    priced.costSource === 'provider' && priced.costNanoUsd !== null
      ? `The provider reported ${fineCostText(priced.costNanoUsd, false)}, which is taken.`
      : null;
  if (receipt === null) return [text([title, reported ?? 'No cost: no usage, or no price is known.'].join('\n'))];
  const notes = [...(reported === null ? [] : [reported, 'By its price it would be:']), priceNote(receipt)];
  return [text([title, ...notes].join('\n')), lineTable(receipt), text(sums(receipt))];
}

export function priceNote({ price, longContext, serviceTier }: Receipt): string {
  const facts = [
    `Price ${price.priceVersion}`,
    price.effectiveAt === null ? null : `in force from ${price.effectiveAt}`,
    price.daily === null ? null : `between ${price.daily.from} and ${price.daily.to}`,
    price.capturedAt === null ? null : `looked up on ${price.capturedAt}`,
    price.sourceUrl,
  ];
  const tiers = [
    longContext === null
      ? null
      : `The prompt is ${longContext.compare} ${countText(longContext.inputTokens)} tokens: the whole call is charged as long.`,
    serviceTier === null ? null : `Service tier ${serviceTier}.`,
  ];
  return [facts.filter((fact) => fact !== null).join(', '), ...tiers.filter((tier) => tier !== null)].join('\n');
}

export function lineTable({ lines }: Receipt): Block {
  return {
    kind: 'table',
    columns: [
      { name: 'part' },
      { name: 'count', align: 'right' },
      { name: 'USD per 1M', align: 'right' },
      { name: 'exact USD', align: 'right' },
    ],
    rows: lines.map(({ part, count, price, multipliers, attoUsd }) => [
      partNames[part],
      countText(count),
      price === null ? 'unknown' : `${priceText(price)}${multipliers.map((by) => ` (×${by})`).join('')}`,
      attoUsd === null ? 'unknown' : attoText(attoUsd),
    ]),
  };
}

export function sums({ exactAttoUsd, costNanoUsd, economicCostNanoUsd }: Receipt): string {
  const economic =
    costNanoUsd === economicCostNanoUsd ? '' : `; without cache hits ${fineCostText(economicCostNanoUsd, false)}`;
  return `Sum ${attoText(exactAttoUsd)}, rounded once to ${fineCostText(costNanoUsd, false)}${economic}`;
}
