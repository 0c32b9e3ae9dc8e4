import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TOKENS_PER_CALL, readTokenUsage } from './token-usage.js';

const tokensOf = (usage: unknown) => readTokenUsage(usage).tokens;

/** Usage objects as real servers sent them. */
const recorded = [
  {
    api: 'OpenAI chat',
    usage: {
      prompt_tokens: 1203,
      completion_tokens: 441,
      total_tokens: 1644,
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 384, audio_tokens: 0 },
    },
    tokens: [1203, 441, 1024, 0, 384],
  },
  {
    api: 'OpenAI responses',
    usage: {
      input_tokens: 328,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 52,
      output_tokens_details: { reasoning_tokens: 20 },
      total_tokens: 380,
    },
    tokens: [328, 52, 0, 0, 20],
  },
  {
    api: 'Anthropic, whose input_tokens leave out the cache',
    usage: {
      input_tokens: 3,
      cache_creation_input_tokens: 1200,
      cache_read_input_tokens: 800,
      output_tokens: 91,
      service_tier: 'standard',
    },
    tokens: [2003, 91, 800, 1200, 0],
  },
  {
    api: 'Google, whose thoughts stand beside the candidates',
    usage: {
      promptTokenCount: 100,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 300,
      toolUsePromptTokenCount: 40,
      cachedContentTokenCount: 64,
      totalTokenCount: 460,
    },
    tokens: [140, 320, 64, 0, 300],
  },
  {
    api: 'Bedrock converse',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 115, cacheReadInputTokens: 100, cacheWriteInputTokens: 0 },
    tokens: [110, 5, 100, 0, 0],
  },
  {
    api: 'AI SDK 4',
    usage: { promptTokens: 7, completionTokens: 3, totalTokens: 10 },
    tokens: [7, 3, 0, 0, 0],
  },
  {
    api: 'AI SDK 5',
    usage: { inputTokens: 90, outputTokens: 30, totalTokens: 120, reasoningTokens: 10, cachedInputTokens: 64 },
    tokens: [90, 30, 64, 0, 10],
  },
  {
    api: 'AI SDK provider interface',
    usage: {
      inputTokens: { total: 90, noCache: 16, cacheRead: 64, cacheWrite: 10 },
      outputTokens: { total: 30, text: 20, reasoning: 10 },
    },
    tokens: [90, 30, 64, 10, 10],
  },
  {
    api: 'Cohere, what was processed rather than what is billed',
    usage: { billed_units: { input_tokens: 9, output_tokens: 6 }, tokens: { input_tokens: 504, output_tokens: 10 } },
    tokens: [504, 10, 0, 0, 0],
    parts: { billed: { promptTokens: 9, completionTokens: 6 } },
  },
  {
    api: 'DeepSeek',
    usage: { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
    tokens: [100, 5, 64, 0, 0],
  },
  {
    api: 'an embedding, which completes nothing',
    usage: { prompt_tokens: 812, total_tokens: 812 },
    tokens: [812, 0, 0, 0, 0],
  },
  {
    api: 'OpenRouter, the same tokens read from and written to the cache',
    usage: {
      prompt_tokens: 2168,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 2161, cache_write_tokens: 2161 },
    },
    tokens: [2168, 100, 2161, 2161, 0],
  },
  {
    api: 'xAI, whose completion never includes the reasoning',
    usage: {
      prompt_tokens: 32,
      completion_tokens: 900,
      total_tokens: 1032,
      completion_tokens_details: { reasoning_tokens: 100 },
    },
    tokens: [32, 1000, 0, 0, 100],
  },
  {
    api: "Google's interactions, whose thoughts and tools stand beside",
    usage: {
      total_input_tokens: 9,
      total_output_tokens: 779,
      total_thought_tokens: 912,
      total_cached_tokens: 4,
      total_tool_use_tokens: 20,
      total_tokens: 1720,
    },
    tokens: [29, 1691, 4, 0, 912],
  },
  {
    api: "Google in OpenAI's dialect, whose thoughts stand in the total alone",
    usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 103 },
    tokens: [9, 94, 0, 0, 93],
  },
  {
    api: 'the same behind a gateway that adds zeros',
    usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 103, cache_read_input_tokens: 0, cost: 0 },
    tokens: [9, 94, 0, 0, 93],
  },
  {
    api: 'a server whose total says that the cached tokens stand beside the prompt',
    usage: {
      prompt_tokens: 100,
      completion_tokens: 10,
      total_tokens: 160,
      prompt_tokens_details: { cached_tokens: 50 },
    },
    tokens: [150, 10, 50, 0, 0],
  },
  {
    api: 'xAI, where it read as many tokens from its cache as it reasoned',
    usage: {
      prompt_tokens: 100,
      completion_tokens: 100,
      total_tokens: 264,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 64 },
    },
    tokens: [100, 164, 64, 0, 64],
  },
  {
    api: 'Mistral, whose total also holds what its connectors read',
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 300, connector_tokens: 190 },
    tokens: [100, 10, 0, 0, 0],
  },
  {
    api: 'reasoning counted beside the completion',
    usage: { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 200 } },
    tokens: [10, 205, 0, 0, 200],
  },
  {
    api: 'Ollama',
    usage: { prompt_eval_count: 26, eval_count: 298, total_duration: 5043500667, prompt_eval_duration: 325953000 },
    tokens: [26, 298, 0, 0, 0],
  },
  {
    api: 'Mistral',
    usage: { prompt_tokens: 273, completion_tokens: 104, total_tokens: 377, num_cached_tokens: 32 },
    tokens: [273, 104, 32, 0, 0],
  },
  {
    api: 'Moonshot, which names its cache hits twice',
    usage: { prompt_tokens: 19, completion_tokens: 13, cached_tokens: 8, prompt_tokens_details: { cached_tokens: 8 } },
    tokens: [19, 13, 8, 0, 0],
  },
  {
    api: 'xAI, which names its cached text and its reasoning at the top',
    usage: { prompt_tokens: 40, completion_tokens: 9, reasoning_tokens: 7, cached_prompt_text_tokens: 32 },
    tokens: [40, 9, 32, 0, 7],
  },
  {
    api: 'Cohere embeddings, for which only billed units are told',
    usage: { api_version: { version: '2' }, billed_units: { input_tokens: 4, image_tokens: 0 } },
    tokens: [4, 0, 0, 0, 0],
  },
  {
    api: 'Google embeddings',
    usage: { promptTokenCount: 6, promptTokenDetails: [{ modality: 'TEXT', tokenCount: 6 }] },
    tokens: [6, 0, 0, 0, 0],
  },
  {
    api: "Google's Python SDK",
    usage: {
      prompt_token_count: 100,
      candidates_token_count: 20,
      thoughts_token_count: 300,
      tool_use_prompt_token_count: 40,
      cached_content_token_count: 64,
      cache_tokens_details: null,
      total_token_count: 460,
    },
    tokens: [140, 320, 64, 0, 300],
  },
] as const;

