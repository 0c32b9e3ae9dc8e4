import { extractUsage, findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { readResponse } from './read-response.js';
import { responseStream } from './response-stream.js';
import { isWithoutData, type RecordedResponse, recordedResponses } from './testing/recorded-responses.js';
import { apiOf, bodiesOf, expectedTokens, searchesIn, usageOf } from './testing/usage-oracle.js';
import type { TokenUsage } from './token-usage.js';

const read = ({ response }: RecordedResponse) => {
  if (typeof response !== 'string') return readResponse(response);
  const stream = responseStream();
  stream.push(response);
  return stream.end();
};

/** Ids of the responses for which `isWrong` holds: empty when all is well, and readable when it is not. */
const idsWhere = (isWrong: (record: RecordedResponse) => boolean) =>
  recordedResponses.filter(isWrong).map(({ id }) => id);

describe.skipIf(isWithoutData)('responses of real providers (needs BUDGET_TEST_DATA)', () => {
  it('all tell their usage, but for the one stream that broke off with an error', () => {
    expect(recordedResponses).toHaveLength(910);
    const failed = 'test_groq/test_tool_use_failed_error_streaming_with_text#0';
    expect(idsWhere((record) => read(record).usage.tokens === null)).toEqual([failed]);
    expect(idsWhere((record) => read(record).isPartial)).toEqual([failed]);
    expect(idsWhere((record) => read(record).error !== null)).toEqual([failed]);
  });

  it.each(['anthropic', 'google', 'bedrock', 'cohere', 'responses', 'chat'] as const)(
    'are read as the %s API documents them, each part of them',
    (api) => {
      const records = recordedResponses.filter((record) => apiOf(record) === api && usageOf(record) !== undefined);
      expect(records.length).toBeGreaterThan(10);
      for (const record of records) {
        const { details, ...expected } = expectedTokens(api, usageOf(record));
        const { details: readDetails, ...tokens } = read(record).usage.tokens as TokenUsage;
        const searches = searchesIn(record);
        const told = Object.entries({ ...details, ...searches }).filter(([, value]) => value > 0);
        expect({ id: record.id, ...tokens }).toEqual({ id: record.id, ...expected });
        const found = Object.entries(readDetails ?? {}).filter(([, value]) => value > 0);
        expect({ id: record.id, ...Object.fromEntries(found) }).toEqual({ id: record.id, ...Object.fromEntries(told) });
        expect(readDetails === undefined).toBe(told.length === 0);
      }
    },
  );

  it('name their id, their model and their usage as it was sent', () => {
    for (const record of recordedResponses) {
      const bodies = bodiesOf(record).flatMap((body) => [body, body.response, body.message].filter(Boolean));
      const { id, model, rawUsage } = read(record);
      const ids = bodies.map((body) => body.responseId ?? body.id).filter(Boolean);
      const models = bodies.map((body) => body.modelVersion ?? body.model).filter(Boolean);
      expect({ record: record.id, id, model }).toEqual({
        record: record.id,
        id: ids[0] ?? null,
        model: models.at(-1) ?? null,
      });
      if (typeof record.response !== 'string')
        expect(rawUsage).toBe(bodies[0].usage ?? bodies[0].usageMetadata ?? bodies[0].meta);
    }
  });

  it('say what they cost, in which tier and where, exactly where they do', () => {
    for (const record of recordedResponses) {
      const { usage } = read(record);
      const raw = usageOf(record);
      const cost = raw?.cost === undefined ? null : BigInt(Number(raw.cost).toFixed(9).replace('.', ''));
      const tiers = bodiesOf(record).map((body) => (body.response ?? body).service_tier);
      const traffic: Record<string, string> = { ON_DEMAND: 'standard', ON_DEMAND_FLEX: 'flex' };
      const tier =
        raw?.service_tier ?? raw?.serviceTier ?? traffic[raw?.trafficType] ?? tiers.findLast(Boolean) ?? null;
      const geo = ['global', 'us'].includes(raw?.inference_geo) ? raw.inference_geo : null;
      expect({ id: record.id, ...usage, tokens: null }).toEqual({
        id: record.id,
        tokens: null,
        reportedCostNanoUsd: cost,
        serviceTier: tier,
        inferenceGeo: geo,
      });
    }
  });

  it('are read the same from their text, cut in two anywhere', () => {
    const documents = recordedResponses.filter(({ response }) => typeof response !== 'string');
    for (const [index, { response }] of documents.entries()) {
      const bytes = new TextEncoder().encode(JSON.stringify(response, null, index % 2));
      for (const cut of [0, 1, 2, 17 + index, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const stream = responseStream();
        stream.push(bytes.subarray(0, cut));
        stream.push(bytes.subarray(cut));
        expect(stream.end()).toEqual(readResponse(response));
      }
      const cutOff = responseStream();
      cutOff.push(bytes.subarray(0, bytes.length - 1 - (index % bytes.length)));
      expect(cutOff.end()).toMatchObject({ isPartial: true, rawUsage: null });
    }
  });
});

const providers: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'google',
  'aiplatform.googleapis.com': 'google',
  'europe-west4-aiplatform.googleapis.com': 'google',
  'bedrock-runtime.us-east-1.amazonaws.com': 'aws',
  'bedrock-runtime.us-east-2.amazonaws.com': 'aws',
  'api.groq.com': 'groq',
  'openrouter.ai': 'openrouter',
  'api.mistral.ai': 'mistral',
  'api.cohere.com': 'cohere',
  'api.deepseek.com': 'deepseek',
};

/** Where we read something else than genai-prices 0.1.8, and why. */
const differences: Readonly<Record<string, readonly string[]>> = {
  'a compaction is charged beside the numbers at the top': ['test_anthropic/test_anthropic_compaction_end_to_end#0'],
  'num_cached_tokens is where this Mistral API tells its cache hits': [
    'direct-url-image-mistral]#1',
    'direct-url_force_download-document-mistral]#0',
    'direct-url_force_download-document-mistral]#2',
    'tool_return_content-url_force_download-audio-mistral]#0',
    'tool_return_content-url_force_download-document-mistral]#0',
    'tool_return_content-url_force_download-document-mistral]#2',
  ].map((name) => `test_multimodal_tool_returns/test_multimodal_tool_return_matrix[${name}`),
  "OpenRouter's video tokens are not read there": ['test_openrouter/test_openrouter_binary_content_video_public_api#0'],
  "OpenRouter's web searches are not read there": [
    'test_openrouter/test_openrouter_web_search_annotations#0',
    'test_openrouter/test_openrouter_web_search_tool_usage#0',
  ],
  'searches in an answer of the responses API are not counted there': [
    'test_openai_responses/test_openai_responses_model_builtin_tools_web_search#0',
    'test_openai_responses/test_openai_responses_model_web_search_tool_with_invalid_region#0',
    'test_thinking_native_tools/test_thinking_with_native_tool_wire_contract[openai-responses]#0',
  ],
  "queries that Google's models searched for are not counted there": [
    'test_google/test_google_image_generation_with_web_search#0',
    'test_structured_output/test_function_tools_with_builtin_tools#1',
    'test_structured_output/test_native_output_with_builtin_tools#0',
    'test_thinking_native_tools/test_thinking_with_native_tool_wire_contract[google]#0',
  ],
  'what Google puts into a cache has a total alone': ['test_cache/test_google_model_cached_content#0'],
};

describe.skipIf(isWithoutData)('genai-prices (needs BUDGET_TEST_DATA)', () => {
  const compared = recordedResponses.flatMap((record) => {
    const theirs = theirUsage(record, 'tokens');
    return theirs === null ? [] : [{ record, theirs, tokens: read(record).usage.tokens as TokenUsage }];
  });

  it('reads the same, but for the listed differences', () => {
    expect(compared.length).toBe(802);
    const differing = compared.filter(({ theirs, tokens }) =>
      Object.entries(ourUsage(tokens)).some(([key, value]) => value !== (theirs[key] ?? 0)),
    );
    expect(differing.map(({ record }) => record.id).toSorted()).toEqual(Object.values(differences).flat().toSorted());
  });

  it('reads what Cohere bills where it reads no tokens', () => {
    const chats = compared.filter(({ record }) => record.host === 'api.cohere.com' && !record.path.includes('embed'));
    expect(chats).toHaveLength(11);
    for (const { record, tokens } of chats) {
      const billed = tokens.billed ?? tokens;
      const { promptTokens, completionTokens } = billed;
      expect(theirUsage(record, 'default')).toEqual({ input_tokens: promptTokens, output_tokens: completionTokens });
    }
  });
});

/** `null` where genai-prices does not know the host, or not this API of it. It reads no streams. */
function theirUsage(record: RecordedResponse, cohereFlavor: string): Record<string, number | undefined> | null {
  const provider = findProvider({ providerId: providers[record.host] ?? 'none' });
  if (provider === undefined || typeof record.response === 'string') return null;
  const isEmbedding = /embed/i.test(record.path);
  const flavors: Readonly<Record<string, string>> = {
    chat: isEmbedding ? 'embeddings' : 'chat',
    cohere: isEmbedding ? 'embeddings' : cohereFlavor,
    responses: 'responses',
    anthropic: provider.id === 'anthropic' ? 'default' : 'anthropic',
  };
  const known = provider.extractors?.map((extractor) => extractor.api_flavor) ?? [];
  const flavor = flavors[apiOf(record)] ?? 'default';
  const isOnlyDefault = flavor === 'chat' && !known.includes('chat');
  if (!isOnlyDefault && !known.includes(flavor)) return null;
  // It asks for a model, which Bedrock and Google's embeddings do not name, and throws where it finds no tokens.
  const body = { model: 'none', ...record.response };
  try {
    return extractUsage(provider, body, isOnlyDefault ? 'default' : flavor).usage as Record<string, number | undefined>;
  } catch {
    return {};
  }
}

function ourUsage(tokens: TokenUsage): Record<string, number> {
  const { details } = tokens;
  return {
    input_tokens: tokens.promptTokens,
    output_tokens: tokens.completionTokens,
    cache_read_tokens: tokens.cachedPromptTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
    output_reasoning_tokens: tokens.reasoningTokens,
    cache_write_1h_tokens: details?.cacheWrite1hTokens ?? 0,
    input_audio_tokens: details?.audioPromptTokens ?? 0,
    cache_audio_read_tokens: details?.cachedAudioTokens ?? 0,
    output_audio_tokens: details?.audioCompletionTokens ?? 0,
    input_image_tokens: details?.imagePromptTokens ?? 0,
    cache_image_read_tokens: details?.cachedImageTokens ?? 0,
    output_image_tokens: details?.imageCompletionTokens ?? 0,
    input_video_tokens: details?.videoPromptTokens ?? 0,
    output_video_tokens: details?.videoCompletionTokens ?? 0,
    web_searches: details?.webSearches ?? 0,
  };
}
