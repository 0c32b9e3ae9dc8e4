import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLedger, type Ledger } from './ledger.js';
import { temporaryStore } from './testing/temporary-store.js';
import { createThreadBudgets } from './thread-budgets.js';

/** How often the event loop had its turn meanwhile. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const counted = (async () => {
    for (; !isOver; turns += 1) await nextTurn();
  })();
  await work;
  isOver = true;
  await counted;
  return turns;
}

async function ledgerWithScopes(count: number): Promise<Ledger> {
  const ledger = createLedger({ store: await temporaryStore() });
  const all = Array.from({ length: count }, (_, index) => index);
  await Promise.all(
    all.map((index) => ledger.store.book({ id: `b${index}`, scopes: [`run:${index}`], amounts: { tokens: 1n } })),
  );
  return ledger;
}

// Each held the event loop, and with it every stream of the process, for as long as it took.
describe('what takes long gives the event loop its turns', { timeout: 60_000 }, () => {
  it('a list of scopes, and an audit of their counters', async () => {
    const ledger = await ledgerWithScopes(1500);
    expect(await turnsDuring(ledger.listScopes())).toBeGreaterThanOrEqual(4);
    expect(await turnsDuring(ledger.store.audit())).toBeGreaterThanOrEqual(8);
  });

  it('the usage of all threads, and the end of all of them', async () => {
    const ledger = createLedger({ store: await temporaryStore() });
    const threads = createThreadBudgets(ledger);
    await Promise.all(Array.from({ length: 2100 }, (_, index) => threads.getBudget(`t${index}`)));
    let all: readonly unknown[] = [];
    const listing = threads.getAllUsage().then((found) => {
      all = found;
    });
    expect(await turnsDuring(listing)).toBeGreaterThanOrEqual(2);
    expect(all).toHaveLength(2100);
    expect(await turnsDuring(threads.clear())).toBeGreaterThanOrEqual(20);
    expect(await threads.getAllUsage()).toEqual([]);
  });
});
