import type { NanoUsd } from '@budget/core';
import { CALL_PARTS, type CallPart } from './call-parts.js';
import { likelyTokens } from './likely-tokens.js';
import { type Price, staleDays } from './price.js';
import type { PriceBook } from './price-book.js';
import { isNotMetered } from './price-call.js';
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
  /** As if the request limited its answer so, whatever it says. */
  readonly answerTokens?: number | undefined;
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
  const asked = requestContent(request);
  const content = options.answerTokens === undefined ? asked : { ...asked, maxOutputTokens: options.answerTokens };
  const price = book.find(provider, model, atMs);
  const warnings = priceRemarks(price, options, content);
  const promptTokens = estimatePrompt(request, content, strict, boundOfPrompt(price), warnings);
  const [maxOutputTokens, outputLimitFrom] = outputLimit(content, options.maxOutputTokens, price);
  if (outputLimitFrom === 'default') {
    warnings.push(
      `Nothing limits the answer, so ${DEFAULT_OUTPUT_LIMIT} tokens are assumed: set a limit in the request.`,
    );
  }
  const isPriced = price !== null && !isNotMetered(price);
  const rates = isPriced ? ratesFor(price, promptTokens, content.serviceTier) : null;
  if (isPriced && rates === null) {
    warnings.push(`The price of the service tier ${content.serviceTier} is not known.`);
  }
  const completionTokens = BigInt(maxOutputTokens) * BigInt(content.answers);
  const costAt = (each: Rates) => dearestCost(each, content, promptTokens, completionTokens, strict);
  // OpenAI may answer at another tier than it was asked for: https://platform.openai.com/docs/api-reference/chat/create.
  const usual = strict && rates !== null && price !== null ? ratesFor(price, promptTokens, null) : null;
  const costNanoUsd = rates && larger(costAt(rates), usual === null ? 0n : costAt(usual));
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

/** What the price leaves open, whatever the size of the request. */
function priceRemarks(
  price: Price | null,
  { provider, model, atMs }: EstimateOptions,
  content: RequestContent,
): string[] {
  const remarks: string[] = [];
  const name = [provider, model].filter((word) => word !== '').join(' ');
  if (price === null) remarks.push(`No price is known of ${name}.`);
  else if (isNotMetered(price)) remarks.push(`${name} is charged by ${price.notMetered.join(' and ')}, not by tokens.`);
  const days = price === null ? null : staleDays(price, atMs);
  if (days !== null) remarks.push(`The price is of ${price?.capturedAt}, ${days} days old; check it.`);
  if (content.serverTools.length > 0) {
    const tools = content.serverTools.join(', ');
    remarks.push(
      `Tools that the provider runs are not counted (${tools}): neither their fees nor what they add to the prompt.`,
    );
  }
  if (price?.prices.citation !== undefined || SEARCHING_MODEL.test(model)) {
    remarks.push('The model searches without being asked: neither the fee nor what it finds is counted.');
  }
  if (content.otherModels) remarks.push('Other models may answer in its place, and they may cost more.');
  if (content.compacts) remarks.push('What it costs to sum the conversation up before it is answered is not counted.');
  if (!content.hasPrompt) {
    remarks.push('It has no content that is known here, such as messages, input or contents: all of it is counted.');
  }
  const { cacheWrite, cacheWrite1h } = price?.prices ?? {};
  if (content.writesCacheForAnHour && cacheWrite !== undefined && cacheWrite1h === undefined) {
    remarks.push('No price is known of cache writes for an hour; they are counted as others.');
  }
  return remarks;
}

const SEARCHING_MODEL = /search|^(?:perplexity\/)?sonar/i;

/** A window that a tier for longer prompts goes beyond is not the most that a prompt may have. */
function boundOfPrompt(price: Price | null): number | null {
  const window = price?.contextWindow ?? null;
  return window !== null && price?.longContext.some(({ inputTokens }) => inputTokens >= window) ? null : window;
}

