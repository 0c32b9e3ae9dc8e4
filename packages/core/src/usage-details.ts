import { field, lenientCount, list, MAX_TOKENS_PER_CALL, text } from './usage-fields.js';

/** Parts that few calls have. Each is a part of a whole and never larger than it. */
export interface TokenDetails {
  /** Part of `cacheWriteTokens`: written to be kept for an hour, which costs more than five minutes. */
  readonly cacheWrite1hTokens: number;
  /** Part of `promptTokens`, cached audio included. */
  readonly audioPromptTokens: number;
  /** Part of `audioPromptTokens` and of `cachedPromptTokens`. */
  readonly cachedAudioTokens: number;
  /** Part of `completionTokens`. */
  readonly audioCompletionTokens: number;
  /** Part of `promptTokens`, cached images included. The pages of Google's documents count as images. */
  readonly imagePromptTokens: number;
  /** Part of `imagePromptTokens` and of `cachedPromptTokens`. */
  readonly cachedImageTokens: number;
  /** Part of `completionTokens`. */
  readonly imageCompletionTokens: number;
  /** Part of `promptTokens`. */
  readonly videoPromptTokens: number;
  /** Part of `completionTokens`. */
  readonly videoCompletionTokens: number;
  /** Perplexity's citations, part of `completionTokens`. */
  readonly citationTokens: number;
  /** Searches that the provider made and charges one by one. No tokens. */
  readonly webSearches: number;
  /** Of other models that worked for this one, at prices of their own. Beside the prompt and the completion; absent for 0. */
  readonly otherModelTokens?: number;
}

export const noDetails: TokenDetails = {
  cacheWrite1hTokens: 0,
  audioPromptTokens: 0,
  cachedAudioTokens: 0,
  audioCompletionTokens: 0,
  imagePromptTokens: 0,
  cachedImageTokens: 0,
  imageCompletionTokens: 0,
  videoPromptTokens: 0,
  videoCompletionTokens: 0,
  citationTokens: 0,
  webSearches: 0,
};

/** What a shape makes of a usage object. NaN in one of the first five marks nonsense; `parts` are never NaN. */
export interface Counts {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly parts?: TokenDetails;
  readonly billed?: { readonly promptTokens: number; readonly completionTokens: number };
}

/**
 * Cuts every part down to its whole, and parts beside each other to what the earlier ones left: providers round them
 * and now and then count a part twice, and that must cost neither the call its usage nor the whole its meaning.
 * `undefined` where every part is 0.
 */
export function boundedDetails(parts: TokenDetails, wholes: Counts): TokenDetails | undefined {
  if (!hasPart(parts)) return undefined;
  const prompt = shares(wholes.promptTokens);
  const completion = shares(wholes.completionTokens);
  const cached = shares(wholes.cachedPromptTokens);
  const audioPromptTokens = prompt(parts.audioPromptTokens);
  const imagePromptTokens = prompt(parts.imagePromptTokens);
  const details: TokenDetails = {
    cacheWrite1hTokens: shares(wholes.cacheWriteTokens)(parts.cacheWrite1hTokens),
    audioPromptTokens,
    cachedAudioTokens: cached(Math.min(parts.cachedAudioTokens, audioPromptTokens)),
    audioCompletionTokens: completion(parts.audioCompletionTokens),
    imagePromptTokens,
    cachedImageTokens: cached(Math.min(parts.cachedImageTokens, imagePromptTokens)),
    imageCompletionTokens: completion(parts.imageCompletionTokens),
    videoPromptTokens: prompt(parts.videoPromptTokens),
    videoCompletionTokens: completion(parts.videoCompletionTokens),
    citationTokens: completion(parts.citationTokens),
    webSearches: Math.min(parts.webSearches, MAX_TOKENS_PER_CALL),
    ...(parts.otherModelTokens && { otherModelTokens: Math.min(parts.otherModelTokens, MAX_TOKENS_PER_CALL) }),
  };
  return hasPart(details) ? details : undefined;
}

/** Written out, as this is asked of every call. */
function hasPart(parts: TokenDetails): boolean {
  const promptParts = parts.cacheWrite1hTokens + parts.audioPromptTokens + parts.imagePromptTokens;
  const cachedParts = parts.cachedAudioTokens + parts.cachedImageTokens;
  const completionParts = parts.audioCompletionTokens + parts.imageCompletionTokens + parts.citationTokens;
  const videoParts = parts.videoPromptTokens + parts.videoCompletionTokens;
  const { webSearches, otherModelTokens = 0 } = parts;
  return promptParts + cachedParts + completionParts + videoParts + webSearches + otherModelTokens > 0;
}

/** Hands out parts of `whole` until nothing is left. */
function shares(whole: number): (part: number) => number {
  let left = whole;
  return (part) => {
    const share = Math.min(part, left);
    left -= share;
    return share;
  };
}

export interface Modalities {
  readonly audio: number;
  readonly image: number;
  readonly video: number;
}

/**
 * Sums Google's lists of `{ modality, tokenCount }`, which its interactions write in small letters. A count of zero is left out there. DOCUMENT stands for the pages
 * of a PDF, which are read, and charged, as images: https://ai.google.dev/gemini-api/docs/document-processing.
 */
export function modalities(...lists: readonly unknown[]): Modalities {
  const sums = { audio: 0, image: 0, video: 0 };
  for (const entries of lists) {
    for (const entry of list(entries)) {
      const modality = modalityNames.get(text(field(entry, 'modality'))?.toUpperCase());
      if (modality === undefined) continue;
      sums[modality] += lenientCount(
        field(entry, 'tokenCount') ?? field(entry, 'token_count') ?? field(entry, 'tokens'),
      );
    }
  }
  return sums;
}

const modalityNames = new Map<unknown, keyof Modalities>([
  ['AUDIO', 'audio'],
  ['IMAGE', 'image'],
  ['DOCUMENT', 'image'],
  ['VIDEO', 'video'],
]);
