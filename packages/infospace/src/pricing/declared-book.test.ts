import { noTokens } from '@budget/core';
import { describe, expect, it } from 'vitest';
import type { DeclaredModel } from '../documents/settings-values.js';
import { bundledPrices } from './bundled-prices.js';
import { declaredBook } from './declared-book.js';
import { layeredBook } from './price-book.js';
import { priceCall } from './price-call.js';
import { priceWarnings } from './price-warnings.js';
import { rateBook } from './rate-book.js';
import { tablePrice } from './table-price.js';

const now = Date.parse('2026-10-01');
const bundled = await bundledPrices();
const own = rateBook(
  [tablePrice({ model: 'gpt-4o', source: 'workspace-rates', input: 1n, output: 1n, capturedAt: '2026-09-01' })],
  bundled.providerOfName,
);
const tables = layeredBook([own, bundled]);
const declared = (more: Partial<DeclaredModel>) =>
  declaredBook(
    [
      {
        ...{ provider: 'openai', model: 'o3', free: false, pricingId: null, priceVersion: null, maxOutputTokens: null },
        ...more,
      },
    ],
    tables,
    bundled.providerOfName,
  );

describe('a model that budget.yaml declares', () => {
  it('free costs nothing, and that is known', () => {
    const price = declared({ free: true }).find('OpenAI', 'O3', now);
    expect(price).toMatchObject({ source: 'settings', priceVersion: 'settings', prices: { input: 0n, output: 0n } });
  });

  it('free at one provider is not free at another', () => {
    expect(declared({ free: true }).find('azure', 'o3', now)?.source).not.toBe('settings');
  });

  it('is the one that a response names with a date', () => {
    const before = 'genai-prices-0.1.8:openai/o3';
    expect(declared({ priceVersion: before }).find('openai', 'o3-2025-04-16', now)?.priceVersion).toBe(before);
  });

  it('is known by every name of its provider', () => {
    const book = declared({ provider: 'bedrock', model: 'us.amazon.nova-lite-v1:0', free: true });
    expect(book.find('aws', 'us.amazon.nova-lite-v1:0', now)?.source).toBe('settings');
    expect(book.findVersion('settings', 'aws', 'us.amazon.nova-lite-v1:0')?.prices.input).toBe(0n);
  });

  it('with a price_version keeps that version at any time', () => {
    const before = 'genai-prices-0.1.8:openai/o3';
    expect(declared({ priceVersion: before }).find('openai', 'o3', now)).toMatchObject({
      priceVersion: before,
      prices: { input: 10_000_000_000_000n },
    });
    expect(tables.find('openai', 'o3', now)?.prices.input).toBe(2_000_000_000_000n);
  });

  it('with a price_version of the workspace takes the row of its model', () => {
    const pinned = declared({ model: 'gpt-4o', priceVersion: 'workspace-rates@2026-09-01' });
    expect(pinned.find('openai', 'gpt-4o', now)).toMatchObject({ model: 'gpt-4o', source: 'workspace-rates' });
  });

  it('with a price_version that is not known has no price: another would be a guess', () => {
    const book = declared({ priceVersion: 'genai-prices-0.0.1:openai/o3' });
    expect(book.find('openai', 'o3', now)).toBeNull();
    expect(book.pinOf?.('openai', 'o3')).toBe('genai-prices-0.0.1:openai/o3');
  });

  it.each([['gpt-5'], ['openai/gpt-5']])('with the pricing_id %s has the price of that model', (pricingId) => {
    expect(declared({ pricingId }).find('openai', 'o3', now)?.pricingId).toBe('openai/gpt-5');
  });

  it('with a pricing_id that has no price is told by that, as its own name may have one', () => {
    const book = declared({ pricingId: 'openai/gpt-5-mni' });
    const call = { provider: 'openai', model: 'o3', tokens: noTokens, serviceTier: null, reported: null };
    const cost = priceCall({ ...call, atMs: now }, book);
    expect(priceWarnings({ ...call, lacksUsage: false }, cost, book, now).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^openai o3: no price is known of openai\/gpt-5-mni, its pricing_id in budget\.yaml; /),
    ]);
  });

  it('with a pricing_id of another provider has that price', () => {
    const book = declared({ provider: 'my-proxy', model: 'fast', pricingId: 'anthropic/claude-haiku-4-5' });
    expect(book.find('my-proxy', 'fast', now)?.pricingId).toBe('anthropic/claude-haiku-4-5');
  });
});
