// What is held side by side. Each file is one package, used in the way that its authors document:
//
//   name        its row
//   isShared    whether processes can share the budget in this way
//   hasModels   whether it is told the model of a call, and so meets unknown ones
//   isRefusal   tells the error with which it says no from one that means a mistake of ours
//   open        makes or opens a budget of `budgetUsd` in `file`, for calls that `send` would bill; resolves to
//     call      one call of a model, as the documentation shows; rejects when it is refused
//     hold      sets the price of a call aside and sends nothing, where there is such a thing
//     spentUsd  what it says was spent, as text, with every digit
//     close
import { ledger } from './ledger.mjs';
import { llmBudgetPeers } from './llm-budget.mjs';
import { llmCostGuard } from './llm-cost-guard.mjs';
import { llmSpendGuard } from './llm-spend-guard.mjs';
import { rateLimiterPeers } from './rate-limiter-flexible.mjs';

export const budgetPeers = [ledger, ...llmBudgetPeers, ...rateLimiterPeers, llmCostGuard, llmSpendGuard];

export function budgetPeer(name) {
  const peer = budgetPeers.find((each) => each.name === name);
  if (peer === undefined) throw new Error(`There is no peer "${name}".`);
  return peer;
}
