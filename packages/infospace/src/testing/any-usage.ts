import type { TokenUsage } from '@budget/core';
import fc from 'fast-check';
import { tokenUsage } from './peer-prices.js';

/** Most of a model's calls are small; some reach a tier, and a provider may report any number up to 10^12. */
const count = fc.oneof(
  fc.nat(20),
  fc.nat(3_000),
  fc.nat(300_000),
  fc.nat(2_000_000_000).map((n) => n * 50),
);
const parts = fc.record({
  plain: count,
  cached: count,
  written: count,
  written1h: count,
  audio: count,
  cachedAudio: count,
  image: count,
  cachedImage: count,
  video: count,
  completion: count,
  reasoning: count,
  citation: count,
  audioOut: count,
  imageOut: count,
  videoOut: count,
  searches: fc.nat(5),
});

/** Parts that are beside each other, as a usage that counts some of them inside others. */
export const usage: fc.Arbitrary<TokenUsage> = fc
  .tuple(parts, fc.boolean())
  .map(([all, isSimple]) => {
    const { plain, cached, written, completion, reasoning } = all;
    if (isSimple) {
      const simple = { cachedPromptTokens: cached, cacheWriteTokens: written, reasoningTokens: reasoning };
      return tokenUsage(plain + cached + written, completion + reasoning, simple);
    }
    const { written1h, audio, cachedAudio, image, cachedImage, video, citation, audioOut, imageOut, videoOut } = all;
    const prompt = plain + cached + written + written1h + audio + cachedAudio + image + cachedImage + video;
    return tokenUsage(prompt, completion + reasoning + citation + audioOut + imageOut + videoOut, {
      cachedPromptTokens: cached + cachedAudio + cachedImage,
      cacheWriteTokens: written + written1h,
      cacheWrite1hTokens: written1h,
      reasoningTokens: reasoning,
      citationTokens: citation,
      audioPromptTokens: audio + cachedAudio,
      cachedAudioTokens: cachedAudio,
      audioCompletionTokens: audioOut,
      imagePromptTokens: image + cachedImage,
      cachedImageTokens: cachedImage,
      imageCompletionTokens: imageOut,
      videoPromptTokens: video,
      videoCompletionTokens: videoOut,
      webSearches: all.searches,
    });
  })
  .filter(({ promptTokens, completionTokens }) => promptTokens <= 1e12 && completionTokens <= 1e12);

/** Whatever a provider reports, also parts that overlap or are larger than the whole. */
export const reported: fc.Arbitrary<TokenUsage> = fc
  .tuple(fc.nat(1_000), fc.nat(1_000), fc.array(fc.nat(1_500), { minLength: 13, maxLength: 13 }), fc.boolean())
  .map(([prompt, completion, [a, b, c, d, e, f, g, h, i, j, k, l, m], isSimple]) => {
    const simple = { cachedPromptTokens: a ?? 0, cacheWriteTokens: b ?? 0, reasoningTokens: c ?? 0 };
    const more = {
      cacheWrite1hTokens: d ?? 0,
      audioPromptTokens: e ?? 0,
      cachedAudioTokens: f ?? 0,
      audioCompletionTokens: g ?? 0,
      imagePromptTokens: h ?? 0,
      cachedImageTokens: i ?? 0,
      imageCompletionTokens: j ?? 0,
      videoPromptTokens: k ?? 0,
      videoCompletionTokens: l ?? 0,
      citationTokens: m ?? 0,
    };
    return tokenUsage(prompt, completion, isSimple ? simple : { ...simple, ...more });
  });

/** Two calls as one. */
export function together(first: TokenUsage, second: TokenUsage): TokenUsage {
  const { details: _, ...plain } = first;
  const all = { ...plain, ...first.details };
  const other: Readonly<Record<string, unknown>> = { ...second, ...second.details };
  const names = new Set([...Object.keys(all), ...Object.keys(other)].filter((name) => name !== 'details'));
  const { promptTokens, completionTokens, ...parts } = Object.fromEntries(
    [...names].map((name) => [name, Number((all as typeof other)[name] ?? 0) + Number(other[name] ?? 0)]),
  );
  return tokenUsage(promptTokens ?? 0, completionTokens ?? 0, parts);
}
