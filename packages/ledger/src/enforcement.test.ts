import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BudgetExceededError } from './budget-errors.js';
import { createLedger, type Ledger, type LedgerOptions } from './ledger.js';
import { type SqliteStoreOptions, sqliteStore } from './stores/sqlite/index.js';
import { createThreadBudgets } from './thread-budgets.js';
import type { ThresholdCrossing } from './threshold-crossing.js';

/** Each is how somebody's limits failed; the names say whose. */

let directory: string;
let file: string;
let nowMs: number;
let opened: Ledger[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'enforcement-'));
  file = join(directory, 'ledger.db');
  nowMs = Date.parse('2026-05-05T12:00:00Z');
  opened = [];
});

afterEach(async () => {
  // Whatever a test did, every counter is the sum of its reservations.
  expect(await opened[0]?.store.audit()).toEqual([]);
  for (const ledger of opened) await ledger.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Another connection to the same file, as another process would have. */
async function openLedger(options: Omit<LedgerOptions, 'store'> & Omit<SqliteStoreOptions, 'file'> = {}) {
  const { busyTimeoutMs, ...ledgerOptions } = options;
  const store = await sqliteStore({ file, clock: { nowMs: () => nowMs }, busyTimeoutMs });
  const ledger = createLedger({ store, ...ledgerOptions });
  opened.push(ledger);
  return ledger;
}

async function stateOf(ledger: Ledger, scope: string) {
  const limit = (await ledger.readScope(scope))?.limits[0];
  if (limit === undefined) throw new Error(`${scope} has no limit`);
  const { used, held, overrun, remaining, resetsAtMs } = limit;
  return { used, held, overrun, remaining, resetsAtMs };
}

/** Nobody else can write until it is undone. */
function lockFile(): () => void {
  const other = new Sqlite(file);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

async function outcomesOf(calls: readonly Promise<unknown>[]) {
  const settled = await Promise.allSettled(calls);
  const refused = settled.filter((each) => each.status === 'rejected' && BudgetExceededError.isInstance(each.reason));
  return { admitted: settled.filter(({ status }) => status === 'fulfilled').length, refused: refused.length };
}

describe('calls at the same time', () => {
  it('check-then-spend lets every concurrent call through (litellm #34732): ten parallel 500-token calls on 1,000 tokens admit two', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const calls = Array.from({ length: 10 }, () => ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } }));
    expect(await outcomesOf(calls)).toEqual({ admitted: 2, refused: 8 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 1000n, remaining: 0n });
  });

  it('check-then-spend does so across processes too (litellm #40095): ten connections to one file admit two together', async () => {
    const ledgers = await Promise.all(Array.from({ length: 10 }, () => openLedger()));
    await ledgers[0]?.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const calls = ledgers.map((ledger) => ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } }));
    expect(await outcomesOf(calls)).toEqual({ admitted: 2, refused: 8 });
  });

  it('calls in flight are not counted (gbrain #4365): $5.135 were spent under a cap of $5', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'org', unit: 'nanoUsd', limit: 5_000_000_000 });
    const amounts = { nanoUsd: 1_027_000_000 };
    const calls = Array.from({ length: 5 }, (_, index) =>
      ledger.reserve({ id: `call-${index}`, scopes: ['org'], amounts }).then(({ id }) => ledger.settle(id, amounts)),
    );
    expect(await outcomesOf(calls)).toEqual({ admitted: 4, refused: 1 });
    expect(await stateOf(ledger, 'org')).toMatchObject({ used: 4_108_000_000n, held: 0n, overrun: 0n });
  });

  it('a limit above that has no room keeps nothing on the limits below', async () => {
    const ledger = await openLedger();
    await ledger.setParent('run:1', 'org');
    await ledger.setLimit({ scope: 'org', unit: 'tokens', limit: 100 });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 101 } })).rejects.toMatchObject({
      ...{ code: 'budget_exceeded', scope: 'org', asked: 101n },
    });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ held: 0n, remaining: 1000n });
  });
});

