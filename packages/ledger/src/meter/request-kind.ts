/**
 * - `call`: a model answers, and that is charged.
 * - `deferred`: starts work whose calls are made later, or elsewhere, so that nobody here sees what it costs.
 * - `free`: what providers do not charge for.
 */
export type RequestKind = 'call' | 'deferred' | 'free';

/** Where a model answers, whatever stands before: a deployment or a gateway's address may have any name. */
const ANSWERED = /\/completions$|:(?:stream)?[gG]enerateContent$/;

/**
 * Files and uploads, counting tokens, moderation, what only ends or names something, and what Ollama does with its models. Bedrock
 * and xAI count tokens at `count-tokens` and `tokenize-text`, Anthropic on Vertex as if that were a model.
 */
const FREE = new RegExp(
  [
    String.raw`\/(?:files|uploads|moderations|tokenize|tokenize-text|detokenize|count_tokens|count-tokens|input_tokens|cancel|check-api-key)(?:\/[^/]*)*\/?$`,
    String.raw`\/upload\/|:count[A-Z]?\w*$|:computeTokens$|\/count-tokens:rawPredict$`,
    String.raw`\/api\/(?:show|pull|push|create|copy|blobs\/[^/]*)$`,
  ].join('|'),
);

/** Batches, fine-tuning, agents that the provider runs, and sockets whose talk is no HTTP. */
const DEFERRED =
  /\/(?:batches|batch|fine_tuning|finetuned-models|fine-tunes|threads|assistants|evals|realtime|containers|conversations|agents|videos|tunedModels|batchPredictionJobs|embed-jobs)(?:\/|$)|:(?:async)?[bB]atch(?:Generate|Embed)Content$|:predictLongRunning$/;

/** OpenAI's only keep what was said, and cost nothing; Mistral's answer. */
const KEEPERS_OF_CONVERSATIONS: ReadonlySet<string> = new Set(['openai', 'azure']);
const CONVERSATIONS = /\/conversations(?:\/|$)/;

/** Only a POST asks a model. An address that is not known is taken for a call: nothing that may cost passes unseen. */
export function requestKind(method: string, path: string, provider: string): RequestKind {
  if (method.toUpperCase() !== 'POST') return 'free';
  const [address = ''] = path.split('?');
  if (ANSWERED.test(address)) return 'call';
  if (KEEPERS_OF_CONVERSATIONS.has(provider) && CONVERSATIONS.test(address)) return 'free';
  if (DEFERRED.test(address)) return 'deferred';
  return FREE.test(address) ? 'free' : 'call';
}
