import { join } from 'node:path';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { temporaryStore } from '../../testing/temporary-store.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';
import type { SqliteStore } from './index.js';

// A hold is entered among those that end by themselves only when it has lasted for a while.

const SCOPE = 'run:1';

async function storeAt(clock: TestClock): Promise<SqliteStore> {
  const store = await temporaryStore({ clock });
  await store.setLimit({ scope: SCOPE, unit: 'tokens', window: null, limit: 10n, thresholds: [] });
  // What is held from now on was not looked through.
  await store.book({ id: 'earlier', scopes: [SCOPE], amounts: { tokens: 0n } });
  await store.expireDue(1);
  return store;
}

function hold(store: SqliteStore, id: string, expiresInMs: number, tokens = 10n) {
  return store.reserve({ id, scopes: [SCOPE], amounts: { tokens }, expiresInMs });
}

/** Whether somebody else may hold all there is. */
async function isFree(store: SqliteStore, id = 'next'): Promise<boolean> {
  return (await hold(store, id, 1000)).status === 'reserved';
}

function entries(store: SqliteStore): readonly unknown[] {
  const database = new Sqlite(store.file, { readonly: true });
  try {
    return database.prepare('SELECT at_ms, id FROM expiries LEFT JOIN reservations USING (seq)').raw().all();
  } finally {
    database.close();
  }
}

it.each([1, 14_999, 15_000, 15_001, 30_000, 3_600_000])(
  'a hold of %i ms that nobody ends is free after this time and not before, whoever looked meanwhile',
  async (expiresInMs) => {
    for (const looks of [0, 1, 7]) {
      const clock = new TestClock();
      const store = await storeAt(clock);
      const endsAtMs = clock.nowMs() + expiresInMs;
      await hold(store, 'r1', expiresInMs);
      for (let look = 0; look < looks; look++) {
        clock.forward(Math.floor((expiresInMs - 1) / looks));
        expect(await isFree(store, `look-${look}`)).toBe(false);
      }
      clock.forward(endsAtMs - 1 - clock.nowMs());
      expect(await isFree(store, 'too-early')).toBe(false);
      clock.forward(1);
      expect(await isFree(store)).toBe(true);
    }
  },
);

it('a hold that is settled before it was entered is never entered, and one that was is taken out', async () => {
  const clock = new TestClock();
  const store = await storeAt(clock);
  await hold(store, 'quick', 60_000, 1n);
  await store.settle('quick', { tokens: 1n });
  await hold(store, 'slow', 60_000, 1n);
  expect(entries(store)).toEqual([]);
  clock.forward(15_000);
  expect(await store.expireDue(16)).toMatchObject({ count: 0 });
  expect(entries(store)).toEqual([[clock.nowMs() + 45_000, 'slow']]);
  await store.settle('slow', { tokens: 1n });
  expect(entries(store)).toEqual([]);
});

it('a hold that was extended ends when it was extended to', async () => {
  const clock = new TestClock();
  const store = await storeAt(clock);
  await hold(store, 'r1', 20_000);
  await store.extend('r1', 60_000);
  await store.extend('r1', 40_000);
  clock.forward(39_999);
  expect(await isFree(store, 'too-early')).toBe(false);
  clock.forward(1);
  expect(await isFree(store)).toBe(true);
  expect(entries(store)).toEqual([[clock.nowMs() + 1000, 'next']]);
});

it('a hold that was made while the clock was behind is free at its time', async () => {
  const clock = new TestClock();
  const store = await storeAt(clock);
  await hold(store, 'before', 20_000, 1n);
  clock.forward(15_000);
  await store.expireDue(16);
  await store.settle('before', { tokens: 0n });
  clock.forward(-DAY_MS);
  await hold(store, 'r1', 20_000);
  clock.forward(DAY_MS + 1);
  expect(await isFree(store)).toBe(true);
});

it('a hold whose row has the number of one that was removed is free at its time', async () => {
  const clock = new TestClock();
  const store = await temporaryStore({ clock, retentionDays: 32 });
  await store.setLimit({ scope: SCOPE, unit: 'tokens', window: null, limit: 10n, thresholds: [] });
  for (const id of ['a', 'b', 'c']) {
    await hold(store, id, 20_000, 0n);
    await store.settle(id, { tokens: 0n });
  }
  clock.forward(15_000);
  await store.expireDue(16);
  // As if they had been forgotten.
  const database = new Sqlite(store.file);
  database.exec('DELETE FROM reservations');
  database.close();
  await hold(store, 'r1', 20_000);
  clock.forward(20_000);
  expect(await isFree(store)).toBe(true);
});

it('so many are looked through at most, however soon they came', async () => {
  const store = await temporaryStore({ clock: new TestClock() });
  const held = Array.from({ length: 4002 }, (_, index) => hold(store, `r${index}`, 60_000, 1n));
  await Promise.all(held);
  // The first by the second, and then 4,000 by the last.
  expect(entries(store)).toHaveLength(4001);
});

it('holds of a ledger that was moved end in the new one', async () => {
  const clock = new TestClock();
  const from = await storeAt(clock);
  await hold(from, 'r1', 20_000);
  const to = await temporaryStore({ clock, file: join(temporaryDirectory(), 'new.db') });
  const pages: Parameters<Parameters<SqliteStore['exportRecords']>[0]>[0][] = [];
  await from.exportRecords(async (page) => void pages.push(page));
  expect(await to.importRecords(inOrder(pages))).toBe('imported');
  expect(entries(to)).toEqual([[clock.nowMs() + 20_000, 'r1']]);
  clock.forward(20_000);
  expect(await isFree(to)).toBe(true);
});

async function* inOrder<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