describe('holds', () => {
  it('a hold that leaks makes a phantom "budget exceeded" (litellm #27639): one that was never sent ends by itself', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 }, expiresInMs: 60_000 });
    nowMs += 59_999;
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } })).rejects.toThrow('no room');
    nowMs += 1;
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
  });

  it('holds that leak pile up (litellm #36926): five hundred of one crash refuse nobody once they are over', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'calls', limit: 500 });
    await Promise.all(
      Array.from({ length: 500 }, () =>
        ledger.reserve({ scopes: ['run:1'], amounts: { calls: 1 }, expiresInMs: 1000 }),
      ),
    );
    nowMs += 1000;
    await ledger.reserve({ scopes: ['run:1'], amounts: { calls: 500 } });
  });

  it('a cancelled stream keeps its hold (litellm #30522): released, it has room again at once', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
    await ledger.release(id);
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 0n, remaining: 1000n });
  });

  it('a hold that is cut down to the remaining headroom still overspends (litellm PR #26845): it is refused whole', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 600 } });
    const refusal = ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
    await expect(refusal).rejects.toMatchObject({ limit: 1000n, used: 0n, held: 600n, asked: 500n });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ held: 600n, remaining: 400n });
  });

  it('a hold that is larger than what was used blocks the next call (screenpipe #5747): the rest is free once it is settled', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 900 } });
    await ledger.settle(id, { tokens: 300 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 700 } });
  });

  it('a hold counts twice where a scope is named together with its parent (screenpipe #5747): it counts once', async () => {
    const ledger = await openLedger();
    await ledger.setParent('run:1', 'org');
    await ledger.setLimit({ scope: 'org', unit: 'tokens', limit: 1000 });
    await ledger.reserve({ scopes: ['run:1', 'org', 'run:1'], amounts: { tokens: 600 } });
    expect(await stateOf(ledger, 'org')).toMatchObject({ held: 600n });
  });

  it('what exceeded its hold is cut off or locks the scope: it is booked whole, marked, and what has room is admitted', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 100 } });
    await ledger.settle(id, { tokens: 900 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 900n, overrun: 800n, remaining: 100n });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 100 } });
  });
});

describe('what a call really cost', () => {
  it('a failed reconcile loses the actual cost (litellm PR #30039): the hold stands, and the next try books it', async () => {
    const ledger = await openLedger({ busyTimeoutMs: 30 });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
    await ledger.markSent(id);
    const unlock = lockFile();
    await expect(ledger.settle(id, { tokens: 400 })).rejects.toMatchObject({ kind: 'environment' });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 500n });
    unlock();
    await ledger.settle(id, { tokens: 400 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 400n, held: 0n });
  });

  it('a process that dies before it reconciles loses the actual cost (litellm PR #30039): what was sent is booked whole', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 }, expiresInMs: 1000 });
    await ledger.markSent(id);
    nowMs += 1000;
    await ledger.expireDue();
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 500n, held: 0n, overrun: 0n });
    expect(await ledger.readReservation(id)).toMatchObject({ status: 'expired', isEstimated: true });
    // Whoever comes late knows better.
    await ledger.settle(id, { tokens: 120 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 120n, overrun: 0n });
  });

  it('recovered streams are refunded to zero (litellm #35752): what was sent is released only with proof', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
    await ledger.markSent(id);
    await expect(ledger.release(id)).rejects.toMatchObject({ code: 'already_sent' });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ held: 500n });
  });

  it('a refund after all loses what was billed (litellm #35752): a settlement after the release is booked', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
    await ledger.release(id);
    await ledger.settle(id, { tokens: 400 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 400n, held: 0n, overrun: 400n });
  });

  it('a partial failure is counted twice (litellm #35569): every verb may be repeated, from another process too', async () => {
    const [ledger, other] = [await openLedger(), await openLedger()];
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const request = { id: 'call-1', scopes: ['run:1'], amounts: { tokens: 500 } };
    for (const each of [ledger, other, ledger]) await each.reserve(request);
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ held: 500n });
    for (const each of [ledger, other, ledger]) await each.markSent('call-1');
    for (const each of [ledger, other, ledger]) await each.settle('call-1', { tokens: 400 });
    await ledger.reserve(request);
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 400n, held: 0n });
  });

  it('a retry with other numbers replaces or doubles the first (litellm #35569): the first stand, and the caller is told', async () => {
    const ledger = await openLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
    await ledger.settle(id, { tokens: 400 });
    await expect(ledger.settle(id, { tokens: 500 })).rejects.toMatchObject({ code: 'already_settled' });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 400n });
  });
});

describe('a store that is down', () => {
  it('allows everything (litellm #33923): a reservation is refused, and nothing of it is left', async () => {
    const ledger = await openLedger({ busyTimeoutMs: 30 });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const unlock = lockFile();
    const reservation = ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } });
    await expect(reservation).rejects.toMatchObject({ code: 'ledger_busy', kind: 'environment' });
    unlock();
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 0n });
  });

  it('allows everything in silence (litellm #33923): whoever chose `allow` is told, and what was used is booked later', async () => {
    const lines: string[] = [];
    const ledger = await openLedger({ busyTimeoutMs: 30, onStoreFailure: 'allow', log: (line) => lines.push(line) });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000, thresholds: [] });
    const unlock = lockFile();
    const held = await ledger.reserve({ id: 'call-1', scopes: ['run:1'], amounts: { tokens: 500 } });
    await ledger.markSent('call-1');
    expect(held.isUnrecorded).toBe(true);
    expect(lines).toEqual([expect.stringContaining('call-1 goes on without a limit')]);
    unlock();
    await ledger.settle('call-1', { tokens: 400 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 400n, held: 0n, overrun: 400n });
  });
});

