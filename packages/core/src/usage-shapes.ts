import { anthropicCounts } from './anthropic-usage.js';
import { googleCounts, googleKeys, interactionCounts, interactionKeys } from './google-usage.js';
import { type Counts, noDetails, type TokenDetails } from './usage-details.js';
import { count, type Fields, field, isFields, largestCount, lenientCount, list } from './usage-fields.js';

/** `null` when the object has no shape that we know. */
export function countsOf(usage: Fields): Counts | null {
  let first = shapes.length;
  // One walk over the few keys that it has: to ask for each that it might have takes twice as long.
  for (const key in usage) {
    const shape = shapeOfKey.get(key) ?? first;
    if (shape < first && (usage[key] ?? null) !== null) first = shape;
  }
  return shapes[first]?.read(usage) ?? null;
}

interface Shape {
  /** Any of these marks the shape. The order of `shapes` decides where two share a key. */
  readonly keys: readonly string[];
  readonly read: (usage: Fields) => Counts | null;
}

/**
 * - Google, https://ai.google.dev/api/generate-content#UsageMetadata, and its interactions.
 * - OpenAI, https://platform.openai.com/docs/api-reference (chat, responses, realtime, images), and every server that
 *   speaks the same: cached tokens are part of the prompt, reasoning of the completion.
 * - Anthropic, https://docs.anthropic.com/en/api/messages: `input_tokens` leaves out cache reads and writes.
 * - Bedrock, https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: as Anthropic.
 * - AI SDK, https://ai-sdk.dev/docs/reference/ai-sdk-core/generate-text: totals include their parts.
 * - Cohere, https://docs.cohere.com/reference/chat: `tokens` counts what was processed, `billed_units` what is charged.
 * - Ollama, https://docs.ollama.com/api/usage: at the top level of the response.
 */
const shapes: readonly Shape[] = [
  {
    // Llama by Bedrock's invoke has Google's word for the prompt:
    // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html.
    keys: ['generation_token_count'],
    read: (usage) => plainCounts(usage['prompt_token_count'], usage['generation_token_count']),
  },
  { keys: googleKeys, read: googleCounts },
  { keys: interactionKeys, read: interactionCounts },
  { keys: ['prompt_tokens', 'completion_tokens'], read: chatCounts },
  {
    // Only Anthropic's own usage has these keys beside `input_tokens`.
    keys: ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation', 'iterations'],
    read: anthropicCounts,
  },
  { keys: ['input_tokens', 'output_tokens'], read: responsesCounts },
  {
    keys: [
      'cacheReadInputTokens',
      'cacheWriteInputTokens',
      'cacheReadInputTokenCount',
      'cacheWriteInputTokenCount',
      'cacheDetails',
      'inputTokenCount',
      'outputTokenCount',
    ],
    read: bedrockCounts,
  },
  { keys: ['inputTokens', 'outputTokens'], read: aiSdkCounts },
  { keys: ['tokens', 'billed_units'], read: cohereCounts },
  {
    keys: ['promptTokens', 'completionTokens'],
    read: (usage) => plainCounts(usage['promptTokens'], usage['completionTokens']),
  },
  {
    keys: ['prompt_eval_count', 'eval_count'],
    read: (usage) => plainCounts(usage['prompt_eval_count'], usage['eval_count']),
  },
];

/** The first shape that a key marks, by its place in `shapes`. */
const shapeOfKey: ReadonlyMap<string, number> = new Map(
  shapes.flatMap(({ keys }, index) => keys.map((key) => [key, index] as const)).reverse(),
);

function plainCounts(prompt: unknown, completion: unknown): Counts {
  return {
    promptTokens: count(prompt),
    completionTokens: count(completion),
    cachedPromptTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  };
}

/** OpenAI's chat and its many dialects. Where a dialect has a place of its own for a count, both are looked at. */
function chatCounts(usage: Fields): Counts {
  const prompt = usage['prompt_tokens_details'];
  const completion = usage['completion_tokens_details'];
  const reasoningTokens = largestCount(field(completion, 'reasoning_tokens'), usage['reasoning_tokens']);
  const citationTokens = lenientCount(usage['citation_tokens']);
  // Perplexity's completion and its total leave out what it reasons and cites, but it charges for both:
  // https://docs.perplexity.ai/getting-started/pricing. These two keys are its alone.
  const isApart = [usage['citation_tokens'], usage['num_search_queries']].some((value) => (value ?? null) !== null);
  return {
    promptTokens: count(usage['prompt_tokens']),
    completionTokens: count(usage['completion_tokens']) + (isApart ? reasoningTokens + citationTokens : 0),
    cachedPromptTokens: largestCount(
      field(prompt, 'cached_tokens'),
      usage['prompt_cache_hit_tokens'], // DeepSeek
      usage['num_cached_tokens'], // Mistral
      usage['cached_tokens'], // Moonshot, Hugging Face
      usage['cached_prompt_text_tokens'], // xAI
      usage['cache_read_input_tokens'], // gateways that translate Anthropic's answers
    ),
    cacheWriteTokens: largestCount(field(prompt, 'cache_write_tokens'), usage['cache_creation_input_tokens']),
    reasoningTokens,
    parts: detailsOf(prompt, completion, {
      cacheWrite1hTokens: lenientCount(field(usage['cache_creation'], 'ephemeral_1h_input_tokens')),
      citationTokens,
      webSearches: lenientCount(
        usage['num_search_queries'],
        field(usage['server_tool_use_details'], 'web_search_requests'),
        field(usage['server_tool_use'], 'web_search_requests'),
      ),
    }),
  };
}

