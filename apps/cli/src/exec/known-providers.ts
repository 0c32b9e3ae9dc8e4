/** How programs learn where a provider is and with which key, from their environment. */
export interface KnownProvider {
  /** In the proxy's addresses. */
  readonly name: string;
  /** As the prices name it. */
  readonly provider: string;
  /** Where it is unless the user's environment says otherwise. */
  readonly url: string;
  /** From which SDKs read the address. The first that the user has set says where the calls really go. */
  readonly addressVariables: readonly string[];
  readonly keyVariables: readonly string[];
  /** What some SDKs leave out of the path, because they take it for a part of the address. */
  readonly version?: string;
}

/**
 * Read in the sources of the SDKs, and tried with those in JavaScript; docs/metering.md has a table. Where no SDK reads a
 * variable (`MISTRAL_BASE_URL`, …) it is for the one line that a program needs.
 */
export const knownProviders: readonly KnownProvider[] = [
  {
    name: 'openai',
    provider: 'openai',
    url: 'https://api.openai.com/v1',
    addressVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    keyVariables: ['OPENAI_API_KEY'],
  },
  {
    name: 'anthropic',
    provider: 'anthropic',
    url: 'https://api.anthropic.com',
    addressVariables: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE', 'ANTHROPIC_API_URL'],
    keyVariables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    version: '/v1',
  },
  {
    name: 'google',
    provider: 'google',
    url: 'https://generativelanguage.googleapis.com',
    addressVariables: ['GOOGLE_GEMINI_BASE_URL', 'GEMINI_API_BASE'],
    keyVariables: ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  },
  {
    name: 'vertex',
    provider: 'google',
    url: 'https://aiplatform.googleapis.com',
    addressVariables: ['GOOGLE_VERTEX_BASE_URL'],
    keyVariables: [],
  },
  {
    name: 'groq',
    provider: 'groq',
    url: 'https://api.groq.com',
    addressVariables: ['GROQ_BASE_URL'],
    keyVariables: ['GROQ_API_KEY'],
  },
  {
    name: 'mistral',
    provider: 'mistral',
    url: 'https://api.mistral.ai',
    addressVariables: ['MISTRAL_BASE_URL'],
    keyVariables: ['MISTRAL_API_KEY'],
  },
  {
    name: 'mistral-v1',
    provider: 'mistral',
    url: 'https://api.mistral.ai/v1',
    addressVariables: ['MISTRAL_API_BASE'],
    keyVariables: ['MISTRAL_API_KEY'],
  },
  {
    name: 'cohere',
    provider: 'cohere',
    url: 'https://api.cohere.com',
    addressVariables: ['CO_API_URL'],
    keyVariables: ['CO_API_KEY', 'COHERE_API_KEY'],
  },
  {
    name: 'openrouter',
    provider: 'openrouter',
    url: 'https://openrouter.ai/api/v1',
    addressVariables: ['OPENROUTER_BASE_URL', 'OPENROUTER_API_BASE'],
    keyVariables: ['OPENROUTER_API_KEY'],
  },
  {
    name: 'deepseek',
    provider: 'deepseek',
    url: 'https://api.deepseek.com',
    addressVariables: ['DEEPSEEK_BASE_URL', 'DEEPSEEK_API_BASE'],
    keyVariables: ['DEEPSEEK_API_KEY'],
  },
  {
    name: 'xai',
    provider: 'x-ai',
    url: 'https://api.x.ai/v1',
    addressVariables: ['XAI_BASE_URL', 'XAI_API_BASE'],
    keyVariables: ['XAI_API_KEY'],
  },
  {
    name: 'together',
    provider: 'together',
    url: 'https://api.together.xyz/v1',
    addressVariables: ['TOGETHER_BASE_URL'],
    keyVariables: ['TOGETHER_API_KEY'],
  },
  {
    name: 'cerebras',
    provider: 'cerebras',
    url: 'https://api.cerebras.ai',
    addressVariables: ['CEREBRAS_BASE_URL'],
    keyVariables: ['CEREBRAS_API_KEY'],
  },
  {
    name: 'fireworks',
    provider: 'fireworks',
    url: 'https://api.fireworks.ai/inference/v1',
    addressVariables: ['FIREWORKS_BASE_URL'],
    keyVariables: ['FIREWORKS_API_KEY'],
  },
  {
    name: 'perplexity',
    provider: 'perplexity',
    url: 'https://api.perplexity.ai',
    addressVariables: ['PERPLEXITY_BASE_URL'],
    keyVariables: ['PERPLEXITY_API_KEY'],
  },
  {
    name: 'zai',
    provider: 'zai',
    url: 'https://api.z.ai/api/paas/v4',
    addressVariables: ['ZAI_BASE_URL'],
    keyVariables: ['ZAI_API_KEY'],
  },
  {
    name: 'huggingface',
    provider: 'huggingface',
    url: 'https://router.huggingface.co/v1',
    addressVariables: ['HF_BASE_URL'],
    keyVariables: ['HF_TOKEN'],
  },
  {
    name: 'ollama',
    provider: 'ollama',
    url: 'http://127.0.0.1:11434',
    addressVariables: ['OLLAMA_HOST'],
    keyVariables: ['OLLAMA_API_KEY'],
  },
  {
    name: 'bedrock',
    provider: 'aws',
    url: 'https://bedrock-runtime.us-east-1.amazonaws.com',
    addressVariables: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
    keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
  },
];
