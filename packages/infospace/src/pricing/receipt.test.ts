import { describe, expect, it } from 'vitest';
import { bundledPrices } from './bundled-prices.js';
import type { Price } from './price.js';
import { attoText, priceText, receiptOf } from './receipt.js';

const book = await bundledPrices();
const at = (day: string): number => Date.parse(day);
const price = (provider: string, model: string, day = '2026-10-01'): Price =>
  book.find(provider, model, at(day)) as Price;

describe('a receipt', () => {
  it('shows each part with its price, its exact product and the one rounding', () => {
    const tokens = {
      promptTokens: 12_345,
      completionTokens: 678,
      cachedPromptTokens: 10_001,
      cacheWriteTokens: 300,
      reasoningTokens: 0,
      details: {
        ...{ cacheWrite1hTokens: 100, audioPromptTokens: 0, cachedAudioTokens: 0, audioCompletionTokens: 0 },
        ...{ imagePromptTokens: 0, cachedImageTokens: 0, imageCompletionTokens: 0, videoPromptTokens: 0 },
        ...{ videoCompletionTokens: 0, citationTokens: 0, webSearches: 2 },
      },
    };
    const receipt = receiptOf({ tokens }, price('anthropic', 'claude-sonnet-4-5'));
    const shown = receipt?.lines.map(({ part, count, unit, price: each, attoUsd }) => [
      ...[part, count, unit],
      ...[each === null ? null : priceText(each), attoUsd === null ? null : attoText(attoUsd)],
    ]);
    expect(shown).toEqual([
      ['prompt', 2044, 'tokens', '3', '0.006132'],
      ['cachedPrompt', 10_001, 'tokens', '0.3', '0.0030003'],
      ['cacheWrite5m', 200, 'tokens', '3.75', '0.00075'],
      ['cacheWrite1h', 100, 'tokens', '6', '0.0006'],
      ['completion', 678, 'tokens', '15', '0.01017'],
      ['webSearches', 2, 'searches', '10000', '0.02'],
    ]);
    expect(attoText(receipt?.exactAttoUsd ?? 0n)).toBe('0.0406523');
    expect(receipt?.costNanoUsd).toBe(40_652_300n);
    // The cached tokens at the plain price; what was written stays written.
    expect(receipt?.economicCostNanoUsd).toBe(40_652_300n + 10_001n * 2_700n);
  });

  it('adds up to what it says, whatever the tier', () => {
    const tokens = {
      promptTokens: 300_000,
      completionTokens: 1001,
      cachedPromptTokens: 7,
      cacheWriteTokens: 3,
      reasoningTokens: 500,
    };
    for (const each of book.list()) {
      const receipt = receiptOf({ tokens, serviceTier: null }, each);
      const sum = receipt?.lines.reduce((total, line) => total + (line.attoUsd ?? 0n), 0n);
      expect(sum, each.priceVersion).toBe(receipt?.exactAttoUsd);
    }
  });

  it('names the tier for long prompts and the factor of the service tier', () => {
    const tokens = {
      ...{
        promptTokens: 272_000,
        completionTokens: 10,
        cachedPromptTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
      },
    };
    const receipt = receiptOf({ tokens, serviceTier: 'batch' }, price('openai', 'gpt-5.6-sol'));
    expect(receipt).toMatchObject({ longContext: { inputTokens: 272_000, compare: '>=' }, serviceTier: 'batch' });
    const [prompt] = receipt?.lines ?? [];
    expect([prompt && priceText(prompt.price ?? 0n), prompt?.multipliers]).toEqual(['4', ['0.5']]);
  });

  it('is not made where the price of the service tier is not known', () => {
    const tokens = {
      ...{ promptTokens: 1, completionTokens: 1, cachedPromptTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    };
    expect(receiptOf({ tokens, serviceTier: 'provisioned' }, price('openai', 'gpt-4o'))).toBeNull();
  });
});

it.each([
  [2_500_000_000_000n, '2.5'],
  [83_333_333_333n, '0.083333333333'],
  [0n, '0'],
  [10_000_000_000_000_000n, '10000'],
])('shows the price %s as %s', (pico, text) => {
  expect(priceText(pico)).toBe(text);
});
