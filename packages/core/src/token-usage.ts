import type { NanoUsd } from './usd.js';
import { parseNanoUsd } from './usd.js';

/**
 * The tokens of one call in our vocabulary, whatever the provider calls them. `promptTokens` includes cached and
 * cache-write tokens; `completionTokens` includes reasoning tokens.
 */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
}

export interface UsageReading {
  /** `null` when the provider gave no usage, or one that makes no sense: the call counts with zero tokens. */
  readonly tokens: TokenUsage | null;
  /** What the provider itself says the call cost (OpenRouter's `cost`), or `null`. */
  readonly reportedCostNanoUsd: NanoUsd | null;
  /** `priority`, `flex`, `batch`, … as the provider names it, or `null`. */
  readonly serviceTier: string | null;
}

/** A call beyond this is nonsense, and sums of fewer than 9,000 such calls stay exact as numbers. */
export const MAX_TOKENS_PER_CALL = 1_000_000_000_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a provider's usage object as it stands in the response: OpenAI chat and responses (and every server that
 * speaks the same), Anthropic messages, Google generateContent, Bedrock converse, Cohere, the AI SDK. Never throws.
 *
 * - OpenAI, https://platform.openai.com/docs/api-reference: cached tokens are part of the prompt, reasoning of the
 *   completion.
 * - Anthropic, https://docs.anthropic.com/en/api/messages: `input_tokens` leaves out cache reads and writes.
 * - Google, https://ai.google.dev/api/generate-content#UsageMetadata: thoughts stand beside the candidates, tool-use
 *   prompts beside the prompt, cached content inside the prompt.
 * - Bedrock, https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: as Anthropic.
 * - Cohere, https://docs.cohere.com/reference/chat: `tokens` counts what was processed, `billed_units` what is charged.
 * - AI SDK, https://ai-sdk.dev/docs/reference/ai-sdk-core/generate-text: totals include their parts.
 */
export function readTokenUsage(usage: unknown): UsageReading {
  if (!isFields(usage)) return { tokens: null, reportedCostNanoUsd: null, serviceTier: null };
  return {
    tokens: readTokens(usage),
    reportedCostNanoUsd: readReportedCost(usage['cost']),
    serviceTier: typeof usage['service_tier'] === 'string' ? usage['service_tier'] : null,
  };
}

function readTokens(usage: Fields): TokenUsage | null {
  for (const shape of shapes) {
    if (!shape.keys.some((key) => usage[key] !== undefined && usage[key] !== null)) continue;
    return checked(shape.read(usage), usage['total_tokens']);
  }
  return null;
}

interface Shape {
  /** Any of these marks the shape. The order of `shapes` decides where two share a key. */
  readonly keys: readonly string[];
  readonly read: (usage: Fields) => Record<keyof TokenUsage, number>;
}

