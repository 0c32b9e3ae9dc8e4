import { snakeCase } from './snake-keys.js';
import { type Counts, type Modalities, modalities, noDetails, type TokenDetails } from './usage-details.js';
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
    parts: modalityDetails(promptParts, cachedParts, completionParts),
  };
}

export const interactionKeys: readonly string[] = ['total_input_tokens', 'total_output_tokens'];

/** Google's interactions, https://ai.google.dev/gemini-api/docs/tokens: the same stand beside each other as above. */
export function interactionCounts(usage: Fields): Counts {
  const reasoningTokens = count(usage['total_thought_tokens']);
  const promptParts = modalities(usage['input_tokens_by_modality'], usage['tool_use_tokens_by_modality']);
  const cachedParts = modalities(usage['cached_tokens_by_modality']);
  const completionParts = modalities(usage['output_tokens_by_modality']);
  return {
    promptTokens: count(usage['total_input_tokens']) + count(usage['total_tool_use_tokens']),
    completionTokens: count(usage['total_output_tokens']) + reasoningTokens,
    cachedPromptTokens: count(usage['total_cached_tokens']),
    cacheWriteTokens: 0,
    reasoningTokens,
    parts: modalityDetails(promptParts, cachedParts, completionParts),
  };
}

function modalityDetails(prompt: Modalities, cached: Modalities, completion: Modalities): TokenDetails {
  return {
    ...noDetails,
    audioPromptTokens: prompt.audio,
    imagePromptTokens: prompt.image,
    videoPromptTokens: prompt.video,
    cachedAudioTokens: cached.audio,
    cachedImageTokens: cached.image,
    audioCompletionTokens: completion.audio,
    imageCompletionTokens: completion.image,
    videoCompletionTokens: completion.video,
  };
}
