import {
  attoText,
  type ExchangeCost,
  partNames,
  priceText,
  type Receipt,
  type ReceiptLine,
} from '@budget/infospace/pricing';
import { type Block, text } from '../command-result.js';
import { countText, fineCostText } from './amounts.js';
import { partKey, priceKeys } from './price-keys.js';

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
      part: partKey(line.part),
      count: line.count,
      unit: line.unit,
      price_of: line.from && priceKeys[line.from],
      price_usd: line.price === null ? null : unitPrice(line, line.price),
      multipliers: line.multipliers,
      exact_usd: line.attoUsd === null ? null : attoText(line.attoUsd),
    })),
    exact_usd: attoText(receipt.exactAttoUsd),
    cost_nano_usd: receipt.costNanoUsd,
    economic_cost_nano_usd: receipt.economicCostNanoUsd,
  };
}

/** For people: a title, the lines, the sum and its one rounding. */
export function receiptBlocks(priced: ExchangeCost, receipt: Receipt | null, number: number): Block[] {
  const title = `${priced.id ?? `response ${number}`}: ${[priced.provider, priced.model].filter((name) => name !== '').join(' ')}`;
  const reported =
    priced.costSource === 'provider' && priced.costNanoUsd !== null
      ? `The provider reported ${fineCostText(priced.costNanoUsd, false)}, which is taken.`
      : null;
  if (receipt === null) return [text([title, reported ?? noReceipt(priced)].join('\n'))];
  const notes = [...(reported === null ? [] : [reported, 'By its price it would be:']), priceNote(receipt)];
  return [text([title, ...notes].join('\n')), lineTable(receipt), text(sums(receipt))];
}

function noReceipt({ costNanoUsd, usageMissing, price, serviceTier }: ExchangeCost): string {
  if (price !== null && costNanoUsd !== null) return `It costs nothing by ${price.priceVersion}, whatever it used.`;
  if (usageMissing) return 'No cost: the response has no usage.';
  if (price === null) return 'No cost: no price is known.';
  if (price.prices.input === undefined && price.notMetered.length > 0) {
    return `No cost: it is charged by ${price.notMetered.join(' and ')}, which its usage does not tell.`;
  }
  return `No cost: the price ${price.priceVersion} says nothing of the service tier ${serviceTier}.`;
}

/** USD for the unit in which the vendor gives its price: a million tokens, a thousand searches. */
function unitPrice({ from, unit }: ReceiptLine, price: bigint): string {
  return priceText(from !== null && unit !== 'tokens' ? price / 1000n : price);
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
    rows: lines.map((line) => [
      partNames[line.part],
      countText(line.count),
      line.price === null ? 'unknown' : shownPrice(line, line.price),
      line.attoUsd === null ? 'unknown' : attoText(line.attoUsd),
    ]),
  };
}

function shownPrice(line: ReceiptLine, price: bigint): string {
  const perThousand = line.unit === 'tokens' ? '' : ' per 1,000';
  return `${unitPrice(line, price)}${perThousand}${line.multipliers.map((by) => ` (×${by})`).join('')}`;
}

export function sums({ lines, exactAttoUsd, costNanoUsd, economicCostNanoUsd }: Receipt): string {
  const isLowerBound = lines.some(({ attoUsd }) => attoUsd === null);
  const shown = (amount: bigint): string => fineCostText(amount, isLowerBound);
  const economic = costNanoUsd === economicCostNanoUsd ? '' : `; without cache hits ${shown(economicCostNanoUsd)}`;
  return `Sum ${attoText(exactAttoUsd)}, rounded once to ${shown(costNanoUsd)}${economic}`;
}
