import { describe, expect, it } from 'vitest';
import { NOW_MS, tokenUsage } from '../testing/peer-prices.js';
import { type BundledBook, bundledBook } from './bundled-book.js';
import type { BundledHeader, BundledModel } from './bundled-models.js';
import { bundledPrices } from './bundled-prices.js';
import text from './bundled-prices.jsonl';
import type { Price } from './price.js';
import { priceCall } from './price-call.js';

const book = await bundledPrices();

const find = (provider: string, model: string): string | null => book.find(provider, model, NOW_MS)?.pricingId ?? null;

describe('a name that only begins like another', () => {
  it.each([
    ['openai', 'o1-mini', 'o1'],
    ['x-ai', 'grok-3-mini', 'grok-3'],
    ['x-ai', 'grok-3-fast', 'grok-3'],
    ['anthropic', 'claude-opus-4-5', 'claude-opus-4'],
    ['openai', 'gpt-4o-mini', 'gpt-4o'],
    ['openai', 'gpt-4o-audio-preview', 'gpt-4o'],
    ['openai', 'o4-mini-deep-research', 'o4-mini'],
    ['azure', 'o4-mini-deep-research', 'o4-mini'],
    ['openai', 'gpt-4.1-nano', 'gpt-4.1'],
    ['google', 'gemini-2.5-flash-lite', 'gemini-2.5-flash'],
    ['google', 'gemini-2.5-pro-preview-tts', 'gemini-2.5-pro'],
    ['openrouter', 'deepseek/deepseek-r1:free', 'deepseek/deepseek-r1'],
  ])('has a price of its own: %s %s is not %s', (provider, model, other) => {
    expect(find(provider, model)).not.toBeNull();
    expect(find(provider, other)).not.toBeNull();
    expect(find(provider, model)).not.toBe(find(provider, other));
  });

  it.each([
    ['anthropic', 'claude-opus-4-9'],
    ['anthropic', 'claude-opus-4-50'],
    ['anthropic', 'claude-opus-45'],
    ['aws', 'anthropic.claude-opus-4-9-v1:0'],
    ['azure', 'claude-opus-4-9'],
    ['openrouter', 'anthropic/claude-opus-4.9'],
    ['openai', 'gpt-4o-mini-deep-research'],
    ['openai', 'gpt-5-turbo'],
    ['openai', 'gpt-5-ultra'],
    ['openai', 'gpt-40'],
    ['openai', 'gpt-4omni'],
    ['openai', 'gpt-5.60'],
    ['openai', 'o1-ultra'],
    ['openai', 'o11'],
    ['azure', 'o4-mini-ultra'],
    ['x-ai', 'grok-3-nano'],
    ['mistral', 'mistral-large-9'],
    ['', 'claude-opus-4-9'],
    ['', 'openai/gpt-5-turbo'],
    ['openrouter', 'openai/gpt-5-turbo'],
  ])('has none where nobody knows it: %s %s', (provider, model) => {
    expect(find(provider, model)).toBeNull();
    const cost = priceCall({ provider, model, tokens: tokenUsage(1_000, 10), atMs: NOW_MS }, book);
    expect([cost.costNanoUsd, cost.unpriced]).toEqual([null, 'no_price']);
  });

  // An open rule of the data, or a revision that is cut off, would take in another version or mode of the model.
  it.each([
    ['anthropic', 'claude-sonnet-5-1', 'anthropic/claude-sonnet-5'],
    ['anthropic', 'claude-2.5', 'anthropic/claude-2'],
    ['anthropic', 'claude-sonnet-5:batch', 'anthropic/claude-sonnet-5'],
    ['anthropic', 'claude-opus-4-6-fast', 'anthropic/claude-opus-4-6'],
    ['aws', 'amazon.titan-embed-text-v2:0', 'aws/amazon.titan-embed-text-v1'],
    ['aws', 'amazon.nova-pro-v2:0', 'aws/amazon.nova-pro-v1:0'],
    ['aws', 'amazon.nova-lite-v1:0-pro', 'aws/amazon.nova-lite-v1:0'],
    ['openrouter', 'deepseek/deepseek-chat-v9', 'openrouter/deepseek/deepseek-chat'],
    ['openai', 'gpt-5-nano-pro', 'openai/gpt-5-nano'],
    ['google', 'gemini-3-flash-preview-tts', 'google/gemini-3-flash-preview'],
    ['google', 'gemini-3.5-flash-8b', 'google/gemini-3.5-flash'],
    ['mistral', 'magistral-small-pro', 'mistral/magistral-small'],
    ['openrouter', 'google/gemma-3-270m-it', 'google/gemma-3, which Google alone gives away'],
    ['openrouter', 'google/gemma-3-27b-it:nitro', 'google/gemma-3, which Google alone gives away'],
    ['openai-compatible', 'gpt-5', 'openai/gpt-5: a server that speaks as OpenAI does'],
    ['local-openai-server', 'gpt-5', 'openai/gpt-5: a server that speaks as OpenAI does'],
  ])('has none where nobody knows it: %s %s, which is not %s', (provider, model) => {
    expect(find(provider, model)).toBeNull();
  });

  it('is suggested and not used', () => {
    expect(book.suggest('anthropic', 'claude-opus-4-9')).toContain('anthropic claude-opus-4-5');
    expect(book.suggest('openai', 'gpt-5-turbo').length).toBeLessThanOrEqual(3);
  });
});

