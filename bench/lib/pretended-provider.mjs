import { setTimeout as sleep } from 'node:timers/promises';

/** What every call costs: 600 and 400 tokens at $100 a million are ten cents. */
export const call = {
  model: 'priced-model',
  promptTokens: 600,
  completionTokens: 400,
  usdPerMillionTokens: 100,
  nanoUsd: 100_000_000,
  usd: 0.1,
};

const ANSWERS_AFTER_MS = 3;

/**
 * Stands for a language model: it counts what reaches it, which is what would be billed, whatever a budget says of it. The
 * answer has the form of OpenAI's chat completions, which every peer reads. After `answersAtMost` calls it keeps silent.
 */
export function pretendedProvider({ answersAtMost = Number.POSITIVE_INFINITY } = {}) {
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    async send({ model }) {
      sent += 1;
      if (sent > answersAtMost) return new Promise(() => {});
      await sleep(ANSWERS_AFTER_MS);
      const { promptTokens, completionTokens } = call;
      const usage = { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: 1000 };
      return { object: 'chat.completion', model, choices: [], usage };
    },
  };
}
