import { formatUsd, readTokenUsage, type TokenUsage } from '@budget/core';
import { describe, expect, it } from 'vitest';
import { NOW_MS, tokenUsage } from '../testing/peer-prices.js';
import { bundledPrices } from './bundled-prices.js';
import { type Call, costByPrice, priceCall } from './price-call.js';
import { priceWarnings } from './price-warnings.js';
import { tablePrice } from './table-price.js';

const book = await bundledPrices();

function cost(provider: string, model: string, tokens: TokenUsage, more: Partial<Call> = {}) {
  return priceCall({ provider, model, tokens, atMs: NOW_MS, ...more }, book);
}

/** The tokens of each part and its price per million, as the provider's page has them. */
function usd(...parts: readonly (readonly [tokens: number, perMillion: number])[]): string {
  const nano = parts.reduce((sum, [tokens, perMillion]) => sum + BigInt(tokens) * BigInt(perMillion * 1_000_000), 0n);
  expect(nano % 1000n).toBe(0n);
  return formatNano(nano / 1000n);
}

const formatNano = (nano: bigint | null): string => (nano === null ? 'unknown' : `${nano} nano-USD`);

function read(usage: unknown): TokenUsage {
  return readTokenUsage(usage).tokens ?? expect.fail('The usage cannot be read.');
}

describe('an unknown price', () => {
  it.each([
    ['openai', 'gpt-99'],
    ['', 'some-model-of-ours'],
    ['nobody', 'gpt-4o'],
    ['openai', ''],
  ])('is null and never a silent zero (litellm #35913): %s %s', (provider, model) => {
    const unknown = cost(provider, model, tokenUsage(1_000_000, 1_000));
    expect(unknown).toMatchObject({ costNanoUsd: null, economicCostNanoUsd: null, price: null, unpriced: 'no_price' });
  });

  it('of a service tier is null too: the usual one would be a guess', () => {
    const tokens = tokenUsage(1_000, 10);
    expect(cost('openai', 'gpt-6-sol', tokens, { serviceTier: 'scale' })).toMatchObject({
      ...{ costNanoUsd: null, unpriced: 'service_tier' },
    });
    expect(cost('openai', 'gpt-6-sol', tokens, { serviceTier: 'default' }).unpriced).toBeNull();
  });

  it('of a part is told, and the cost lacks it', () => {
    expect(cost('google', 'gemini-2.5-pro', tokenUsage(10, 10, { webSearches: 1 })).unpricedParts).toEqual([
      'webSearches',
    ]);
  });

  it('is not the price of a free model, which costs nothing and is known', () => {
    expect(cost('openrouter', 'deepseek/deepseek-r1:free', tokenUsage(5_000, 500))).toMatchObject({
      ...{ costNanoUsd: 0n, economicCostNanoUsd: 0n, unpriced: null },
    });
    expect(cost('openrouter', 'deepseek/deepseek-r1', tokenUsage(5_000, 500)).costNanoUsd).toBeGreaterThan(0n);
    expect(cost('openrouter', 'nobody/nothing:free', tokenUsage(5_000, 500)).costNanoUsd).toBeNull();
  });
});

