import { modelAfterFallback } from './anthropic-usage.js';
import { mergeUsage } from './merge-usage.js';
import { parseIsoTime } from './parse-iso-time.js';
import { responseTier } from './service-tier.js';
import { type Fields, field, isFields, lenientCount, list, text } from './usage-fields.js';

/** What a response, or one event of its stream, says of itself. */
export interface ResponseParts {
  readonly id: string | null;
  readonly model: string | null;
  readonly rawUsage: Fields | null;
  readonly serviceTier: string | null;
  readonly error: string | null;
  readonly createdAtMs: number | null;
  /** Searches that stand in the answer and not in the usage. */
  readonly webSearches: number;
  /** Of models that worked for this one, and stand in the answer and not in the usage. */
  readonly otherModelTokens: number;
  /** What was written is a picture, though the usage does not say so. */
  readonly isPicture: boolean;
}

export const noParts: ResponseParts = {
  id: null,
  model: null,
  rawUsage: null,
  serviceTier: null,
  error: null,
  createdAtMs: null,
  webSearches: 0,
  otherModelTokens: 0,
  isPicture: false,
};

export function partsOf(body: unknown): ResponseParts {
  if (!isFields(body)) return noParts;
  let parts = ownParts(body);
  // The responses API, Anthropic and Google's interactions put the response into their events; gateways and batches into
  // another object.
  const { response, message, interaction, result } = body;
  for (const inner of [response, message, interaction, result, field(result, 'message')]) {
    if (isFields(inner)) parts = withInner(parts, ownParts(inner));
  }
  const error = parts.error ?? (parts.rawUsage === null ? bareMessage(body) : null);
  return error === parts.error ? parts : { ...parts, error };
}

function ownParts(body: Fields): ResponseParts {
  const model = text(body['model']) ?? text(body['modelVersion']) ?? text(body['model_version']);
  return {
    id: text(body['id']) ?? text(body['responseId']) ?? text(body['response_id']),
    model: model ?? modelAfterFallback(body['usage']),
    rawUsage: usageOf(body),
    serviceTier: responseTier(body),
    error: errorOf(body),
    createdAtMs: createdAt(body),
    webSearches: webSearchesOf(body),
    otherModelTokens: toolTokensOf(body),
    isPicture: PICTURES.has(body['type']) || field(list(body['data'])[0], 'b64_json') !== undefined,
  };
}

/** Of OpenAI's images, whose streams, and older documents, tell the tokens of the picture as `output_tokens` without details. */
const PICTURES: ReadonlySet<unknown> = new Set(['image_generation.completed', 'image_edit.completed']);

/** What stands outside goes before what it holds. */
function withInner(outer: ResponseParts, inner: ResponseParts): ResponseParts {
  return {
    id: outer.id ?? inner.id,
    model: outer.model ?? inner.model,
    rawUsage: inner.rawUsage === null ? outer.rawUsage : mergeUsage(outer.rawUsage, inner.rawUsage),
    serviceTier: outer.serviceTier ?? inner.serviceTier,
    error: outer.error ?? inner.error,
    createdAtMs: outer.createdAtMs ?? inner.createdAtMs,
    webSearches: Math.max(outer.webSearches, inner.webSearches),
    otherModelTokens: Math.max(outer.otherModelTokens, inner.otherModelTokens),
    isPicture: outer.isPicture || inner.isPicture,
  };
}

/** What later events say stands, but for the id, which the first one gives. */
export function mergeParts(earlier: ResponseParts, later: ResponseParts): ResponseParts {
  return {
    id: earlier.id ?? later.id,
    model: later.model ?? earlier.model,
    rawUsage: later.rawUsage === null ? earlier.rawUsage : mergeUsage(earlier.rawUsage, later.rawUsage),
    serviceTier: later.serviceTier ?? earlier.serviceTier,
    error: later.error ?? earlier.error,
    createdAtMs: earlier.createdAtMs ?? later.createdAtMs,
    webSearches: Math.max(earlier.webSearches, later.webSearches),
    otherModelTokens: Math.max(earlier.otherModelTokens, later.otherModelTokens),
    isPicture: earlier.isPicture || later.isPicture,
  };
}

/**
 * - `usage`: OpenAI, Anthropic, Bedrock, Cohere chat, …; `usageMetadata`: Google, `usage_metadata` in its Python SDK.
 * - `x_groq.usage`: streams of Groq, https://console.groq.com/docs/api-reference#chat-create.
 * - `choices[].usage`: streams of Moonshot's Kimi, in the last event of each answer.
 * - `amazon-bedrock-invocationMetrics`: Bedrock's `invoke-with-response-stream`, whatever the model itself says,
 *   https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.
 * - `delta.usage`: the end of Cohere's chat stream, https://docs.cohere.com/reference/chat-stream.
 * - `metadata.usage`: Bedrock's converse stream.
 * - `meta`: Cohere's embeddings and its first API, https://docs.cohere.com/reference/embed.
 * - the top level: Ollama's own API, https://docs.ollama.com/api/usage.
 */
