import type { TokenUsage } from '@budget/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reported, together, usage } from '../testing/any-usage.js';
import { momentsOf, type PeerModel, peerModels, thresholdsOf, tokenUsage } from '../testing/peer-prices.js';
import { oracleCost, pricesAt, roundedToNano, YOCTO_IN_NANO } from '../testing/price-oracle.js';
import { bundledPrices } from './bundled-prices.js';
import { CALL_PARTS, callParts, hasCacheHit, withoutCacheHits } from './call-parts.js';
import { exactCost, nanoCost } from './cost-of-parts.js';
import type { Price } from './price.js';
import { costByPrice, priceCall } from './price-call.js';
import { type Rates, ratesFor } from './rates.js';

// fast-check prints the seed and the smallest case of whatever fails.

const book = await bundledPrices();
const models = (await peerModels()).filter(({ provider, model }) => {
  const price = book.find(provider, model.id, Date.now());
  return price?.prices.input !== undefined || price?.prices.output !== undefined;
});

const model = fc.constantFrom(...models);
const timed = model.chain((each) => fc.tuple(fc.constant(each), fc.constantFrom(...momentsOf(each))));

/** A prompt on one side of a tier's threshold or the other, or exactly there. */
const atThreshold = fc.constantFrom(...models.filter((each) => thresholdsOf(each).length > 0)).chain((each) =>
  fc.tuple(
    fc.constant(each),
    fc.constantFrom(...momentsOf(each)),
    fc
      .tuple(fc.constantFrom(...thresholdsOf(each)), fc.constantFrom(-1, 0, 1, 2), fc.nat(9_000), fc.nat(9_000))
      .map(([start, beside, hit, put]) =>
        tokenUsage(start + beside, hit, { cachedPromptTokens: hit, cacheWriteTokens: put }),
      ),
  ),
);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const absolute = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

function ratesOf({ provider, model: { id } }: PeerModel, atMs: number, tokens: TokenUsage): Rates {
  const price = book.find(provider, id, atMs) as Price;
  return ratesFor(price, tokens.promptTokens, null) as Rates;
}

describe('the parts of a call', () => {
  const promptParts = CALL_PARTS.indexOf('completion');
  const completionParts = CALL_PARTS.indexOf('requests');

  it('add up to its prompt and its completion, and none is negative', () => {
    fc.assert(
      fc.property(reported, (tokens) => {
        const all = callParts(tokens);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
        expect(sum(all.slice(0, promptParts))).toBe(tokens.promptTokens);
        expect(sum(all.slice(promptParts, completionParts))).toBe(tokens.completionTokens);
      }),
      { numRuns: 3_000 },
    );
  });

  it('add up to what is billed where that is something else (Cohere)', () => {
    const billed = fc.record({ promptTokens: fc.nat(1_000), completionTokens: fc.nat(1_000) });
    fc.assert(
      fc.property(reported, billed, (tokens, charged) => {
        const all = callParts({ ...tokens, billed: charged });
        expect(sum(all.slice(0, promptParts))).toBe(charged.promptTokens);
        expect(sum(all.slice(promptParts, completionParts))).toBe(charged.completionTokens);
      }),
    );
  });

  it('are the same ones with and without details that are all zero', () => {
    fc.assert(
      fc.property(reported, ({ details: _, ...tokens }) => {
        const { promptTokens, completionTokens, ...simple } = tokens;
        const detailed = tokenUsage(promptTokens, completionTokens, { ...simple, webSearches: 0 });
        expect(detailed.details).toBeDefined();
        expect(callParts(detailed)).toEqual(callParts(tokens));
      }),
    );
  });
});