describe('cached tokens', () => {
  // 260,421 tokens were counted where there were 130,213.
  it('are counted once, beside or inside the prompt (langfuse #12306)', () => {
    const parts = usd([5, 3], [128_955, 0.3], [1_253, 3.75]);
    const anthropic = { input_tokens: 5, cache_read_input_tokens: 128_955, cache_creation_input_tokens: 1_253 };
    expect(read({ ...anthropic, output_tokens: 0 }).promptTokens).toBe(130_213);
    const inside = tokenUsage(130_213, 0, { cachedPromptTokens: 128_955, cacheWriteTokens: 1_253 });
    for (const tokens of [read({ ...anthropic, output_tokens: 0 }), inside]) {
      expect(formatNano(cost('anthropic', 'claude-sonnet-4-5', tokens).costNanoUsd)).toBe(parts);
    }
  });

  // The three turns of its session; charged on top of the whole prompt they came to $50.32 instead of $7.95.
  it.each([
    [18_973, 0, 18_971],
    [19_073, 18_971, 100],
    [19_173, 19_071, 100],
  ])(
    'of a prompt of %d, %d read and %d written, leave two plain tokens (microsoft/conductor #427)',
    (all, hit, put) => {
      const price = book.find('anthropic', 'claude-sonnet-5', NOW_MS);
      const { input = 0n, cachedInput = 0n, cacheWrite = 0n } = price?.prices ?? {};
      expect([input, cachedInput, cacheWrite].every((each) => each > 0n)).toBe(true);
      const exact = 2n * input + BigInt(hit) * cachedInput + BigInt(put) * cacheWrite;
      const tokens = tokenUsage(all, 0, { cachedPromptTokens: hit, cacheWriteTokens: put });
      expect(cost('anthropic', 'claude-sonnet-5', tokens).costNanoUsd).toBe(exact / 1_000_000_000n);
      expect(exact % 1_000_000_000n).toBe(0n);
    },
  );

  it('that are reported as read and written at once are written ones, once (OpenRouter)', () => {
    const tokens = tokenUsage(1_000, 0, { cachedPromptTokens: 1_000, cacheWriteTokens: 1_000 });
    const ours = cost('openrouter', 'anthropic/claude-sonnet-4', tokens);
    expect(formatNano(ours.costNanoUsd)).toBe(usd([1_000, 3.75]));
  });

  it('that are more together than the prompt count the smaller as a part of the larger (OpenRouter)', () => {
    const tokens = (hit: number, put: number) =>
      tokenUsage(1_200, 0, { cachedPromptTokens: hit, cacheWriteTokens: put });
    const nano = (hit: number, put: number) =>
      formatNano(cost('openrouter', 'anthropic/claude-sonnet-4', tokens(hit, put)).costNanoUsd);
    expect(nano(1_000, 1_000)).toBe(usd([200, 3], [1_000, 3.75]));
    expect(nano(1_000, 400)).toBe(usd([200, 3], [600, 0.3], [400, 3.75]));
  });

  it('cost as others would have, in what the call would have been without a hit', () => {
    const tokens = tokenUsage(10_000, 100, { cachedPromptTokens: 8_000 });
    const ours = cost('anthropic', 'claude-sonnet-4-5', tokens);
    expect(formatNano(ours.costNanoUsd)).toBe(usd([2_000, 3], [8_000, 0.3], [100, 15]));
    expect(formatNano(ours.economicCostNanoUsd)).toBe(usd([10_000, 3], [100, 15]));
  });

  it('that are written for an hour cost more than for five minutes (models.dev #2814)', () => {
    const usage = {
      ...{ input_tokens: 7, output_tokens: 11, cache_read_input_tokens: 0, cache_creation_input_tokens: 3_000 },
      cache_creation: { ephemeral_5m_input_tokens: 1_000, ephemeral_1h_input_tokens: 2_000 },
    };
    const ours = cost('anthropic', 'claude-opus-4-5', read(usage));
    expect(formatNano(ours.costNanoUsd)).toBe(usd([7, 5], [1_000, 6.25], [2_000, 10], [11, 25]));
  });
});

describe('reasoning', () => {
  it('is part of the completion and is charged once', () => {
    const usage = {
      ...{ prompt_tokens: 1_000, completion_tokens: 800, total_tokens: 1_800 },
      completion_tokens_details: { reasoning_tokens: 600 },
    };
    expect(formatNano(cost('openai', 'o3', read(usage)).costNanoUsd)).toBe(usd([1_000, 2], [800, 8]));
  });

  it('of Gemini stands beside the candidates and is not dropped', () => {
    const usage = { promptTokenCount: 100, candidatesTokenCount: 20, thoughtsTokenCount: 300, totalTokenCount: 420 };
    const ours = cost('google', 'gemini-2.5-pro', read(usage));
    expect(formatNano(ours.costNanoUsd)).toBe(usd([100, 1.25], [320, 10]));
  });

  it('has its own price where the vendor names one', () => {
    const tokens = tokenUsage(0, 1_000, { reasoningTokens: 400 });
    const { output = 0n, reasoning = 0n } =
      book.find('openrouter', 'perplexity/sonar-deep-research', NOW_MS)?.prices ?? {};
    expect(reasoning).not.toBe(output);
    const ours = cost('openrouter', 'perplexity/sonar-deep-research', tokens);
    expect(ours.costNanoUsd).toBe((600n * output + 400n * reasoning) / 1_000_000_000n);
  });
});