describe('a model that the data does not have', () => {
  const lines = text.trimEnd().split('\n');
  const header = JSON.parse(lines[0] ?? '') as BundledHeader;

  /** The prices of one provider alone, without one of its models. */
  function bookWithout(position: number, models: readonly BundledModel[], missing: BundledModel): BundledBook {
    const { fallback_providers: _, ...provider } = header.providers[position] ?? expect.fail('no such provider');
    const rest = { provider: provider.id, models: models.filter((model) => model !== missing) };
    return bundledBook([{ ...header, providers: [provider] }, rest].map((line) => JSON.stringify(line)).join('\n'));
  }

  const figures = (price: Price | null): string =>
    JSON.stringify([price?.prices, price?.longContext], (_, value) => (typeof value === 'bigint' ? `${value}` : value));

  // Each model in turn is taken out, as if it were new: no other model's rule or name may take its calls in.
  it('does not get the price of another, but for releases that are told apart by a date alone', () => {
    const wrong: string[] = [];
    let asked = 0;
    for (const [position, line] of lines.slice(1).entries()) {
      const { provider, models } = JSON.parse(line) as { provider: string; models: BundledModel[] };
      for (const missing of models) {
        const others = bookWithout(position, models, missing);
        for (const name of [missing.id, ...(missing.aliases ?? [])]) {
          asked++;
          const found = others.find(provider, name, NOW_MS);
          if (found === null || figures(found) === figures(book.find(provider, name, NOW_MS))) continue;
          wrong.push(`${provider} ${name}: ${found.model}`);
        }
      }
    }
    expect(asked).toBeGreaterThan(2_500);
    expect(wrong.sort()).toEqual([
      'mistral ministral-8b-latest: ministral-8b',
      'mistral mistral-medium-latest: mistral-medium-3-1',
      'openai gpt-4o-2024-05-13: gpt-4o',
      'openrouter openai/gpt-4o-2024-05-13: openai/gpt-4o',
      'openrouter qwen/qwen-plus-2025-07-28: qwen/qwen-plus',
    ]);
  });
});

