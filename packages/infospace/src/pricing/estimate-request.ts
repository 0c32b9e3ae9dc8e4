import type { NanoUsd } from '@budget/core';
import { estimateTokenCount } from 'tokenx';
import { CALL_PARTS, type CallPart } from './call-parts.js';
import { staleDays } from './price.js';
import type { PriceBook } from './price-book.js';
import { type Rates, ratesFor } from './rates.js';
import { type RequestContent, requestContent } from './request-content.js';

export interface EstimateOptions {
  readonly provider: string;
  readonly model: string;
  readonly atMs: number;
  /** An upper bound rather than a likely figure: bytes for tokens, the context window for what cannot be seen. */
  readonly strict: boolean;
  /** What the settings say of the model; goes before what the prices know. */
  readonly maxOutputTokens?: number | null;
}

export interface RequestEstimate {
  /** As given, else whose price was found. */
  readonly provider: string;
  readonly model: string;
  readonly promptTokens: number;
  /** Of one answer. */
  readonly maxOutputTokens: number;
  readonly outputLimitFrom: 'request' | 'settings' | 'model' | 'default';
  readonly answers: number;
  /** The most that the request may cost, rounded up; `null` when no price is known. */
  readonly costNanoUsd: NanoUsd | null;
  readonly priceVersion: string | null;
  /** Whether it is an upper bound: strict, with a limit of the output that is known. */
  readonly isUpperBound: boolean;
  readonly warnings: readonly string[];
}

/** Where nothing limits the answer. */
export const DEFAULT_OUTPUT_LIMIT = 32_768;

/** What providers count for a large picture, where its own size is not looked at. */
const TOKENS_OF_MEDIA = 1_600;

/** What a request may cost, before it is sent. Discounts for cached tokens are not counted on. */
export function estimateRequest(request: unknown, options: EstimateOptions, book: PriceBook): RequestEstimate {
  const { provider, model, atMs, strict } = options;
  const content = requestContent(request);
  const price = book.find(provider, model, atMs);
  const warnings: string[] = [];
  const promptTokens = estimatePrompt(request, content, strict, price?.contextWindow ?? null, warnings);
  const [maxOutputTokens, outputLimitFrom] = outputLimit(content, options.maxOutputTokens, price?.maxOutputTokens);
  if (outputLimitFrom === 'default') {
    warnings.push(
      `Nothing limits the answer, so ${DEFAULT_OUTPUT_LIMIT} tokens are assumed: set a limit in the request.`,
    );
  }
  if (content.serverTools.length > 0) {
    warnings.push(
      `Tools that the provider runs are not counted (${content.serverTools.join(', ')}): neither their fees nor what they add to the prompt.`,
    );
  }
  const days = price === null ? null : staleDays(price, atMs);
  if (days !== null) warnings.push(`The price is of ${price?.capturedAt}, ${days} days old; check it.`);
  const rates = price === null ? null : ratesFor(price, promptTokens, content.serviceTier);
  if (price === null) warnings.push(`No price is known for ${provider} ${model}.`.replace('  ', ' '));
  if (price !== null && rates === null)
    warnings.push(`The price of the service tier ${content.serviceTier} is not known.`);
  const costNanoUsd =
    rates === null ? null : dearestCost(rates, content, promptTokens, maxOutputTokens * content.answers, strict);
  return {
    provider: provider === '' ? (price?.provider ?? '') : provider,
    model,
    promptTokens,
    maxOutputTokens,
    outputLimitFrom,
    answers: content.answers,
    costNanoUsd,
    priceVersion: costNanoUsd === null ? null : (price?.priceVersion ?? null),
    isUpperBound: strict && costNanoUsd !== null && outputLimitFrom !== 'default' && warnings.length === 0,
    warnings,
  };
}

function estimatePrompt(
  request: unknown,
  { texts, inlineMedia, references }: RequestContent,
  strict: boolean,
  contextWindow: number | null,
  warnings: string[],
): number {
  if (!strict) {
    if (references.length > 0) {
      warnings.push(
        `What it refers to is not counted (${[...new Set(references)].join(', ')}): its size is not known.`,
      );
    }
    if (inlineMedia > 0) {
      warnings.push(`Its images, sounds or documents (${inlineMedia}) are counted as ${TOKENS_OF_MEDIA} tokens each.`);
    }
    return estimateTokenCount(texts.join('\n')) + inlineMedia * TOKENS_OF_MEDIA;
  }
  // No tokenizer that works on bytes makes more tokens than there are bytes; what the API's own words add is in it too.
  const bytes = Buffer.byteLength(JSON.stringify(request) ?? '');
  if (references.length === 0) return bytes;
  if (contextWindow === null) {
    warnings.push('It refers to content whose size is not known, and no context window is known that would bound it.');
    return bytes;
  }
  return Math.max(bytes, contextWindow);
}

function outputLimit(
  content: RequestContent,
  declared: number | null | undefined,
  known: number | null | undefined,
): [number, RequestEstimate['outputLimitFrom']] {
  if (content.maxOutputTokens !== null) return [content.maxOutputTokens, 'request'];
  if (typeof declared === 'number') return [declared, 'settings'];
  if (typeof known === 'number') return [known, 'model'];
  return [DEFAULT_OUTPUT_LIMIT, 'default'];
}

function dearestCost(
  rates: Rates,
  content: RequestContent,
  promptTokens: number,
  completionTokens: number,
  strict: boolean,
): NanoUsd {
  const rateOf = (part: CallPart): bigint => rates.byPart[CALL_PARTS.indexOf(part)]?.price ?? 0n;
  const dearest = (parts: readonly CallPart[]): bigint => parts.map(rateOf).reduce(larger, 0n);
  const prompt: CallPart[] = ['plain'];
  if (strict || content.writesCache) prompt.push('write5m');
  if (strict || content.writesCacheForAnHour) prompt.push('write1h');
  if (strict || content.inlineMedia > 0) prompt.push('audio', 'image', 'video');
  const completion: CallPart[] = ['completion', 'reasoning'];
  if (strict) completion.push('citation', 'audioOut', 'imageOut', 'videoOut');
  const exact =
    BigInt(promptTokens) * dearest(prompt) +
    BigInt(completionTokens) * dearest(completion) +
    BigInt(content.answers) * rateOf('requests');
  const down = exact / NANO;
  return down * NANO === exact ? down : down + 1n;
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

const NANO = 1_000_000_000n;