describe('the cost of a call', () => {
  const isWhatTheOracleSays = (each: PeerModel, atMs: number, tokens: TokenUsage) => {
    const exact = oracleCost(pricesAt(each, atMs), tokens);
    const cost = priceCall({ provider: each.provider, model: each.model.id, tokens, atMs }, book);
    expect(exactCost(callParts(tokens), ratesOf(each, atMs, tokens)) * 1_000_000n).toBe(exact);
    expect(cost.costNanoUsd).toBe(roundedToNano(exact));
    expect(absolute((cost.costNanoUsd ?? 0n) * YOCTO_IN_NANO - exact) * 2n).toBeLessThanOrEqual(YOCTO_IN_NANO);
  };

  it('is the exact product of the raw data, at most half a nano-USD from it', () => {
    fc.assert(
      fc.property(timed, usage, ([each, atMs], tokens) => isWhatTheOracleSays(each, atMs, tokens)),
      { numRuns: 5_000 },
    );
  });

  it('is so around each threshold', () => {
    fc.assert(
      fc.property(atThreshold, ([each, atMs, tokens]) => isWhatTheOracleSays(each, atMs, tokens)),
      { numRuns: 2_000 },
    );
  });

  it('is the same by numbers and by bigints, also where numbers are not enough', () => {
    const price = fc
      .oneof(
        fc.nat(1_000_000_000),
        fc.nat(2 ** 31 - 1).map((n) => n * 1_000_000),
      )
      .map((n) => BigInt(n) * 1_000n);
    fc.assert(
      fc.property(
        usage,
        fc.array(price, { minLength: CALL_PARTS.length, maxLength: CALL_PARTS.length }),
        (tokens, prices) => {
          const rates = {
            byPart: prices.map((each) => ({ price: each, from: null, multipliers: [] })),
            nanoPerMillion: prices.map((each) => Number(each / 1_000n)),
          } as unknown as Rates;
          const all = callParts(tokens);
          const exact = prices.reduce((total, each, index) => total + BigInt(all[index] ?? 0) * each, 0n);
          expect(nanoCost(all, rates)).toBe(nanoCost(all, { ...rates, nanoPerMillion: null }));
          expect(nanoCost(all, rates)).toBe(roundedToNano(exact * 1_000_000n));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('is the same by numbers and by bigints for each tie and its neighbours', () => {
    for (let femto = 0; femto < 12; femto++) {
      for (const beside of [-1, 0, 1]) {
        const nano = femto * 500_000 + beside;
        if (nano < 0) continue;
        const rates = { byPart: [{ price: BigInt(nano) * 1_000n }], nanoPerMillion: [nano] } as unknown as Rates;
        expect(nanoCost([1], rates)).toBe(roundedToNano(BigInt(nano) * 1_000_000_000n));
        expect(nanoCost([1], { ...rates, nanoPerMillion: null })).toBe(nanoCost([1], rates));
      }
    }
  });

  it('is never more than without any cache hit, where a hit is not dearer than a plain token', () => {
    fc.assert(
      fc.property(timed, usage, ([each, atMs], tokens) => {
        const { byPart } = ratesOf(each, atMs, tokens);
        const at = (part: (typeof CALL_PARTS)[number]) => byPart[CALL_PARTS.indexOf(part)]?.price ?? 0n;
        fc.pre(
          at('cachedPrompt') <= at('prompt') &&
            at('cachedAudioPrompt') <= at('audioPrompt') &&
            at('cachedImagePrompt') <= at('imagePrompt'),
        );
        const cost = priceCall({ provider: each.provider, model: each.model.id, tokens, atMs }, book);
        expect(cost.economicCostNanoUsd).toBeGreaterThanOrEqual(cost.costNanoUsd ?? 0n);
        const all = callParts(tokens);
        if (!hasCacheHit(all)) expect(cost.economicCostNanoUsd).toBe(cost.costNanoUsd);
        expect(sum(withoutCacheHits(all))).toBe(sum(all));
        expect(hasCacheHit(withoutCacheHits(all))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of one call and of its two halves differ by a nano-USD at most, without tiers and fees', () => {
    fc.assert(
      fc.property(timed, usage, usage, ([each, atMs], first, second) => {
        const price = book.find(each.provider, each.model.id, atMs) as Price;
        const { requests: _, ...prices } = price.prices;
        const flat = { ...price, prices, longContext: [] };
        const cost = (tokens: TokenUsage) => costByPrice({ tokens }, flat).costNanoUsd ?? 0n;
        expect(absolute(cost(together(first, second)) - cost(first) - cost(second))).toBeLessThanOrEqual(1n);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the sum of many calls', () => {
  it('is the same in any order, and half a nano-USD a call from the exact one', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(timed, usage), { maxLength: 60 }), fc.infiniteStream(fc.nat()), (calls, keys) => {
        const costs = calls.map(([[each, atMs], tokens]) => ({
          key: keys.next().value as number,
          nano: priceCall({ provider: each.provider, model: each.model.id, tokens, atMs }, book).costNanoUsd ?? 0n,
          exact: oracleCost(pricesAt(each, atMs), tokens),
        }));
        const total = (ordered: typeof costs) => ordered.reduce((so, { nano }) => so + nano, 0n);
        expect(total(costs.toSorted((a, b) => a.key - b.key))).toBe(total(costs));
        const exact = costs.reduce((so, each) => so + each.exact, 0n);
        const apart = absolute(total(costs) * YOCTO_IN_NANO - exact);
        expect(apart * 2n).toBeLessThanOrEqual(YOCTO_IN_NANO * BigInt(costs.length));
      }),
      { numRuns: 200 },
    );
  });

  // The long form is torture/ten-million-calls.mjs.
  it('of 50,000 tiny calls is the exact one, half a nano-USD a call from it at most', () => {
    const [cheapest] = models.filter(({ model: { id } }) => id === 'gemini-flash-1.5-8b');
    if (cheapest === undefined) throw new Error('The model is no longer in the data.');
    const prices = pricesAt(cheapest, 0);
    let [nano, exact] = [0n, 0n];
    for (let call = 0; call < 50_000; call++) {
      const tokens = tokenUsage((call * 7) % 113, (call * 3) % 29, { cachedPromptTokens: call % 2 });
      nano += priceCall({ provider: 'google', model: 'gemini-flash-1.5-8b', tokens, atMs: 0 }, book).costNanoUsd ?? 0n;
      exact += oracleCost(prices, tokens);
    }
    const apart = absolute(nano * YOCTO_IN_NANO - exact);
    // Its prices have halves of a nano-USD a token, so that many of these calls are rounded.
    expect(apart).toBeGreaterThan(0n);
    expect(apart * 2n).toBeLessThanOrEqual(YOCTO_IN_NANO * 50_000n);
    expect(nano).toBeGreaterThan(100_000_000n);
  });
});
