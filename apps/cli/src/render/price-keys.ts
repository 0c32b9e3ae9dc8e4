import type { PricedPart } from '@budget/infospace/pricing';

/** The keys of prices in JSON, as in a price catalog, in the order in which they are shown. */
export const priceKeys: Readonly<Record<PricedPart, string>> = {
  input: 'input_per_1m',
  cachedInput: 'cached_input_per_1m',
  cacheWrite: 'cache_write_per_1m',
  cacheWrite1h: 'cache_write_1h_per_1m',
  output: 'output_per_1m',
  reasoning: 'reasoning_per_1m',
  citation: 'citation_per_1m',
  audioInput: 'audio_input_per_1m',
  cachedAudioInput: 'cached_audio_input_per_1m',
  audioOutput: 'audio_output_per_1m',
  imageInput: 'image_input_per_1m',
  cachedImageInput: 'cached_image_input_per_1m',
  imageOutput: 'image_output_per_1m',
  videoInput: 'video_input_per_1m',
  videoOutput: 'video_output_per_1m',
  requests: 'requests_per_1k',
  webSearches: 'web_searches_per_1k',
};

/** `cachedPrompt` is `cached_prompt`, `cacheWrite1h` is `cache_write_1h`. */
export function partKey(part: string): string {
  return part.replace(/[A-Z]|\d+/g, (found) => `_${found.toLowerCase()}`);
}
