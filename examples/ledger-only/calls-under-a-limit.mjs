// Twenty calls at once under a limit of one dollar, and a thread under a budget of tokens. The provider is made up.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  amountText,
  BudgetExceededError,
  BudgetExhaustedError,
  createLedger,
  createThreadBudgets,
} from '@budget/ledger';
import { sqliteStore } from '@budget/ledger/sqlite';

const file = join(await mkdtemp(join(tmpdir(), 'budget-example-')), 'ledger.db');
const ledger = createLedger({ store: await sqliteStore({ file }) });

// 1. What may be spent, and on whose account. The organisation has no limit of its own and is counted all the same.
await ledger.setLimit({ scope: 'run:nightly', unit: 'nanoUsd', limit: 1_000_000_000 });
await ledger.setParent('run:nightly', 'org');
ledger.onThreshold(({ percent, severity, used, unit }) =>
  console.log(`  ${severity}: ${percent}% reached, ${amountText(unit, used)} used`),
);

// 2. What a call may cost at most is set aside before it, so that calls at the same time cannot spend the same money.
const atMost = { nanoUsd: 80_000_000, tokens: 8_000, calls: 1 };
const actual = { nanoUsd: 50_000_000, tokens: 5_000 };
let waiting = Array.from({ length: 20 }, (_, index) => `call-${index + 1}`);
for (let round = 1; waiting.length > 0; round += 1) {
  const refusals = await callAll(waiting);
  console.log(`Round ${round}: ${waiting.length - refusals.length} of ${waiting.length} calls were made.`);
  // A limit that refuses may have room again once running calls have cost less than they might have.
  if (refusals.length === waiting.length) {
    console.log(`Refused for good: ${refusals[0]?.error.message}`);
    break;
  }
  waiting = refusals.map(({ id }) => id);
}
await printTotals();

// 3. A limit holds as far as estimates do. What exceeds its hold is booked whole and marked.
const tooLow = await ledger.reserve({ scopes: ['run:nightly'], amounts: { nanoUsd: 40_000_000, calls: 1 } });
await ledger.markSent(tooLow.id);
const settled = await ledger.settle(tooLow.id, { nanoUsd: 70_000_000 });
console.log(`A call cost ${amountText('nanoUsd', settled.overrun.nanoUsd ?? 0n)} more than was held for it.`);
await printTotals();

// 4. A budget of tokens for each thread of a conversation, with texts for the model.
const threads = createThreadBudgets(ledger, { maxTokens: 10_000 });
for (const completionTokens of [4_600, 2_200, 1_100, 50]) {
  await threads.checkBudget('thread-of-alice', 400 + completionTokens);
  const { thresholds } = await threads.consume('thread-of-alice', { promptTokens: 400, completionTokens });
  for (const { message } of thresholds) console.log(message);
}
try {
  await threads.checkBudget('thread-of-alice', 2_000);
} catch (error) {
  if (!BudgetExhaustedError.isInstance(error)) throw error;
  console.log(error.message);
}

await ledger.close();
console.log(`Ledger: ${file}`);

/**
 * Makes those calls that the limit has room for, all at once.
 * @param {readonly string[]} ids
 */
async function callAll(ids) {
  const refusals = /** @type {{ id: string, error: BudgetExceededError }[]} */ ([]);
  const held = /** @type {string[]} */ ([]);
  await Promise.all(
    ids.map(async (id) => {
      try {
        await ledger.reserve({ id, scopes: ['run:nightly'], amounts: atMost, expiresInMs: 60_000 });
        held.push(id);
      } catch (error) {
        if (!BudgetExceededError.isInstance(error)) throw error;
        refusals.push({ id, error });
      }
    }),
  );
  await Promise.all(held.map(makeCall));
  return refusals;
}

/** @param {string} id */
async function makeCall(id) {
  // From here on it may be billed: should this process die, the whole hold is booked when it expires.
  await ledger.markSent(id);
  await sleep(5);
  // A unit that is not named, here the call itself, is booked as it was held.
  await ledger.settle(id, actual);
}

async function printTotals() {
  for (const scope of ['run:nightly', 'org']) {
    const { limits = [], usage = [] } = (await ledger.readScope(scope)) ?? {};
    const used = usage.map((each) => amountText(each.unit, each.used)).join(', ');
    const left = limits.map((limit) => `${amountText(limit.unit, limit.remaining)} left`).join(', ');
    console.log(`${scope}: ${used}; ${left || 'no limit'}`);
  }
}
