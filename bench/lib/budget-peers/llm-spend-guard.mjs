import { BudgetExceededError, estimateMessagesTokens, LLMGuard } from 'llm-spend-guard';
import { call } from '../pretended-provider.mjs';

const TOKENS_PER_CALL = call.promptTokens + call.completionTokens;
const TOKENS_PER_USD = Math.round(TOKENS_PER_CALL / call.usd);
const messages = [{ role: 'user', content: 'What is the meaning of life?' }];

/** A wrapped client, in memory. Its budgets are tokens: a call's 1,000 stand for ten cents. */
export const llmSpendGuard = {
  name: 'llm-spend-guard',
  isShared: false,
  hasModels: true,
  isRefusal: (error) => error instanceof BudgetExceededError,
  async open({ budgetUsd, send }) {
    const guard = new LLMGuard({ globalBudgetTokens: budgetUsd * TOKENS_PER_USD });
    guard.wrapOpenAI({ chat: { completions: { create: send } } });
    return {
      call(model) {
        // What it expects of a call is so what the call will use.
        const maxTokens = TOKENS_PER_CALL - estimateMessagesTokens(messages, model);
        return guard.openai.chat({ model, messages, max_tokens: maxTokens });
      },
      async spentUsd() {
        const [{ used }] = await guard.getStats();
        return String(used / TOKENS_PER_USD);
      },
      close: async () => {},
    };
  },
};
