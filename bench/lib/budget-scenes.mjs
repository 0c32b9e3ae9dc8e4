import { setTimeout as sleep } from 'node:timers/promises';
import { call, pretendedProvider } from './pretended-provider.mjs';

const POLL_MS = 5;

/** `calls` calls at the same time. Resolves to how many reached the provider, and what the budget says was spent. */
export function spendAtOnce(peer, place, calls) {
  return withBudget(peer, place, (budget) =>
    Promise.all(Array.from({ length: calls }, () => isAdmitted(peer, budget, call.model))),
  );
}

/** As many calls of the model, one after the other. */
export function spendInTurn(peer, place, calls, model = call.model) {
  return withBudget(peer, place, async (budget) => {
    for (let made = 0; made < calls; made += 1) await isAdmitted(peer, budget, model);
  });
}

/** What a process finds after another died: it spends until it is refused, at once and again after `waitMs`. */
export async function spendAfterDeath(peer, { waitMs, ...place }, atMost) {
  let sentAtOnce = 0;
  const result = await withBudget(peer, place, async (budget, provider) => {
    await spendUntilRefused(peer, budget, atMost);
    sentAtOnce = provider.sent;
    await sleep(waitMs);
    await spendUntilRefused(peer, budget, atMost);
  });
  return { ...result, sentAtOnce };
}

/**
 * Finishes `each` calls, sends as many that stay without an answer, and sets as many aside, where the peer can. Resolves
 * in the middle of that, so that the process can be killed.
 */
export async function stopHalfway(peer, place, each) {
  const provider = pretendedProvider({ answersAtMost: each });
  const budget = await peer.open({ ...place, send: provider.send });
  const makeCalls = () => Array.from({ length: each }, () => budget.call(call.model));
  await Promise.all(makeCalls());
  for (const unanswered of makeCalls()) unanswered.catch(failLoudly);
  while (provider.sent < 2 * each) await sleep(POLL_MS);
  if (budget.hold !== undefined) await Promise.all(Array.from({ length: each }, () => budget.hold()));
}

/** `beforeSpending` is where processes wait for each other, with their budgets open. */
async function withBudget(peer, { beforeSpending, ...place }, spend) {
  const provider = pretendedProvider();
  const budget = await peer.open({ ...place, send: provider.send });
  try {
    const saidBeforeUsd = await budget.spentUsd();
    await beforeSpending?.();
    await spend(budget, provider);
    return { sent: provider.sent, saidBeforeUsd, saidUsd: await budget.spentUsd() };
  } finally {
    await budget.close();
  }
}

async function spendUntilRefused(peer, budget, atMost) {
  for (let made = 0; made < atMost && (await isAdmitted(peer, budget, call.model)); made += 1);
}

/** Whether a call went well. An error that is no refusal is a mistake of the measurement, and ends it. */
async function isAdmitted(peer, budget, model) {
  try {
    await budget.call(model);
    return true;
  } catch (error) {
    if (peer.isRefusal(error)) return false;
    throw error;
  }
}

function failLoudly(error) {
  console.error(error);
  process.exit(1);
}