describe('an old call', () => {
  // Two thirds of a history were counted at prices that did not hold then.
  it.each([
    ['2025-06-09T23:59:59.999Z', 10, 40],
    ['2025-06-10T00:00:00.000Z', 2, 8],
    ['2026-09-01T00:00:00.000Z', 2, 8],
  ])('of %s keeps the price that held then (ccusage #1636)', (time, input, output) => {
    const ours = cost('openai', 'o3', tokenUsage(1_000, 500), { atMs: Date.parse(time) });
    expect(formatNano(ours.costNanoUsd)).toBe(usd([1_000, input], [500, output]));
  });
});

describe('a stale price', () => {
  const captured = Date.parse(book.capturedAt);
  const warningsAfter = (days: number) => {
    const call = { provider: 'openai', model: 'gpt-4o', tokens: tokenUsage(10, 10) };
    const ours = cost(call.provider, call.model, call.tokens);
    const said = { ...call, serviceTier: null, reported: null, lacksUsage: false };
    return priceWarnings(said, ours, book, captured + days * 86_400_000).map(({ kind }) => kind);
  };

  it('is told and used all the same (ccusage #844)', () => {
    expect(warningsAfter(90)).toEqual([]);
    expect(warningsAfter(91)).toEqual(['stale']);
  });
});

describe('batch, a long prompt and a cache together', () => {
  // Batches with long prompts were charged half of what they cost, and their cached tokens twice as much.
  it.each([
    [272_000, 20, 2, 25, 75],
    [271_999, 10, 1, 12.5, 50],
  ])('are each applied to a prompt of %d tokens (litellm #39861)', (prompt, input, cached, write, output) => {
    const tokens = tokenUsage(prompt, 1_000, { cachedPromptTokens: 100_000, cacheWriteTokens: 50_000 });
    const ours = cost('openai', 'gpt-6-astra', tokens, { serviceTier: 'batch' });
    const plain = prompt - 150_000;
    expect(formatNano(ours.costNanoUsd)).toBe(
      usd([plain, input / 2], [100_000, cached / 2], [50_000, write / 2], [1_000, output / 2]),
    );
  });

  it('leave fees for searches as they are', () => {
    const plain = cost('openai', 'gpt-4.1', tokenUsage(0, 0, { webSearches: 4 }));
    const batch = cost('openai', 'gpt-4.1', tokenUsage(0, 0, { webSearches: 4 }), { serviceTier: 'batch' });
    expect(plain.costNanoUsd).toBeGreaterThan(0n);
    expect(batch.costNanoUsd).toBe(plain.costNanoUsd);
  });
});

describe('money', () => {
  // Rounded to 6 decimals each, a million calls of a fraction of a cent came to $0.000 instead of $0.220.
  it('of a million tiny calls does not become $0.000', () => {
    const each = cost('openai', 'text-embedding-3-small', tokenUsage(11, 0)).costNanoUsd ?? 0n;
    expect(formatUsd(each)).toBe('0.000000');
    expect(formatUsd(each * 1_000_000n)).toBe('0.220000');
  });

  it.each([
    [1, 0n],
    [3, 2n],
    [5, 2n],
    [7, 4n],
  ])('of %d halves of a nano-USD is rounded once, a tie to the even one', (halves, nano) => {
    const half = 500_000_000n;
    const price = tablePrice({ model: 'half', source: 'workspace-rates', input: half, output: half });
    expect(costByPrice({ tokens: tokenUsage(halves, 0) }, price).costNanoUsd).toBe(nano);
    const [prompt, completion] = [Math.floor(halves / 2), Math.ceil(halves / 2)];
    expect(costByPrice({ tokens: tokenUsage(prompt, completion) }, price).costNanoUsd).toBe(nano);
  });
});
