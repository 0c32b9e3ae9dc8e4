/** Which name stands for a host in front of a path. */
const PROVIDERS_OF_HOSTS = /** @type {const} */ ({
  'api.anthropic.com': 'anthropic',
  'api.cerebras.ai': 'cerebras',
  'api.cohere.com': 'cohere',
  'api.deepseek.com': 'deepseek',
  'api.groq.com': 'groq',
  'api.inference.crusoecloud.com': 'crusoe',
  'api.mistral.ai': 'mistral',
  'api.openai.com': 'openai',
  'api.together.xyz': 'together',
  'api.x.ai': 'xai',
  'api.z.ai': 'zai',
  'generativelanguage.googleapis.com': 'google',
  'ollama.com': 'ollama',
  'openrouter.ai': 'openrouter',
  'router.huggingface.co': 'huggingface',
});

/** Hosts that carry a region or a customer in their name. */
const PROVIDERS_OF_DOMAINS = /** @type {const} */ ([
  [/^bedrock-runtime\..*\.amazonaws\.com$/, 'bedrock'],
  [/^bedrock-mantle\./, 'bedrock-mantle'],
  [/aiplatform\.googleapis\.com$/, 'vertex'],
  [/\.openai\.azure\.com$/, 'azure'],
  [/\.snowflakecomputing\.com$/, 'snowflake'],
]);

/** @type {ReadonlySet<string>} */
const names = new Set([...Object.values(PROVIDERS_OF_HOSTS), ...PROVIDERS_OF_DOMAINS.map(([, provider]) => provider)]);

/** @param {string} host */
export function providerOfHost(host) {
  const hosts = /** @type {Readonly<Record<string, string>>} */ (PROVIDERS_OF_HOSTS);
  return hosts[host] ?? PROVIDERS_OF_DOMAINS.find(([domain]) => domain.test(host))?.[1] ?? host;
}

/**
 * The provider that a path names in front, and the path behind it. Groq's own paths begin with `/openai`, so they are
 * only told apart with its name in front: `/groq/openai/v1/chat/completions`.
 *
 * @param {string} path
 * @returns {{ provider: string | null, rest: string }}
 */
export function splitProvider(path) {
  const [, first = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(path) ?? [];
  return names.has(first) ? { provider: first, rest } : { provider: null, rest: path };
}

/**
 * What a path asks for, whatever version and model it names: `chat/completions`, `responses`, `messages`,
 * `generateContent`, `streamGenerateContent`, `converse`.
 *
 * @param {string} path
 */
export function operationOf(path) {
  const segments = (path.split('?')[0] ?? '').split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  if (last === 'completions') return segments.slice(-2).join('/');
  return last.slice(last.lastIndexOf(':') + 1);
}

/**
 * The model in a path of Google or Bedrock.
 *
 * @param {string} path
 */
export function modelInPath(path) {
  const model = /\/models?\/([^/:?]+)/.exec(path)?.[1];
  return model === undefined ? null : decodeURIComponent(model);
}
