import { type Fields, field, isFields } from '@budget/core';
import { type Dialect, dialectOf } from './dialect.js';

/** Where each dialect keeps the limit of its answer: in the request, or in an object of it. */
const places: readonly (readonly [object: string | null, keys: readonly string[]])[] = [
  [null, ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'max_tokens_to_sample', 'max_gen_len']],
  ['generationConfig', ['maxOutputTokens', 'max_output_tokens']],
  ['generation_config', ['maxOutputTokens', 'max_output_tokens']],
  ['inferenceConfig', ['maxTokens', 'max_new_tokens']],
  ['textGenerationConfig', ['maxTokenCount']],
  ['parameters', ['max_new_tokens']],
  ['options', ['num_predict']],
];

const newPlaces: Readonly<Record<Dialect, readonly [object: string | null, key: string]>> = {
  openai_chat: [null, 'max_tokens'],
  openai_responses: [null, 'max_output_tokens'],
  anthropic: [null, 'max_tokens'],
  google: ['generationConfig', 'maxOutputTokens'],
  cohere: [null, 'max_tokens'],
  bedrock: ['inferenceConfig', 'maxTokens'],
  ollama: ['options', 'num_predict'],
  other: [null, 'max_tokens'],
};

/** Where words are answered, and a limit may be put in. Others refuse what they do not know: pictures, speech, each model of Bedrock. */
const LIMITABLE =
  /\/(?:completions|responses|messages|converse|converse-stream)$|:(?:stream)?[gG]enerateContent$|\/v[12]\/(?:chat|generate)$|\/api\/(?:chat|generate)$|\/ai\/run\//;

/**
 * The request with an answer of at most so many tokens: each limit that it has is lowered, never raised, and where it has
 * none one is put in. `null` where the provider would refuse it so.
 *
 * @param path of the request: `/v1/chat/completions`
 */
export function withOutputLimit(body: Fields, maxTokens: number, provider: string, path: string): Fields | null {
  if (thinksLonger(body, maxTokens) || isTooShort(maxTokens, provider, path)) return null;
  const limited: Record<string, unknown> = { ...body };
  let hasLimit = false;
  const lower = (fields: Record<string, unknown>, keys: readonly string[]): void => {
    for (const key of keys) {
      const given = fields[key];
      if (typeof given !== 'number' || given <= 0) continue;
      fields[key] = Math.min(given, maxTokens);
      hasLimit = true;
    }
  };
  for (const [name, keys] of places) {
    if (name === null) {
      lower(limited, keys);
      continue;
    }
    const inner = limited[name];
    if (!isFields(inner)) continue;
    const copy = { ...inner };
    lower(copy, keys);
    limited[name] = copy;
  }
  if (hasLimit) return limited;
  const [address = ''] = path.split('?');
  if (!LIMITABLE.test(address)) return null;
  const [name, key] = newPlaces[dialectOf(provider, path)];
  if (name === null) return { ...limited, ...ownLimit(key, maxTokens, provider, path) };
  const inner = limited[name];
  return { ...limited, [name]: { ...(isFields(inner) ? inner : {}), [key]: maxTokens } };
}

/**
 * Anthropic refuses a limit that leaves no room for the thinking that is asked for, unless that is spread over several answers.
 * Bedrock's converse has either in an object of its own.
 */
function thinksLonger(body: Fields, maxTokens: number): boolean {
  const thinking = body['thinking'] ?? field(body['additionalModelRequestFields'], 'thinking');
  const given = body['max_tokens'] ?? field(body['inferenceConfig'], 'maxTokens');
  const budget = field(thinking, 'budget_tokens');
  const isSpread = typeof budget === 'number' && typeof given === 'number' && budget >= given;
  return typeof budget === 'number' && budget >= maxTokens && !isSpread;
}

/** The least that OpenAI takes there: https://platform.openai.com/docs/api-reference/responses/create. */
const LEAST_TOKENS_OF_RESPONSES = 16;

function isTooShort(maxTokens: number, provider: string, path: string): boolean {
  const isResponse = isOpenAi(provider) && dialectOf(provider, path) === 'openai_responses';
  return isResponse && maxTokens < LEAST_TOKENS_OF_RESPONSES;
}

function isOpenAi(provider: string): boolean {
  return provider === 'openai' || provider === 'azure';
}

/** What OpenAI's first completions write unasked: https://platform.openai.com/docs/api-reference/completions/create. */
const UNASKED_TOKENS = 16;

/**
 * OpenAI itself refuses `max_tokens` in the chats of its newer models and takes `max_completion_tokens` for all; the
 * completions before them know only `max_tokens`.
 */
function ownLimit(key: string, maxTokens: number, provider: string, path: string): Fields {
  const isCompletion = /\/completions(?:\?|$)/.test(path);
  if (!isCompletion || !isOpenAi(provider)) return { [key]: maxTokens };
  const isChat = /\/chat\/completions/.test(path);
  return isChat ? { max_completion_tokens: maxTokens } : { max_tokens: Math.min(maxTokens, UNASKED_TOKENS) };
}
