/** The form of a provider's requests, answers and errors. */
export type Dialect =
  | 'openai_chat'
  | 'openai_responses'
  | 'anthropic'
  | 'google'
  | 'cohere'
  | 'bedrock'
  | 'ollama'
  | 'other';

const byPath: readonly (readonly [RegExp, Dialect])[] = [
  [/\/api\/(?:chat|generate|embed)$/, 'ollama'],
  [/\/completions$/, 'openai_chat'],
  [/\/responses(?:\/|$)/, 'openai_responses'],
  [/\/messages(?:\/|$)/, 'anthropic'],
  [/:(?:stream)?[gG]enerateContent$|:\w*[eE]mbedContents?$/, 'google'],
  [/\/model\/[^/]+\/(?:converse|invoke)/, 'bedrock'],
  [/\/v2\/(?:chat|embed|rerank)$/, 'cohere'],
];

const byProvider: Readonly<Record<string, Dialect>> = {
  anthropic: 'anthropic',
  google: 'google',
  aws: 'bedrock',
  cohere: 'cohere',
  ollama: 'ollama',
};

/** The path tells first: many providers speak OpenAI's and Anthropic's dialects beside their own. */
export function dialectOf(provider: string, path: string): Dialect {
  const [address = ''] = path.split('?');
  return byPath.find(([pattern]) => pattern.test(address))?.[1] ?? byProvider[provider] ?? 'other';
}