describe('one model under many names', () => {
  it.each([
    ['openai', 'gpt-4o-20240513', 'openai/gpt-4o-2024-05-13'],
    ['openai', 'gpt-4o-2024-05-13', 'openai/gpt-4o-2024-05-13'],
    ['openai', 'gpt-4o-2024-08-06', 'openai/gpt-4o'],
    ['openai', ' GPT-4o ', 'openai/gpt-4o'],
    ['OpenAI', 'gpt-4o', 'openai/gpt-4o'],
    ['openai', 'openai/gpt-4o', 'openai/gpt-4o'],
    ['', 'gpt-4o', 'openai/gpt-4o'],
    ['', 'openai/gpt-4o', 'openai/gpt-4o'],
    ['anthropic', 'claude-sonnet-4', 'anthropic/claude-sonnet-4-0'],
    ['anthropic', 'claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-0'],
    ['anthropic', 'claude-sonnet-4-20250514-v1:0', 'anthropic/claude-sonnet-4-0'],
    ['anthropic', 'claude-sonnet-4@20250514', 'anthropic/claude-sonnet-4-0'],
    ['anthropic', 'anthropic/claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-0'],
    ['', 'anthropic/claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-0'],
    ['google', 'gemini-2.5-pro-preview-05-06', 'google/gemini-2.5-pro'],
    ['openai', 'ft:gpt-4o-2024-08-06:acme::abc', 'openai/ft:gpt-4o'],
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme', 'openai/ft:gpt-4o-mini'],
  ])('%s %s is %s', (provider, model, pricingId) => {
    expect(find(provider, model)).toBe(pricingId);
  });

  it.each([
    ['bedrock', 'us.anthropic.claude-sonnet-4-20250514-v1:0', 'aws/regional.anthropic.claude-sonnet-4-20250514-v1:0'],
    [
      'amazon-bedrock',
      'global.anthropic.claude-sonnet-4-20250514-v1:0',
      'aws/global.anthropic.claude-sonnet-4-20250514-v1:0',
    ],
    ['vertex', 'claude-sonnet-4@20250514', 'google/claude-4-sonnet'],
    ['vertex_ai', 'gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['gemini', 'gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['azure_openai', 'gpt-4o', 'openai/gpt-4o'],
    ['azure', 'gpt-4o-mini', 'openai/gpt-4o-mini'],
    ['xai', 'grok-3', 'x-ai/grok-3'],
    ['xai.chat', 'grok-3', 'x-ai/grok-3'],
    ['google.vertex.chat', 'gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['google.generative-ai', 'gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['openai.responses', 'gpt-5', 'openai/gpt-5'],
    ['', 'openrouter/anthropic/claude-sonnet-4.5', 'openrouter/anthropic/claude-sonnet-4.5'],
    ['', 'vertex_ai/claude-sonnet-4-5@20250929', 'google/claude-sonnet-4-5'],
    ['', 'bedrock/anthropic.claude-3-haiku-20240307-v1:0', 'aws/regional.anthropic.claude-3-haiku-20240307-v1:0'],
    ['', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ])('%s %s, by a usual name of its provider, is %s', (provider, model, pricingId) => {
    expect(find(provider, model)).toBe(pricingId);
  });

  it.each([
    ['openrouter', 'anthropic/claude-sonnet-4', 'openrouter/anthropic/claude-sonnet-4'],
    ['openrouter', 'openrouter/anthropic/claude-sonnet-4', 'openrouter/anthropic/claude-sonnet-4'],
    ['', 'openrouter/anthropic/claude-sonnet-4', 'openrouter/anthropic/claude-sonnet-4'],
    ['litellm', 'openrouter/anthropic/claude-sonnet-4', 'openrouter/anthropic/claude-sonnet-4'],
    ['litellm', 'anthropic/claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-0'],
    ['vercel', 'openai/gpt-4o', 'openai/gpt-4o'],
  ])('behind a gateway %s %s is %s', (provider, model, pricingId) => {
    expect(find(provider, model)).toBe(pricingId);
  });

  it('that one provider has is not lent to another with prices of its own', () => {
    expect(find('groq', 'openai/gpt-4o')).toBeNull();
    expect(find('fireworks', 'anthropic/claude-sonnet-4')).toBeNull();
    expect(find('x-ai', 'gpt-4o')).toBeNull();
  });

  it.each(['__proto__', 'constructor', 'toString', '/', '//', ' ', '\u0000', 'ft:', 'a/b/c/d', '('.repeat(1_000)])(
    '%j is a name like any other, and nobody has it',
    (name) => {
      for (const provider of ['', 'openai', 'openrouter', name]) expect(find(provider, name)).toBeNull();
    },
  );
});
