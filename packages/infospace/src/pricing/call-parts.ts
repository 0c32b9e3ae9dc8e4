import type { TokenUsage } from '@budget/core';
import type { PricedPart } from './price.js';

/**
 * What a call is made of, in the order in which a receipt shows it. Each token is in exactly one part; `requests` is
 * the call itself.
 */
export const CALL_PARTS = [
  'prompt',
  'cachedPrompt',
  'cacheWrite5m',
  'cacheWrite1h',
  'audioPrompt',
  'cachedAudioPrompt',
  'imagePrompt',
  'cachedImagePrompt',
  'videoPrompt',
  'completion',
  'reasoning',
  'citations',
  'audioCompletion',
  'imageCompletion',
  'videoCompletion',
  'requests',
  'webSearches',
  'otherModels',
] as const;

export type CallPart = (typeof CALL_PARTS)[number];

/** How much of each part there is, in the order of `CALL_PARTS`: arrays of numbers, for millions of calls a second. */
export type CallParts = readonly number[];

/** The price of a part: the first of these that the vendor names. Read from left to right. */
export const priceOrder: Readonly<Record<CallPart, readonly PricedPart[]>> = {
  prompt: ['input'],
  cachedPrompt: ['cachedInput', 'input'],
  cacheWrite5m: ['cacheWrite', 'input'],
  cacheWrite1h: ['cacheWrite1h', 'cacheWrite', 'input'],
  audioPrompt: ['audioInput', 'input'],
  // A vendor that charges audio apart and names no price of cached audio charges it as audio.
  cachedAudioPrompt: ['cachedAudioInput', 'audioInput', 'cachedInput', 'input'],
  imagePrompt: ['imageInput', 'input'],
  cachedImagePrompt: ['cachedImageInput', 'imageInput', 'cachedInput', 'input'],
  videoPrompt: ['videoInput', 'input'],
  completion: ['output'],
  reasoning: ['reasoning', 'output'],
  citations: ['citation', 'output'],
  audioCompletion: ['audioOutput', 'output'],
  imageCompletion: ['imageOutput', 'output'],
  videoCompletion: ['videoOutput', 'output'],
  requests: ['requests'],
  webSearches: ['webSearches'],
  // Nothing in a response says the price at which each of them worked.
  otherModels: [],
};

/**
 * Splits the tokens of one call. Cached and written tokens are parts of the prompt, reasoning is part of the
 * completion: nothing is counted twice. Where more is reported as read and written than there is (OpenRouter has given
 * the same tokens as both), what was read was written too, and counts once, as written: the dearer of the two.
 */
export function callParts(tokens: TokenUsage): CallParts {
  const { details, billed, cacheWriteTokens, cachedPromptTokens, reasoningTokens } = tokens;
  const prompt = billed?.promptTokens ?? tokens.promptTokens;
  const completion = billed?.completionTokens ?? tokens.completionTokens;
  const written = Math.min(cacheWriteTokens, prompt);
  const isTwice = written + cachedPromptTokens > prompt;
  const cachedAlone = isTwice ? Math.max(0, Math.min(cachedPromptTokens, prompt) - written) : cachedPromptTokens;
  if (details === undefined) {
    const cached = cachedAlone;
    const reasoning = Math.min(reasoningTokens, completion);
    const plain = prompt - written - cached;
    return [plain, cached, written, 0, 0, 0, 0, 0, 0, completion - reasoning, reasoning, 0, 0, 0, 0, 1, 0, 0];
  }

  const promptPart = taker(prompt);
  const wanted1h = Math.min(details.cacheWrite1hTokens, written);
  const write1h = promptPart(wanted1h);
  const write5m = promptPart(written - wanted1h);
  const cachedAudio = promptPart(details.cachedAudioTokens);
  const cachedImage = promptPart(details.cachedImageTokens);
  const audio = promptPart(details.audioPromptTokens - details.cachedAudioTokens);
  const image = promptPart(details.imagePromptTokens - details.cachedImageTokens);
  const video = promptPart(details.videoPromptTokens);
  const cached = promptPart(cachedAlone - cachedAudio - cachedImage);
  const plain = promptPart(prompt);

  const completionPart = taker(completion);
  const audioOut = completionPart(details.audioCompletionTokens);
  const imageOut = completionPart(details.imageCompletionTokens);
  const videoOut = completionPart(details.videoCompletionTokens);
  const citation = completionPart(details.citationTokens);
  const reasoning = completionPart(reasoningTokens);
  const text = completionPart(completion);

  // In the order of CALL_PARTS.
  return [
    ...[plain, cached, write5m, write1h, audio, cachedAudio, image, cachedImage, video],
    ...[text, reasoning, citation, audioOut, imageOut, videoOut],
    ...[1, details.webSearches, details.otherModelTokens ?? 0],
  ];
}

/** Hands out parts of a whole until nothing is left, so that the parts always add up to it. */
function taker(whole: number): (wanted: number) => number {
  let left = whole;
  return (wanted) => {
    const taken = Math.max(0, Math.min(wanted, left));
    left -= taken;
    return taken;
  };
}

/** The parts of several calls, whose tokens are summed already. */
export function partsOfCalls(parts: CallParts, calls: number): CallParts {
  return parts.with(CALL_PARTS.indexOf('requests'), calls);
}

const at = (part: CallPart): number => CALL_PARTS.indexOf(part);

/** Each part that a cache made cheaper, and the part it would have been. */
const CACHE_HITS: readonly (readonly [hit: number, otherwise: number])[] = [
  [at('cachedPrompt'), at('prompt')],
  [at('cachedAudioPrompt'), at('audioPrompt')],
  [at('cachedImagePrompt'), at('imagePrompt')],
];

export function hasCacheHit(parts: CallParts): boolean {
  return CACHE_HITS.some(([hit]) => (parts[hit] as number) > 0);
}

/** The same call with every cache read as a plain prompt. What was written to the cache stays. */
export function withoutCacheHits(parts: CallParts): CallParts {
  const moved = [...parts];
  for (const [hit, otherwise] of CACHE_HITS) {
    moved[otherwise] = (moved[otherwise] as number) + (moved[hit] as number);
    moved[hit] = 0;
  }
  return moved;
}
