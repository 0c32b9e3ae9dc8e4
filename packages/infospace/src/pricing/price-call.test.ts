import type { TokenUsage } from '@budget/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundledPrices } from './bundled-prices.js';
import { priceCall } from './price-call.js';
import { receiptOf } from './receipt.js';

const book = await bundledPrices();
const atMs = Date.parse('2026-10-01');
const usage: TokenUsage = {
  promptTokens: 10,
  completionTokens: 5,
  cachedPromptTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};
const cost = (tokens: unknown, model = 'gpt-4o') =>
  priceCall({ provider: 'openai', model, tokens: tokens as TokenUsage, atMs }, book);

describe('tokens that are no counts', () => {
  it.each([
    ['not a number', { ...usage, promptTokens: Number.NaN }],
    ['nothing', null],
    ['missing', { promptTokens: 10, completionTokens: 5 }],
    ['endless', { ...usage, completionTokens: Number.POSITIVE_INFINITY }],
    ['negative', { ...usage, completionTokens: -100 }],
    ['fractional', { ...usage, promptTokens: 1.5 }],
    ['text', { ...usage, promptTokens: '10' }],
    ['negative in what is billed', { ...usage, billed: { promptTokens: -1, completionTokens: 0 } }],
    ['false in the place of details', { ...usage, details: false }],
    ['some of the details', { ...usage, details: { webSearches: 1 } }],
    ['not a number in a detail', { ...usage, details: { webSearches: Number.NaN } }],
  ])('have no cost when they are %s', (_, tokens) => {
    expect(cost(tokens)).toMatchObject({ costNanoUsd: null, unpriced: 'usage_invalid' });
  });

  it('never make it throw, nor a cost negative', () => {
    const count = fc.oneof(fc.anything(), fc.nat());
    const tokens = fc.record(
      {
        ...{ promptTokens: count, completionTokens: count, cachedPromptTokens: count, cacheWriteTokens: count },
        ...{ reasoningTokens: count, details: fc.anything(), billed: fc.anything() },
      },
      { requiredKeys: [] },
    );
    const parts = fc.oneof(fc.anything(), fc.constant(undefined));
    fc.assert(
      fc.property(tokens, parts, parts, (each, details, billed) => {
        // Most generated values are no counts at all: these have counts, so that the parts are looked at too.
        for (const given of [each, { ...usage, details, billed }]) {
          expect(cost(given).costNanoUsd ?? 0n).toBeGreaterThanOrEqual(0n);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a model that is charged by what its usage does not count', () => {
  it('has neither a cost nor a receipt of zero', () => {
    const { costNanoUsd, unpriced, price } = cost(usage, 'whisper-1');
    expect([costNanoUsd, unpriced]).toEqual([null, 'not_metered']);
    expect(price && receiptOf({ tokens: usage }, price)).toBeNull();
  });
});

it('a completion of a model without a price of completions is told, and not zero in silence', () => {
  const priced = cost(usage, 'text-embedding-3-small');
  expect(priced).toMatchObject({ costNanoUsd: 200n, unpricedParts: ['completion'] });
  expect(cost({ ...usage, completionTokens: 0 }, 'text-embedding-3-small').unpricedParts).toEqual([]);
});