/** What Anthropic tells the model of each of its own tools, and once of tools at all, is less. */
const TOKENS_OF_A_TOOL = 1_000;

function estimatePrompt(
  request: unknown,
  content: RequestContent,
  strict: boolean,
  contextWindow: number | null,
  warnings: string[],
): number {
  const { texts, hasPrompt, givenTokens, inlineMedia, references, tools } = content;
  if (!strict) {
    // A call that counts for nothing would cost nothing where its answer tells no usage.
    if (!hasPrompt) return likelyTokens(textOf(request) ?? '');
    if (references.length > 0) {
      warnings.push(
        `What it refers to is not counted (${[...new Set(references)].join(', ')}): its size is not known.`,
      );
    }
    if (inlineMedia > 0) {
      warnings.push(`Its images, sounds or documents (${inlineMedia}) are counted as ${TOKENS_OF_MEDIA} tokens each.`);
    }
    return likelyTokens(texts.join('\n')) + givenTokens + inlineMedia * TOKENS_OF_MEDIA;
  }
  // No tokenizer that works on bytes makes more tokens than there are bytes; what the API's own words add is in it too.
  const bytes = bytesOf(request) + (tools === 0 ? 0 : (tools + 1) * TOKENS_OF_A_TOOL);
  // A picture or a document is charged by what is in it, and a small file may hold a large one.
  if (references.length === 0 && inlineMedia === 0) return bytes;
  if (contextWindow === null) {
    warnings.push(
      'It has content whose size in tokens is not known, and no context window is known that would bound it.',
    );
    return bytes;
  }
  return Math.max(bytes, contextWindow);
}

function bytesOf(request: unknown): number {
  const text = textOf(request);
  return text === null ? Number.MAX_SAFE_INTEGER : Buffer.byteLength(text);
}

/** `null` for one that is nested deeper than it can be written: any provider would refuse it. */
function textOf(request: unknown): string | null {
  try {
    return JSON.stringify(request) ?? '';
  } catch {
    return null;
  }
}

function outputLimit(
  content: RequestContent,
  declared: number | null | undefined,
  price: Price | null,
): [number, RequestEstimate['outputLimitFrom']] {
  if (content.maxOutputTokens !== null) return [content.maxOutputTokens, 'request'];
  if (Number.isSafeInteger(declared) && (declared as number) >= 0) return [declared as number, 'settings'];
  if (price !== null && price.maxOutputTokens !== null) return [price.maxOutputTokens, 'model'];
  // Embeddings have no answer.
  if (price !== null && price.prices.output === undefined && price.prices.input !== undefined) return [0, 'model'];
  return [DEFAULT_OUTPUT_LIMIT, 'default'];
}

function dearestCost(
  rates: Rates,
  content: RequestContent,
  promptTokens: number,
  completionTokens: bigint,
  strict: boolean,
): NanoUsd {
  const rateOf = (part: CallPart): bigint => rates.byPart[CALL_PARTS.indexOf(part)]?.price ?? 0n;
  const dearest = (parts: readonly CallPart[]): bigint => parts.map(rateOf).reduce(larger, 0n);
  const prompt: CallPart[] = ['prompt'];
  if (strict || content.writesCache) prompt.push('cacheWrite5m');
  if (strict || content.writesCacheForAnHour) prompt.push('cacheWrite1h');
  if (strict || content.inlineMedia > 0) prompt.push('audioPrompt', 'imagePrompt', 'videoPrompt');
  // A model that has a price of its own for pictures was called to make them; one that speaks also writes.
  const completion: CallPart[] = ['completion', 'reasoning', 'imageCompletion', 'videoCompletion'];
  if (strict || content.asksForSound) completion.push('audioCompletion');
  if (strict) completion.push('citations');
  const exact =
    BigInt(promptTokens) * dearest(prompt) +
    completionTokens * dearest(completion) +
    BigInt(content.answers) * rateOf('requests');
  const down = exact / NANO;
  return down * NANO === exact ? down : down + 1n;
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

const NANO = 1_000_000_000n;
