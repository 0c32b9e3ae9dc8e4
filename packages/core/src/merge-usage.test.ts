import { describe, expect, it } from 'vitest';
import { mergeUsage } from './merge-usage.js';

describe('two reports of one usage', () => {
  it('are never summed: the larger number stays, at every depth', () => {
    const first = { prompt_tokens: 10, completion_tokens: 3, details: { cached: 8, audio: 0 } };
    const second = { prompt_tokens: 0, completion_tokens: 7, details: { cached: 0, audio: 2 } };
    const merged = { prompt_tokens: 10, completion_tokens: 7, details: { cached: 8, audio: 2 } };
    expect(mergeUsage(first, second)).toEqual(merged);
    expect(mergeUsage(mergeUsage(first, second), second)).toEqual(merged);
    expect(mergeUsage(null, first)).toBe(first);
  });

  it('leave the later text and list, and never a null over a value', () => {
    const first = { service_tier: 'auto', iterations: [1], cost: 0.5, speed: null };
    expect(mergeUsage(first, { service_tier: 'default', iterations: [2], cost: null, speed: 'fast' })).toEqual({
      service_tier: 'default',
      iterations: [2],
      cost: 0.5,
      speed: 'fast',
    });
  });

  it('count the cache once where only the end of the stream knew of it', () => {
    const start = { input_tokens: 3000, cache_read_input_tokens: 0, output_tokens: 1 };
    const end = { input_tokens: 10, cache_read_input_tokens: 2990, output_tokens: 50 };
    expect(mergeUsage(start, end)).toEqual(end);
    // All zero tells nothing: some servers fill the end with zeros.
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 50 };
    expect(mergeUsage(start, zeros)).toEqual({ ...start, output_tokens: 50 });
  });

  it('may be hostile', () => {
    const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    expect(() => mergeUsage(nested(5000), nested(5000))).not.toThrow();
    const merged = mergeUsage({}, JSON.parse('{"__proto__":{"input_tokens":5},"constructor":null}'));
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(merged).toEqual({ constructor: null });
  });
});
