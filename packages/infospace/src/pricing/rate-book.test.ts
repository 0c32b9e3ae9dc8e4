import { describe, expect, it } from 'vitest';
import type { PriceSource } from './price.js';
import { layeredBook } from './price-book.js';
import { rateBook } from './rate-book.js';
import { tablePrice } from './table-price.js';

const book = (source: PriceSource, ...models: string[]) =>
  rateBook(
    models.map((model) => tablePrice({ model, source, input: 1n, output: 1n })),
    (name) => (name === 'bedrock' ? 'aws' : null),
  );

const find = (table: readonly string[], provider: string, model: string): string | null =>
  book('workspace-rates', ...table).find(provider, model, 0)?.model ?? null;

describe('the price of a model', () => {
  it.each([
    ['openai', 'gpt-5-2025-08-07', 'gpt-5'],
    ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
    ['anthropic', 'claude-sonnet-4-20250514', 'claude-sonnet-4'],
    ['google', 'claude-sonnet-4@20250514', 'claude-sonnet-4'],
    ['openrouter', 'openrouter/GPT-5-2025-08-07', 'gpt-5'],
    ['openrouter', 'openai/gpt-5', 'gpt-5'],
    ['', 'openai/gpt-5', 'gpt-5'],
    ['anthropic', 'claude-haiku-20250514', 'anthropic/claude-haiku'],
  ])('of %s, %s stands under the name without the date', (provider, model, expected) => {
    expect(find(['gpt-5', 'gpt-4o', 'claude-sonnet-4', 'anthropic/claude-haiku'], provider, model)).toBe(expected);
  });

  it('stands under any name of its provider', () => {
    expect(find(['bedrock/nova'], 'aws', 'nova')).toBe('bedrock/nova');
    expect(find(['aws/nova'], 'bedrock', 'nova')).toBe('aws/nova');
    expect(find(['bedrock/nova'], 'openai', 'nova')).toBeNull();
  });

  it('stands under the whole name first', () => {
    expect(find(['gpt-5', 'gpt-5-2025-08-07'], 'openai', 'gpt-5-2025-08-07')).toBe('gpt-5-2025-08-07');
    expect(find(['openai/gpt-5', 'gpt-5-2025-08-07'], 'openai', 'gpt-5-2025-08-07')).toBe('gpt-5-2025-08-07');
  });

  it("is the workspace's, also where only the package names the date", () => {
    const books = layeredBook([book('workspace-rates', 'gpt-5'), book('genai-prices', 'gpt-5-2025-08-07')]);
    expect(books.find('openai', 'gpt-5-2025-08-07', 0)?.source).toBe('workspace-rates');
  });

  it.each([
    ['o1-mini', 'o1'],
    ['grok-3-mini', 'grok-3'],
    ['claude-opus-4-5', 'claude-opus-4'],
    ['gpt-4o-mini', 'gpt-4o'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o'],
    ['claude-opus-4-5-20251101', 'claude-opus-4'],
    ['gpt-5', 'gpt-5-2025-08-07'],
    ['model-12345678', 'model'],
    ['model-2025-0807', 'model'],
    ['gpt-5-2025-08-07-preview', 'gpt-5'],
  ])('%s is not %s', (model, other) => {
    expect(find([other], 'openai', model)).toBeNull();
  });
});
