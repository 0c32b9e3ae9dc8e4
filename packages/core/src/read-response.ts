import { mergeParts, noParts, partsOf, type ResponseParts } from './response-parts.js';
import { readTokenUsage, type TokenUsage, type UsageReading } from './token-usage.js';
import { noDetails } from './usage-details.js';
import { type Fields, isFields } from './usage-fields.js';

export interface ResponseReading {
  /** The provider's own id of the response, or `null`. */
  readonly id: string | null;
  /** The model that answered as the response names it, or `null`. */
  readonly model: string | null;
  readonly usage: UsageReading;
  /** The usage as the provider sent it, merged where it came in parts; `null` when there was none. */
  readonly rawUsage: Readonly<Record<string, unknown>> | null;
  /** True when a stream broke off before its end: what usage was told is a lower bound. */
  readonly isPartial: boolean;
  /** What the provider said went wrong, as a short text, or `null`. */
  readonly error: string | null;
  /** When the response was made, in milliseconds since 1970, where it says so. */
  readonly createdAtMs: number | null;
}

/**
 * Reads a parsed response: one JSON document, the elements of a stream that came as a JSON array (Google's without
 * `alt=sse`), or one line of a batch's results. A list of several answers is to be taken apart before
 * (`separateAnswers`). Never throws.
 *
 * - OpenAI's batches, https://platform.openai.com/docs/guides/batch: `response.body` is the response, whose own tier is
 *   the one that was asked for (`default`), not the one that is charged.
 * - Anthropic's, https://docs.anthropic.com/en/api/retrieving-message-batch-results: `result.message` is the response.
 */
export function readResponse(body: unknown): ResponseReading {
  if (Array.isArray(body)) return readParts(body.map(partsOf).reduce(mergeParts, noParts), false);
  const batched = isFields(body) && isFields(body['response']) ? body['response']['body'] : undefined;
  if (isFields(batched)) {
    const parts = documentParts(batched);
    const isOwnTier = parts.serviceTier !== null && parts.serviceTier !== 'default';
    return readParts(isOwnTier ? parts : { ...parts, serviceTier: 'batch' }, false);
  }
  return readParts(documentParts(body), false);
}

/** The usage's own word on its tier comes before that of the response around it. */
export function readParts(parts: ResponseParts, isPartial: boolean): ResponseReading {
  const usage = readTokenUsage(parts.rawUsage);
  return {
    id: parts.id,
    model: parts.model,
    usage: {
      tokens: usage.tokens && withAnswer(usage.tokens, parts),
      reportedCostNanoUsd: usage.reportedCostNanoUsd,
      serviceTier: usage.serviceTier ?? parts.serviceTier,
      inferenceGeo: usage.inferenceGeo,
    },
    rawUsage: parts.rawUsage,
    isPartial,
    error: parts.error,
    createdAtMs: parts.createdAtMs,
  };
}

/** What the answer says beside its usage, whose own word goes before. */
function withAnswer(tokens: TokenUsage, { webSearches, isPicture, otherModelTokens }: ResponseParts): TokenUsage {
  if (webSearches === 0 && !isPicture && otherModelTokens === 0) return tokens;
  const { details = noDetails } = tokens;
  return {
    ...tokens,
    details: {
      ...details,
      webSearches: details.webSearches || webSearches,
      imageCompletionTokens: details.imageCompletionTokens || (isPicture ? tokens.completionTokens : 0),
      ...(otherModelTokens > 0 && { otherModelTokens }),
    },
  };
}

function documentParts(body: unknown): ResponseParts {
  const parts = partsOf(body);
  return parts.rawUsage === null && isFields(body) && isBareUsage(body) ? { ...parts, rawUsage: body } : parts;
}

/**
 * Whether the whole body is a usage object. The answer to a question how many tokens a prompt has looks much like one
 * (`{ "input_tokens": 14 }` of Anthropic's count_tokens, `{ "inputTokens": 14 }` of Bedrock's), but such an answer costs nothing and has no output.
 */
function isBareUsage(body: Fields): boolean {
  if (body['input_tokens'] !== undefined && body['output_tokens'] === undefined) return false;
  if (body['inputTokens'] !== undefined && body['outputTokens'] === undefined) return false;
  return readTokenUsage(body).tokens !== null;
}