const shapes: readonly Shape[] = [
  {
    keys: ['promptTokenCount', 'candidatesTokenCount', 'totalTokenCount'],
    read: (usage) => {
      const completionTokens = count(usage['candidatesTokenCount']) + count(usage['thoughtsTokenCount']);
      // The first events of a stream may carry the total alone: what is not completion was prompt.
      const promptTokens =
        usage['promptTokenCount'] === undefined
          ? Math.max(0, count(usage['totalTokenCount']) - completionTokens)
          : count(usage['promptTokenCount']) + count(usage['toolUsePromptTokenCount']);
      return {
        promptTokens,
        completionTokens,
        cachedPromptTokens: count(usage['cachedContentTokenCount']),
        cacheWriteTokens: 0,
        reasoningTokens: count(usage['thoughtsTokenCount']),
      };
    },
  },
  {
    keys: ['prompt_tokens', 'completion_tokens'],
    read: (usage) => ({
      promptTokens: count(usage['prompt_tokens']),
      completionTokens: count(usage['completion_tokens']),
      // DeepSeek names its cache hits at the top level.
      cachedPromptTokens: count(
        field(usage['prompt_tokens_details'], 'cached_tokens') ?? usage['prompt_cache_hit_tokens'],
      ),
      cacheWriteTokens: count(field(usage['prompt_tokens_details'], 'cache_write_tokens')),
      reasoningTokens: count(field(usage['completion_tokens_details'], 'reasoning_tokens')),
    }),
  },
  {
    // Only Anthropic's own usage has these keys beside `input_tokens`.
    keys: ['cache_read_input_tokens', 'cache_creation_input_tokens'],
    read: (usage) => {
      const cachedPromptTokens = count(usage['cache_read_input_tokens']);
      const cacheWriteTokens = count(usage['cache_creation_input_tokens']);
      return {
        promptTokens: count(usage['input_tokens']) + cachedPromptTokens + cacheWriteTokens,
        completionTokens: count(usage['output_tokens']),
        cachedPromptTokens,
        cacheWriteTokens,
        reasoningTokens: count(field(usage['output_tokens_details'], 'thinking_tokens')),
      };
    },
  },
  {
    keys: ['input_tokens', 'output_tokens'],
    read: (usage) => ({
      promptTokens: count(usage['input_tokens']),
      completionTokens: count(usage['output_tokens']),
      cachedPromptTokens: count(field(usage['input_tokens_details'], 'cached_tokens')),
      cacheWriteTokens: count(field(usage['input_tokens_details'], 'cache_write_tokens')),
      reasoningTokens: count(
        field(usage['output_tokens_details'], 'reasoning_tokens') ??
          field(usage['output_tokens_details'], 'thinking_tokens'),
      ),
    }),
  },
  {
    keys: ['cacheReadInputTokens', 'cacheWriteInputTokens'],
    read: (usage) => {
      const cachedPromptTokens = count(usage['cacheReadInputTokens']);
      const cacheWriteTokens = count(usage['cacheWriteInputTokens']);
      return {
        promptTokens: count(usage['inputTokens']) + cachedPromptTokens + cacheWriteTokens,
        completionTokens: count(usage['outputTokens']),
        cachedPromptTokens,
        cacheWriteTokens,
        reasoningTokens: 0,
      };
    },
  },
  {
    keys: ['inputTokens', 'outputTokens'],
    read: (usage) => ({
      // The AI SDK's provider interface nests the totals, its results give them as numbers.
      promptTokens: count(field(usage['inputTokens'], 'total') ?? usage['inputTokens']),
      completionTokens: count(field(usage['outputTokens'], 'total') ?? usage['outputTokens']),
      cachedPromptTokens: count(
        field(usage['inputTokens'], 'cacheRead') ??
          field(usage['inputTokenDetails'], 'cacheReadTokens') ??
          usage['cachedInputTokens'],
      ),
      cacheWriteTokens: count(
        field(usage['inputTokens'], 'cacheWrite') ?? field(usage['inputTokenDetails'], 'cacheWriteTokens'),
      ),
      reasoningTokens: count(
        field(usage['outputTokens'], 'reasoning') ??
          field(usage['outputTokenDetails'], 'reasoningTokens') ??
          usage['reasoningTokens'],
      ),
    }),
  },
  {
    keys: ['tokens', 'billed_units'],
    read: (usage) => {
      const tokens = usage['tokens'] ?? usage['billed_units'];
      return {
        promptTokens: count(field(tokens, 'input_tokens')),
        completionTokens: count(field(tokens, 'output_tokens')),
        cachedPromptTokens: count(usage['cached_tokens']),
        cacheWriteTokens: 0,
        reasoningTokens: 0,
      };
    },
  },
  {
    keys: ['promptTokens', 'completionTokens'],
    read: (usage) => ({
      promptTokens: count(usage['promptTokens']),
      completionTokens: count(usage['completionTokens']),
      cachedPromptTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    }),
  },
];

/** NaN marks nonsense and spreads through every sum it enters, so that one check at the end finds it. */
function count(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' && typeof value !== 'bigint') return Number.NaN;
  const tokens = Number(value);
  return Number.isInteger(tokens) && tokens >= 0 && tokens <= MAX_TOKENS_PER_CALL ? tokens : Number.NaN;
}

function checked(tokens: TokenUsage, total: unknown): TokenUsage | null {
  if (!Object.values(tokens).every((value) => Number.isSafeInteger(value) && value >= 0)) return null;
  const { cachedPromptTokens, cacheWriteTokens, reasoningTokens } = tokens;
  // A part larger than its whole stands beside it: some servers that speak OpenAI's dialect count this way. Only
  // one part alone proves it: OpenRouter has reported the same tokens as both read from and written to the cache.
  const cacheIsApart = Math.max(cachedPromptTokens, cacheWriteTokens) > tokens.promptTokens;
  // xAI's completion never includes the reasoning, however little that is (vercel/ai #12425): its total tells.
  const totalWithReasoning = tokens.promptTokens + tokens.completionTokens + reasoningTokens;
  const reasoningIsApart =
    reasoningTokens > tokens.completionTokens || (reasoningTokens > 0 && total === totalWithReasoning);
  return {
    ...tokens,
    promptTokens: tokens.promptTokens + (cacheIsApart ? cachedPromptTokens + cacheWriteTokens : 0),
    completionTokens: tokens.completionTokens + (reasoningIsApart ? reasoningTokens : 0),
  };
}

/** No call costs a thousand million dollars; such a report would only spoil every total after it. */
const MAX_COST_PER_CALL: NanoUsd = 10n ** 18n;

function readReportedCost(cost: unknown): NanoUsd | null {
  if (typeof cost !== 'number' && typeof cost !== 'string' && typeof cost !== 'bigint') return null;
  const amount = parseNanoUsd(cost);
  return amount !== null && amount >= 0n && amount <= MAX_COST_PER_CALL ? amount : null;
}

function field(value: unknown, key: string): unknown {
  return isFields(value) ? (value[key] ?? undefined) : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