function usageOf(body: Fields): Fields | null {
  const { usage, usageMetadata, usage_metadata, x_groq, delta, metadata, meta, choices } = body;
  let found = isFields(usage) ? usage : null;
  const add = (place: unknown): void => {
    if (isFields(place)) found = mergeUsage(found, place);
  };
  add(usageMetadata);
  add(usage_metadata);
  for (const outer of [x_groq, delta, metadata]) if (isFields(outer)) add(outer['usage']);
  for (const choice of list(choices)) add(field(choice, 'usage'));
  add(body[INVOCATION_METRICS]);
  if (isFields(meta) && (isFields(meta['billed_units']) || isFields(meta['tokens']))) add(meta);
  add(ollamaUsage(body));
  return found;
}

export const INVOCATION_METRICS = 'amazon-bedrock-invocationMetrics';

const OLLAMA_COUNT = /^(?:prompt_eval|eval|total|load)_(?:count|duration)$/;

function ollamaUsage(body: Fields): Fields | null {
  if ((body['eval_count'] ?? body['prompt_eval_count'] ?? null) === null) return null;
  return Object.fromEntries(Object.entries(body).filter(([key]) => OLLAMA_COUNT.test(key)));
}

/** Seconds since 1970 (OpenAI and those who speak like it), or text (Google's `createTime`, Ollama's `created_at`). */
function createdAt({ created, created_at, createTime }: Fields): number | null {
  const given = created ?? created_at ?? createTime;
  const ms = typeof given === 'number' ? given * 1000 : typeof given === 'string' ? parseIsoTime(given) : null;
  // A 0 stands where a gateway does not know; nothing was called before there were models to call.
  return ms !== null && ms > EARLIEST_MS && ms < LATEST_MS ? ms : null;
}

const EARLIEST_MS = Date.parse('2015-01-01');
const LATEST_MS = Date.parse('2100-01-01');

/**
 * - OpenAI charges each search and not what the model then does with the pages it found:
 *   https://platform.openai.com/docs/guides/tools-web-search#pricing.
 * - Google's models tell the queries that they searched for: https://ai.google.dev/gemini-api/docs/google-search.
 */
function webSearchesOf({ output, candidates }: Fields): number {
  let searches = 0;
  for (const item of list(output)) {
    if (field(item, 'type') !== 'web_search_call') continue;
    const action = field(field(item, 'action'), 'type');
    if (action === undefined || action === 'search') searches++;
  }
  for (const candidate of list(candidates)) {
    const queries = list(field(field(candidate, 'groundingMetadata'), 'webSearchQueries'));
    searches += queries.filter((query) => text(query) !== null).length;
  }
  return searches;
}

/** OpenAI's responses have pictures made by a model for that, and tell its tokens beside the usage. */
function toolTokensOf({ tool_usage }: Fields): number {
  const pictures = field(tool_usage, 'image_gen');
  return lenientCount(field(pictures, 'input_tokens')) + lenientCount(field(pictures, 'output_tokens'));
}

function errorOf(body: Fields): string | null {
  const { error } = body;
  // A batch wraps the error that Anthropic would have answered with.
  const inner = isFields(field(error, 'error')) ? field(error, 'error') : error;
  if (isFields(inner) && Object.keys(inner).length > 0) return shortened(described(inner) ?? 'error');
  const isError = body['type'] === 'error' || body['object'] === 'error';
  return shortened(text(error) ?? (isError ? (described(body) ?? 'error') : null));
}

function described(error: Fields): string | null {
  for (const key of ['message', 'code', 'status', 'type']) {
    const value = error[key];
    if (typeof value === 'number') return String(value);
    if (text(value) !== null) return text(value);
  }
  return null;
}

/** Bedrock and Cohere answer a refused request with little more than a message. */
function bareMessage(body: Fields): string | null {
  const isAnswer = ['choices', 'content', 'candidates', 'output', 'embeddings', 'data', 'model'].some(
    (key) => key in body,
  );
  return isAnswer ? null : shortened(text(body['message']));
}

const MAX_ERROR_LENGTH = 500;

function shortened(message: string | null): string | null {
  return message === null || message.length <= MAX_ERROR_LENGTH ? message : `${message.slice(0, MAX_ERROR_LENGTH)}…`;
}