describe('warnings', () => {
  it('a warning that throws makes the paid call be retried and billed again: the settlement stands, and all others are told', async () => {
    const told: ThresholdCrossing[] = [];
    const ledger = await openLedger({
      log: () => {
        throw new Error('no log');
      },
    });
    ledger.onThreshold(() => {
      throw new Error('no warning');
    });
    ledger.onThreshold(() => Promise.reject(new Error('no warning later')));
    ledger.onThreshold((crossing) => told.push(crossing));
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 950 } });
    await expect(ledger.settle(id, { tokens: 950 })).resolves.toMatchObject({ status: 'settled' });
    expect(told.map(({ percent }) => percent)).toEqual([75, 90, 95]);
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 950n, held: 0n });
  });

  it.each([{ tokens: -1 }, { tokens: 1.5 }, { tokens: Number.NaN }, {}, { token: 5 } as never])(
    'usage that makes no sense (%j) is booked as nothing: it is refused, and the hold stands',
    async (usage) => {
      const ledger = await openLedger();
      await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1000 });
      const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 500 } });
      await expect(ledger.settle(id, usage)).rejects.toMatchObject({ code: 'amount_invalid' });
      expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 500n });
    },
  );
});

describe('windows', () => {
  const day = (timeZone: string) => ({ scope: 'run:1', unit: 'tokens', window: { every: 'day', timeZone } }) as const;

  it('a reset erases spending that races with it (litellm #34733, #22013): what is settled after midnight counts in the day before', async () => {
    nowMs = Date.parse('2026-05-05T23:59:59.999Z');
    const [ledger, other] = [await openLedger(), await openLedger()];
    await ledger.setLimit({ ...day('UTC'), limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 600 } });
    const second = await other.reserve({ scopes: ['run:1'], amounts: { tokens: 300 } });
    const before = new Sqlite(file);
    nowMs += 1;
    await other.reserve({ scopes: ['run:1'], amounts: { tokens: 900 } });
    await ledger.settle(id, { tokens: 550 });
    await other.settle(second.id, { tokens: 250 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, held: 900n });
    const days = `SELECT used, held FROM counters WHERE every = 'day' ORDER BY starts_at_ms`;
    expect(before.prepare(days).all()).toEqual([
      { used: 800, held: 0 },
      { used: 0, held: 900 },
    ]);
    before.close();
    expect((await ledger.readScope('run:1'))?.usage).toEqual([{ unit: 'tokens', used: 800n, held: 900n, overrun: 0n }]);
  });

  it('a reset that comes late or never keeps refusing: the first call of the new day is admitted', async () => {
    nowMs = Date.parse('2026-05-05T23:59:59.999Z');
    const ledger = await openLedger();
    await ledger.setLimit({ ...day('UTC'), limit: 1000 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
    const refusal = ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } });
    await expect(refusal).rejects.toMatchObject({ resetsAtMs: nowMs + 1 });
    nowMs += 1;
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
  });

  it('enforcement in UTC and report in local time disagree: both have the day of the zone that was named', async () => {
    // 23:30 in Kolkata.
    nowMs = Date.parse('2026-05-05T18:00:00Z');
    const ledger = await openLedger();
    await ledger.setLimit({ ...day('Asia/Kolkata'), limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
    await ledger.settle(id, { tokens: 1000 });
    const resetsAtMs = Date.parse('2026-05-05T18:30:00Z');
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 1000n, resetsAtMs });
    nowMs = resetsAtMs;
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n, resetsAtMs: resetsAtMs + 86_400_000 });
    const next = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
    await ledger.settle(next.id, { tokens: 1000 });
    // A new day in UTC is none there.
    nowMs = Date.parse('2026-05-06T00:00:00Z');
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } })).rejects.toThrow('no room');
  });

  it.each([
    ['of 23 hours', '2026-03-28T23:00:00Z', 23],
    ['of 25 hours', '2026-10-24T22:00:00Z', 25],
  ])('a day %s ends an hour early or late: it ends at midnight', async (_, midnight, hours) => {
    nowMs = Date.parse(midnight);
    const ledger = await openLedger();
    await ledger.setLimit({ ...day('Europe/Paris'), limit: 1000 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 }, expiresInMs: 2 * 86_400_000 });
    nowMs += hours * 3_600_000 - 1;
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } })).rejects.toThrow('no room');
    nowMs += 1;
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
  });

  it('an end that is a date leaves that day out: its last millisecond belongs to it', async () => {
    nowMs = Date.parse('2026-05-31T23:59:59.999Z');
    const ledger = await openLedger();
    const window = { every: 'month', timeZone: 'UTC' } as const;
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', window, limit: 1000 });
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 700 } });
    await ledger.settle(id, { tokens: 700 });
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 700n });
    nowMs += 1;
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n });
  });

  it('times are compared as the clock on the wall shows them: an hour lasts an hour also where one is repeated', async () => {
    // 02:30 in Paris, the first time of that night.
    nowMs = Date.parse('2026-10-25T00:30:00Z');
    const ledger = await openLedger();
    await ledger.setLimit({ ...day('Europe/Paris'), limit: 1000 });
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 }, expiresInMs: 3_600_000 });
    nowMs += 3_599_999;
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } })).rejects.toThrow('no room');
    nowMs += 1;
    await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1000 } });
  });

  it('a limit that is set later counts from then on only: it counts what its window saw before', async () => {
    const ledger = await openLedger();
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 600 } });
    await ledger.settle(id, { tokens: 600 });
    await ledger.setLimit({ ...day('UTC'), limit: 1000 });
    await expect(ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 401 } })).rejects.toThrow('no room');
  });

  it('a settlement of yesterday makes a counter that knows only itself: what others used that day is in it', async () => {
    const ledger = await openLedger();
    const first = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 100 } });
    await ledger.settle(first.id, { tokens: 100 });
    const second = await ledger.reserve({ scopes: ['run:1'], amounts: { calls: 1 }, expiresInMs: 3 * 86_400_000 });
    nowMs += 86_400_000;
    await ledger.setLimit({ ...day('UTC'), limit: 1000 });
    await ledger.settle(second.id, { calls: 1, tokens: 7 });
    expect(await ledger.store.audit()).toEqual([]);
    expect(await stateOf(ledger, 'run:1')).toMatchObject({ used: 0n });
  });
});

