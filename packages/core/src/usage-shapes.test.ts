import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTokenUsage } from './token-usage.js';

const tokensOf = (usage: unknown) => readTokenUsage(usage).tokens;
const noDetails = {
  cacheWrite1hTokens: 0,
  audioPromptTokens: 0,
  cachedAudioTokens: 0,
  audioCompletionTokens: 0,
  imagePromptTokens: 0,
  cachedImageTokens: 0,
  imageCompletionTokens: 0,
  videoPromptTokens: 0,
  videoCompletionTokens: 0,
  citationTokens: 0,
  webSearches: 0,
};

it("Llama's own counts by Bedrock are not Google's, though one name is the same", () => {
  const body = { generation: 'x', prompt_token_count: 100, generation_token_count: 10, stop_reason: 'stop' };
  expect(tokensOf(body)).toMatchObject({ promptTokens: 100, completionTokens: 10 });
});

describe("Google's modalities", () => {
  it('are summed over the prompt and its tools, pages counting as images', () => {
    const usage = {
      promptTokenCount: 1000,
      toolUsePromptTokenCount: 100,
      candidatesTokenCount: 50,
      cachedContentTokenCount: 400,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 100 },
        { modality: 'IMAGE', tokenCount: 258 },
        { modality: 'DOCUMENT', tokenCount: 258 },
        { modality: 'AUDIO', tokenCount: 84 },
        { modality: 'VIDEO', tokenCount: 300 },
        { modality: 'VIDEO' },
      ],
      toolUsePromptTokensDetails: [{ modality: 'IMAGE', tokenCount: 100 }],
      cacheTokensDetails: [
        { modality: 'DOCUMENT', tokenCount: 258 },
        { modality: 'AUDIO', tokenCount: 42 },
      ],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 40 }],
    };
    expect(tokensOf(usage)).toMatchObject({
      promptTokens: 1100,
      details: {
        ...noDetails,
        imagePromptTokens: 616,
        audioPromptTokens: 84,
        videoPromptTokens: 300,
        cachedImageTokens: 258,
        cachedAudioTokens: 42,
        imageCompletionTokens: 40,
      },
    });
  });

  it('of the live API stand under its names, those of the Python SDK in snake_case', () => {
    const live = { promptTokenCount: 9, responseTokenCount: 30 };
    const spoken = [{ modality: 'AUDIO', tokenCount: 30 }];
    const expected = { completionTokens: 30, details: { audioCompletionTokens: 30 } };
    expect(tokensOf({ ...live, responseTokensDetails: spoken })).toMatchObject(expected);
    expect(
      tokensOf({
        prompt_token_count: 9,
        candidates_token_count: 30,
        candidates_tokens_details: [{ modality: 'AUDIO', token_count: 30 }],
      }),
    ).toMatchObject(expected);
  });

  it('beyond their whole are cut down to it, and nonsense among them costs no usage', () => {
    const details = [
      { modality: 'AUDIO', tokenCount: 8 },
      { modality: 'IMAGE', tokenCount: 8 },
      { modality: 'VIDEO', tokenCount: -1 },
      { modality: 'VIDEO', tokenCount: 'many' },
      null,
    ];
    const usage = { promptTokenCount: 10, candidatesTokenCount: 1, promptTokensDetails: details };
    expect(tokensOf(usage)).toMatchObject({
      promptTokens: 10,
      details: { audioPromptTokens: 8, imagePromptTokens: 2, videoPromptTokens: 0 },
    });
    expect(tokensOf({ ...usage, promptTokensDetails: 'none' })).not.toHaveProperty('details');
  });
});