describe('token usage', () => {
  it.each(recorded)('is read as $api gives it', ({ usage, tokens, ...rest }) => {
    const [promptTokens, completionTokens, cachedPromptTokens, cacheWriteTokens, reasoningTokens] = tokens;
    expect(tokensOf(usage)).toEqual({
      promptTokens,
      completionTokens,
      cachedPromptTokens,
      cacheWriteTokens,
      reasoningTokens,
      ...('parts' in rest && rest.parts),
    });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', '812 tokens'],
    ['a list', [812, 166]],
    ['an empty object', {}],
    ['negative tokens', { prompt_tokens: -1, completion_tokens: 2 }],
    ['fractional tokens', { prompt_tokens: 1.5, completion_tokens: 2 }],
    ['tokens as text', { prompt_tokens: '812', completion_tokens: 2 }],
    ['tokens as an object', { prompt_tokens: {}, completion_tokens: 2 }],
    ['more tokens than any model takes', { prompt_tokens: MAX_TOKENS_PER_CALL + 1 }],
    ['not a number', { prompt_tokens: Number.NaN }],
    ['a rerank, which has searches and no tokens', { billed_units: { search_units: 1 } }],
    ['a time', { type: 'duration', seconds: 3 }],
  ])('that is %s is missing, not zero', (_, usage) => {
    expect(tokensOf(usage)).toBeNull();
  });

  it('keeps the cost and the service tier that the provider reports', () => {
    expect(readTokenUsage({ prompt_tokens: 812, completion_tokens: 166, cost: 0.00131, service_tier: 'flex' })).toEqual(
      {
        tokens: {
          promptTokens: 812,
          completionTokens: 166,
          cachedPromptTokens: 0,
          cacheWriteTokens: 0,
          reasoningTokens: 0,
        },
        reportedCostNanoUsd: 1_310_000n,
        serviceTier: 'flex',
        inferenceGeo: null,
      },
    );
    expect(readTokenUsage({ cost: 0.5 })).toMatchObject({ tokens: null, reportedCostNanoUsd: 500_000_000n });
    expect(readTokenUsage({ prompt_tokens: 1, cost: -1 }).reportedCostNanoUsd).toBeNull();
    expect(readTokenUsage({ prompt_tokens: 1, cost: 1e30 }).reportedCostNanoUsd).toBeNull();
    expect(readTokenUsage({ prompt_tokens: 1, cost: 'free' }).reportedCostNanoUsd).toBeNull();
  });

  it('never throws, and never gives a part that is no whole number', () => {
    const keys = [
      'prompt_tokens',
      'completion_tokens',
      'input_tokens',
      'inputTokens',
      'promptTokenCount',
      'tokens',
      'cost',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.anything()), (usage) => {
        const { tokens } = readTokenUsage(usage);
        for (const value of Object.values(tokens ?? {})) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }),
    );
  });
});
