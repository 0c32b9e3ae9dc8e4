import { snakeCase } from './snake-keys.js';
import { type Counts, modalities, noDetails } from './usage-details.js';
import { count, type Fields } from './usage-fields.js';

const camelKeys = ['promptTokenCount', 'candidatesTokenCount', 'responseTokenCount', 'totalTokenCount'];

/** Google's Python SDK writes the same object with names in snake_case. */
const snakeKeys = camelKeys.map(snakeCase);

export const googleKeys: readonly string[] = [...camelKeys, ...snakeKeys];

/**
 * Google, https://ai.google.dev/api/generate-content#UsageMetadata: thoughts stand beside the candidates, tool-use
 * prompts beside the prompt, cached content inside the prompt. The live API says response instead of candidates, an
 * embedding has a prompt alone.
 */
export function googleCounts(usage: Fields): Counts {
  const isSnakeCase = snakeKeys.some((key) => usage[key] !== undefined);
  const value = (name: string) => usage[isSnakeCase ? snakeCase(name) : name] ?? undefined;
  const reasoningTokens = count(value('thoughtsTokenCount'));
  const completionTokens = count(value('candidatesTokenCount') ?? value('responseTokenCount')) + reasoningTokens;
  const prompt = value('promptTokenCount');
  const promptParts = modalities(
    value('promptTokensDetails') ?? value('promptTokenDetails'),
    value('toolUsePromptTokensDetails'),
  );
  const cachedParts = modalities(value('cacheTokensDetails'));
  const completionParts = modalities(value('candidatesTokensDetails') ?? value('responseTokensDetails'));
  return {
    // The first events of a stream may carry the total alone: what is not completion was prompt.
    promptTokens:
      prompt === undefined
        ? Math.max(0, count(value('totalTokenCount')) - completionTokens)
        : count(prompt) + count(value('toolUsePromptTokenCount')),
    completionTokens,
    cachedPromptTokens: count(value('cachedContentTokenCount')),
    cacheWriteTokens: 0,
    reasoningTokens,
    parts: {
      ...noDetails,
      audioPromptTokens: promptParts.audio,
      imagePromptTokens: promptParts.image,
      videoPromptTokens: promptParts.video,
      cachedAudioTokens: cachedParts.audio,
      cachedImageTokens: cachedParts.image,
      audioCompletionTokens: completionParts.audio,
      imageCompletionTokens: completionParts.image,
      videoCompletionTokens: completionParts.video,
    },
  };
}