describe("OpenAI's parts", () => {
  it('of realtime stand in details named in the singular, cached audio inside the audio', () => {
    const usage = {
      input_tokens: 200,
      output_tokens: 90,
      input_token_details: {
        text_tokens: 80,
        audio_tokens: 100,
        image_tokens: 20,
        cached_tokens: 64,
        cached_tokens_details: { text_tokens: 4, audio_tokens: 50, image_tokens: 10 },
      },
      output_token_details: { text_tokens: 20, audio_tokens: 70 },
    };
    expect(tokensOf(usage)).toMatchObject({
      promptTokens: 200,
      completionTokens: 90,
      cachedPromptTokens: 64,
      details: {
        ...noDetails,
        audioPromptTokens: 100,
        cachedAudioTokens: 50,
        imagePromptTokens: 20,
        cachedImageTokens: 10,
        audioCompletionTokens: 70,
      },
    });
  });

  it('of responses and images are read alike', () => {
    const usage = {
      input_tokens: 50,
      input_tokens_details: { image_tokens: 40, text_tokens: 10, cache_write_tokens: 5 },
      output_tokens: 272,
      output_tokens_details: { image_tokens: 272, text_tokens: 0 },
    };
    expect(tokensOf(usage)).toMatchObject({
      cacheWriteTokens: 5,
      details: { ...noDetails, imagePromptTokens: 40, imageCompletionTokens: 272 },
    });
  });

  it('that are all zero are left out', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 5, prompt_tokens_details: { audio_tokens: 0 } };
    expect(tokensOf(usage)).not.toHaveProperty('details');
  });
});

describe('what a provider charges beside the answer', () => {
  it("is added to Perplexity's completion, which leaves out reasoning and citations", () => {
    const usage = {
      prompt_tokens: 33,
      completion_tokens: 7163,
      total_tokens: 7196,
      citation_tokens: 20016,
      num_search_queries: 18,
      reasoning_tokens: 73997,
    };
    expect(tokensOf(usage)).toMatchObject({
      promptTokens: 33,
      completionTokens: 7163 + 20016 + 73997,
      reasoningTokens: 73997,
      details: { ...noDetails, citationTokens: 20016, webSearches: 18 },
    });
  });

  it('is counted as searches by Anthropic and OpenRouter', () => {
    const anthropic = { input_tokens: 1, cache_read_input_tokens: 0, server_tool_use: { web_search_requests: 2 } };
    const openRouter = { prompt_tokens: 1, server_tool_use_details: { web_search_requests: 2 } };
    for (const usage of [anthropic, openRouter]) expect(tokensOf(usage)?.details?.webSearches).toBe(2);
  });

  it('is less than what was processed by Cohere, and left out where it is the same', () => {
    const tokens = { input_tokens: 504, output_tokens: 10 };
    const read = tokensOf({ tokens, billed_units: { input_tokens: 9, output_tokens: 6 }, cached_tokens: 448 });
    expect(read).toMatchObject({ promptTokens: 504, cachedPromptTokens: 448 });
    expect(read?.billed).toEqual({ promptTokens: 9, completionTokens: 6 });
    expect(tokensOf({ tokens, billed_units: tokens })).not.toHaveProperty('billed');
    expect(tokensOf({ tokens, billed_units: { input_tokens: 'nine' } })).not.toHaveProperty('billed');
    expect(tokensOf({ billed_units: tokens })).toMatchObject({ promptTokens: 504 });
    expect(tokensOf({ billed_units: tokens })).not.toHaveProperty('billed');
  });
});

it('a part is never larger than its whole, whatever a server sends', () => {
  const amount = fc.oneof(fc.nat(100), fc.anything());
  const media = fc.record({ audio_tokens: amount, image_tokens: amount, video_tokens: amount, cached_tokens: amount });
  const usages = fc.record({
    prompt_tokens: fc.nat(100),
    completion_tokens: fc.nat(100),
    prompt_tokens_details: media,
    completion_tokens_details: media,
    citation_tokens: amount,
  });
  fc.assert(
    fc.property(usages, (usage) => {
      const tokens = tokensOf(usage);
      if (tokens?.details === undefined) return;
      const { details } = tokens;
      for (const value of Object.values(details)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      const prompt = details.audioPromptTokens + details.imagePromptTokens + details.videoPromptTokens;
      expect(prompt).toBeLessThanOrEqual(tokens.promptTokens);
      const completion = details.audioCompletionTokens + details.imageCompletionTokens + details.videoCompletionTokens;
      expect(completion + details.citationTokens).toBeLessThanOrEqual(tokens.completionTokens);
    }),
  );
});

it("pictures of Google's interactions are told apart, whose modalities are in small letters", () => {
  const usage = {
    total_input_tokens: 9,
    total_output_tokens: 1120,
    output_tokens_by_modality: [{ modality: 'image', tokens: 1100 }],
  };
  expect(readTokenUsage(usage).tokens).toMatchObject({
    completionTokens: 1120,
    details: { imageCompletionTokens: 1100 },
  });
});