/** OpenAI's responses and images; its realtime API writes the names of the details in the singular. */
function responsesCounts(usage: Fields): Counts {
  const input = usage['input_tokens_details'] ?? usage['input_token_details'];
  const output = usage['output_tokens_details'] ?? usage['output_token_details'];
  return {
    promptTokens: count(usage['input_tokens']),
    completionTokens: count(usage['output_tokens']),
    cachedPromptTokens: largestCount(field(input, 'cached_tokens'), usage['cached_tokens']),
    cacheWriteTokens: count(field(input, 'cache_write_tokens')),
    reasoningTokens: largestCount(
      field(output, 'reasoning_tokens') ?? field(output, 'thinking_tokens'),
      usage['reasoning_tokens'],
    ),
    parts: detailsOf(input, output, {
      webSearches: lenientCount(
        field(usage['server_tool_use_details'], 'web_search_requests'),
        field(usage['server_tool_use'], 'web_search_requests'),
      ),
    }),
  };
}

function detailsOf(prompt: unknown, completion: unknown, other: Partial<TokenDetails>): TokenDetails {
  const input = isFields(prompt) ? prompt : noFields;
  const output = isFields(completion) ? completion : noFields;
  const cached = isFields(input['cached_tokens_details']) ? input['cached_tokens_details'] : noFields;
  return {
    cacheWrite1hTokens: other.cacheWrite1hTokens ?? 0,
    audioPromptTokens: lenientCount(input['audio_tokens']),
    cachedAudioTokens: lenientCount(cached['audio_tokens']),
    audioCompletionTokens: lenientCount(output['audio_tokens']),
    imagePromptTokens: lenientCount(input['image_tokens']),
    cachedImageTokens: lenientCount(cached['image_tokens']),
    imageCompletionTokens: lenientCount(output['image_tokens']),
    videoPromptTokens: lenientCount(input['video_tokens']),
    videoCompletionTokens: lenientCount(output['video_tokens']),
    citationTokens: other.citationTokens ?? 0,
    webSearches: other.webSearches ?? 0,
  };
}

const noFields: Fields = {};

function bedrockCounts(usage: Fields): Counts {
  const writes = list(usage['cacheDetails']).map((entry) => ({
    tokens: lenientCount(field(entry, 'inputTokens')),
    isForAnHour: field(entry, 'ttl') === '1h',
  }));
  const sum = (entries: typeof writes) => entries.reduce((total, { tokens }) => total + tokens, 0);
  const cachedPromptTokens = largestCount(usage['cacheReadInputTokens'], usage['cacheReadInputTokenCount']);
  const total = usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount'] ?? undefined;
  const cacheWriteTokens = total === undefined ? sum(writes) : count(total);
  return {
    // The metrics of an invocation end in Count.
    promptTokens: count(usage['inputTokens'] ?? usage['inputTokenCount']) + cachedPromptTokens + cacheWriteTokens,
    completionTokens: count(usage['outputTokens'] ?? usage['outputTokenCount']),
    cachedPromptTokens,
    cacheWriteTokens,
    reasoningTokens: 0,
    parts: { ...noDetails, cacheWrite1hTokens: sum(writes.filter(({ isForAnHour }) => isForAnHour)) },
  };
}

/** The AI SDK's provider interface nests the totals, its results give them as numbers. */
function aiSdkCounts(usage: Fields): Counts {
  const input = usage['inputTokens'];
  const output = usage['outputTokens'];
  const inputDetails = usage['inputTokenDetails'];
  return {
    promptTokens: count(field(input, 'total') ?? input),
    completionTokens: count(field(output, 'total') ?? output),
    cachedPromptTokens: count(
      field(input, 'cacheRead') ?? field(inputDetails, 'cacheReadTokens') ?? usage['cachedInputTokens'],
    ),
    cacheWriteTokens: count(field(input, 'cacheWrite') ?? field(inputDetails, 'cacheWriteTokens')),
    reasoningTokens: count(
      field(output, 'reasoning') ?? field(usage['outputTokenDetails'], 'reasoningTokens') ?? usage['reasoningTokens'],
    ),
  };
}

/** Embeddings have `billed_units` alone, which are then what was processed. A rerank has searches and no tokens. */
function cohereCounts(usage: Fields): Counts | null {
  const processed = cohereTokens(usage['tokens']);
  const billed = cohereTokens(usage['billed_units']);
  const tokens = processed ?? billed;
  if (tokens === null) return null;
  return {
    ...tokens,
    cachedPromptTokens: count(usage['cached_tokens']),
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    parts: { ...noDetails, imagePromptTokens: lenientCount(field(usage['billed_units'], 'image_tokens')) },
    ...(processed !== null && billed !== null && { billed }),
  };
}

/** Text and images are counted, and priced, apart: https://docs.cohere.com/reference/embed. */
function cohereTokens(units: unknown): { promptTokens: number; completionTokens: number } | null {
  if (!isFields(units)) return null;
  const values = [units['input_tokens'], units['image_tokens'], units['output_tokens']];
  if (!values.some((value) => value !== undefined && value !== null)) return null;
  const [input, image, output] = values.map(count);
  return { promptTokens: (input ?? 0) + (image ?? 0), completionTokens: output ?? 0 };
}