describe('threads that are removed', () => {
  it('a hold that outlives its thread is taken off the next of that name: the limit does not grow by it', async () => {
    const ledger = await openLedger();
    const threads = createThreadBudgets(ledger, { maxTokens: 1000 });
    await threads.getBudget('t');
    const { id } = await ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 600 } });
    await threads.cleanupThread('t');
    await threads.getBudget('t');
    expect(await stateOf(ledger, 'thread:t')).toMatchObject({ used: 0n, held: 600n, remaining: 400n });
    await ledger.settle(id, { tokens: 100 });
    expect(await stateOf(ledger, 'thread:t')).toMatchObject({ used: 100n, held: 0n, remaining: 900n });
  });

  it('a thread that is made anew begins with nothing used, and its counter is the sum of its own reservations', async () => {
    const ledger = await openLedger();
    const threads = createThreadBudgets(ledger, { maxTokens: 1000 });
    await threads.consume('t', { promptTokens: 300, completionTokens: 200 });
    await threads.cleanupThread('t');
    expect(await threads.getUsage('t')).toBeNull();
    expect(await threads.consume('t', { promptTokens: 5, completionTokens: 2 })).toMatchObject({
      budget: { totalTokens: 7n, requestCount: 1 },
      thresholds: [],
    });
    expect(await ledger.store.audit()).toEqual([]);
  });

  it('counters of removed threads grow without end: they go with the last of their reservations', async () => {
    const ledger = await openLedger();
    const threads = createThreadBudgets(ledger);
    for (const thread of ['a', 'b', 'c']) {
      await threads.consume(thread, { promptTokens: 300, completionTokens: 200 });
      await threads.cleanupThread(thread);
    }
    await threads.getBudget('unused');
    await threads.cleanupThread('unused');
    for (let week = 0; week < 13; week += 1) {
      nowMs += 7 * 86_400_000;
      await threads.consume('d', { promptTokens: 1, completionTokens: 1 });
    }
    nowMs += 86_400_000;
    for (let count = 0; count < 3; count += 1) await threads.consume('d', { promptTokens: 1, completionTokens: 1 });
    const reader = new Sqlite(file, { readonly: true });
    expect(reader.prepare('SELECT DISTINCT scope FROM counters').pluck().all()).toEqual(['thread:d']);
    reader.close();
  });
});
