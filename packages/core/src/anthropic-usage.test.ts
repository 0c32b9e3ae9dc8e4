import { describe, expect, it } from 'vitest';
import { readTokenUsage } from './token-usage.js';

const tokensOf = (usage: unknown) => readTokenUsage(usage).tokens;

describe('cache writes', () => {
  it('that last an hour are told apart from the others', () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 5,
    };
    const expected = { promptTokens: 310, cacheWriteTokens: 300, details: { cacheWrite1hTokens: 200 } };
    expect(tokensOf(usage)).toMatchObject(expected);
    expect(tokensOf({ ...usage, cache_creation_input_tokens: undefined })).toMatchObject(expected);
  });

  it('are read from Bedrock under either name, with the time they last', () => {
    const cacheDetails = [
      { inputTokens: 40, ttl: '5m' },
      { inputTokens: 60, ttl: '1h' },
    ];
    const expected = { promptTokens: 123, cachedPromptTokens: 20, details: { cacheWrite1hTokens: 60 } };
    const counts = { inputTokens: 3, outputTokens: 5 };
    const writes = [{ cacheWriteInputTokens: 100 }, { cacheWriteInputTokenCount: 100 }, {}];
    for (const write of writes) {
      expect(tokensOf({ ...counts, cacheReadInputTokenCount: 20, ...write, cacheDetails })).toMatchObject(expected);
      expect(tokensOf({ ...counts, cacheReadInputTokens: 20, ...write, cacheDetails })).toMatchObject(expected);
    }
  });

  it('are counted once, inside the prompt, where a gateway tells them in both dialects', () => {
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 700 },
      cache_read_input_tokens: 700,
      cache_creation_input_tokens: 200,
    };
    expect(tokensOf(usage)).toMatchObject({ promptTokens: 1000, cachedPromptTokens: 700, cacheWriteTokens: 200 });
  });
});

describe('a compaction', () => {
  const pass = { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 30, cache_creation_input_tokens: 0 };

  it('is added to the numbers at the top, which leave it out', () => {
    const compaction = {
      ...pass,
      type: 'compaction',
      cache_creation: { ephemeral_1h_input_tokens: 40, ephemeral_5m_input_tokens: 0 },
      cache_creation_input_tokens: 40,
    };
    expect(tokensOf({ ...pass, iterations: [compaction, { ...pass, type: 'message' }] })).toMatchObject({
      promptTokens: 130 + 170,
      completionTokens: 40,
      cachedPromptTokens: 60,
      cacheWriteTokens: 40,
      reasoningTokens: 0,
      details: { cacheWrite1hTokens: 40 },
    });
  });

  it('is the only iteration that is added', () => {
    const once = tokensOf(pass);
    for (const iterations of [
      [{ ...pass, type: 'message' }],
      [{ ...pass, type: 'fallback_message', model: 'claude-opus-5' }],
      [null, 7],
      'none',
      null,
    ]) {
      expect(tokensOf({ ...pass, iterations })).toEqual(once);
    }
  });
});

describe('a fallback', () => {
  const answer = { input_tokens: 1000, output_tokens: 100 };
  const declined = { type: 'message', model: 'claude-fable-5', input_tokens: 1000, output_tokens: 3000 };
  const answered = { ...answer, type: 'fallback_message', model: 'claude-opus-4-8' };
  const othersOf = (...iterations: unknown[]) => tokensOf({ ...answer, iterations })?.details?.otherModelTokens;

  it('is charged for what was written before it by the model that declined, at a price of its own', () => {
    expect(tokensOf({ ...answer, iterations: [declined, answered] })).toMatchObject({
      promptTokens: 1000,
      completionTokens: 100,
      details: { otherModelTokens: 4000 },
    });
    expect(othersOf(declined, { ...answered, model: 'claude-opus-5' }, answered)).toBe(5100);
  });

  it('costs nothing more where a model declined at once, or the same one answers in several passes', () => {
    expect(othersOf({ ...declined, output_tokens: 0 }, answered)).toBeUndefined();
    expect(othersOf({ ...declined, output_tokens: 0 }, answered, answered)).toBeUndefined();
    expect(othersOf(declined, declined)).toBeUndefined();
  });
});
