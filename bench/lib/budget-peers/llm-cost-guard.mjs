import { createRequire } from 'node:module';
import { call } from '../pretended-provider.mjs';

// Its entry for `import` does not load in Node: it names files without their extension. The one for `require` does.
const require = createRequire(import.meta.url);
const {
  BudgetExceededError,
  createExpressMiddleware,
  createGuard,
  UnknownModelPricingError,
} = require('llm-cost-guard');

const WINDOW_MS = 86_400_000;

class OverBudget extends Error {}

/** A wrapped client behind its middleware with `precheck`, so that it can say no before a call and not only after. */
export const llmCostGuard = {
  name: 'llm-cost-guard',
  isShared: false,
  hasModels: true,
  isRefusal: (error) =>
    [BudgetExceededError, OverBudget, UnknownModelPricingError].some((kind) => error instanceof kind),
  async open({ budgetUsd, send }) {
    const price = { inputPerMillionUsd: call.usdPerMillionTokens, outputPerMillionUsd: call.usdPerMillionTokens };
    const guard = createGuard({
      budgets: [{ id: 'bench', limitUsd: budgetUsd, windowMs: WINDOW_MS }],
      pricing: { [call.model]: price },
    });
    const client = guard.wrap({ chat: { completions: { create: send } } });
    const precheck = { enabled: true, windowMs: WINDOW_MS, maxSpendUsd: budgetUsd };
    const middleware = createExpressMiddleware(guard, { precheck });
    return {
      async call(model) {
        await passed(middleware);
        await client.chat.completions.create({ model, messages: [] });
      },
      spentUsd: async () => String((await guard.getUsage()).totalSpendUsd),
      close: async () => {},
    };
  },
};

/** A request that goes through a middleware of Express: on, or answered with a status. */
function passed(middleware) {
  return new Promise((resolve, reject) => {
    const answer = { status: (code) => ({ json: () => reject(new OverBudget(`status ${code}`)) }) };
    middleware({ headers: {} }, answer, (error) => (error ? reject(error) : resolve()));
  });
}
