import { describe, expect, it } from 'vitest';
import { type PeerModel, peerModels, tokenUsage } from '../testing/peer-prices.js';
import { digits, oracleCost, roundedToNano } from '../testing/price-oracle.js';
import { bundledPrices } from './bundled-prices.js';
import { costByPrice, priceCall } from './price-call.js';

const book = await bundledPrices();
const models = await peerModels();

const COMPLETION = 1_000;

interface Tiered {
  readonly provider: string;
  readonly model: string;
  readonly atMs: number;
  readonly prices: PeerModel['entries'][number]['prices'];
  readonly start: number;
}

/** Every threshold of every price in the raw data, with a time at which that price holds. */
const tiered: Tiered[] = models.flatMap((model) =>
  model.entries.flatMap(({ prices, constraint }, position) => {
    const next = model.entries[position + 1]?.constraint;
    const until = next?.type === 'start_date' ? Date.parse(next.start_date) - 1 : Date.parse('2026-09-23T12:00:00Z');
    const atMs = constraint?.type === 'start_date' ? Date.parse(constraint.start_date) : until;
    const starts = Object.values(prices).flatMap((price) => (typeof price === 'object' ? price.tiers : []));
    const thresholds = [...new Set(starts.map(({ start }) => start))];
    return thresholds.map((start) => ({ provider: model.provider, model: model.model.id, atMs, prices, start }));
  }),
);

const named = tiered.map((each): [string, Tiered] => [
  `${each.provider} ${each.model}, ${new Date(each.atMs).toISOString()}, ${each.start} tokens`,
  each,
]);

const costOf = ({ provider, model, atMs }: Tiered, promptTokens: number, completionTokens = COMPLETION) =>
  priceCall({ provider, model, tokens: tokenUsage(promptTokens, completionTokens), atMs }, book);

/** Tokens of the prompt and the completion at two plain prices per million, in nano-USD: all of these are whole. */
const at = (promptTokens: number, input: number, output: number): bigint =>
  roundedToNano((BigInt(promptTokens) * digits(input, 12) + BigInt(COMPLETION) * digits(output, 12)) * 1_000_000n);

function baseOf(price: PeerModel['entries'][number]['prices'][string]): number {
  return typeof price === 'object' ? price.base : (price ?? 0);
}

function aboveOf(price: PeerModel['entries'][number]['prices'][string], start: number): number {
  return typeof price === 'object'
    ? (price.tiers.find((tier) => tier.start === start)?.price ?? Number.NaN)
    : baseOf(price);
}

describe('a price for long prompts', () => {
  it('is in the data of many models', () => {
    expect(tiered).toHaveLength(60);
    expect(new Set(tiered.map(({ start }) => start))).toEqual(
      new Set([128_000, 199_999, 200_000, 271_999, 272_000, 512_000]),
    );
  });

  it.each(named)('%s: one below and at them, every token is charged at the base', (_, each) => {
    const [input, output] = [baseOf(each.prices['input_mtok']), baseOf(each.prices['output_mtok'])];
    expect(costOf(each, each.start - 1).costNanoUsd).toBe(at(each.start - 1, input, output));
    expect(costOf(each, each.start).costNanoUsd).toBe(at(each.start, input, output));
  });

  // The tier was applied to what exceeds the threshold alone (tokscale #862).
  it.each(named)('%s: one above, the whole request is charged at the tier and not its margin', (_, each) => {
    const input = aboveOf(each.prices['input_mtok'], each.start);
    const output = aboveOf(each.prices['output_mtok'], each.start);
    const above = costOf(each, each.start + 1);
    expect(above.costNanoUsd).toBe(at(each.start + 1, input, output));
    // One more token costs more than a hundred thousand at the base: nearly the whole request over again.
    const jump = (above.costNanoUsd ?? 0n) - (costOf(each, each.start).costNanoUsd ?? 0n);
    expect(jump).toBeGreaterThan(at(100_000, baseOf(each.prices['input_mtok']), 0) / 2n);
  });

  it.each(named)('%s: the prompt decides, however long the completion is', (_, each) => {
    const tokens = tokenUsage(each.start, each.start * 2);
    expect(costOf(each, each.start, each.start * 2).costNanoUsd).toBe(roundedToNano(oracleCost(each.prices, tokens)));
  });

  it.each(named)('%s: cached and written tokens count towards them, and take the tier', (_, each) => {
    const tokens = tokenUsage(each.start + 1, COMPLETION, {
      ...{ cachedPromptTokens: each.start - 5_000, cacheWriteTokens: 3_000, cacheWrite1hTokens: 1_000 },
    });
    const cost = priceCall({ provider: each.provider, model: each.model, tokens, atMs: each.atMs }, book);
    expect(cost.costNanoUsd).toBe(roundedToNano(oracleCost(each.prices, tokens)));
  });
});

describe("the vendor's own comparison", () => {
  it.each([
    ['openai', 'gpt-5.4', '>=', 272_000],
    ['x-ai', 'grok-4.5', '>=', 200_000],
    ['google', 'gemini-2.5-pro', '>', 200_000],
    ['anthropic', 'claude-sonnet-4-5', '>', 200_000],
    ['github-copilot', 'gpt-5.4', '>', 272_000],
  ])('of %s %s is %s %d', (provider, model, compare, inputTokens) => {
    const price = book.find(provider, model, Date.parse('2026-02-01'));
    expect(price?.longContext.map((tier) => [tier.compare, tier.inputTokens])).toEqual([[compare, inputTokens]]);
  });
});

describe('several thresholds', () => {
  const base = book.find('google', 'gemini-2.5-pro', 0);
  if (base === null) throw new Error('gemini-2.5-pro has no price');
  const usd = (price: number) => BigInt(price) * 10n ** 12n;
  const steps = {
    ...base,
    prices: { input: usd(1), output: usd(1) },
    longContext: [
      { inputTokens: 100, compare: '>', prices: { input: usd(2) } },
      { inputTokens: 200, compare: '>=', prices: { input: usd(3), output: usd(5) } },
    ],
  } as const;

  it.each([
    [100, 1, 1],
    [101, 2, 1],
    [199, 2, 1],
    [200, 3, 5],
    [1_000_000, 3, 5],
  ])('charge a prompt of %d tokens at %d for each, and %d for the completion', (prompt, input, output) => {
    const cost = costByPrice({ tokens: tokenUsage(prompt, 10) }, steps);
    expect(cost.costNanoUsd).toBe(BigInt(prompt * input + 10 * output) * 1_000n);
  });
});
