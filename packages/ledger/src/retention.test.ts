import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { SqliteStore } from './stores/sqlite/index.js';
import { oneToken, temporaryStore } from './testing/temporary-store.js';
import { DAY_MS, TestClock } from './testing/test-clock.js';

const RETENTION_DAYS = 32;

async function storeWithClock() {
  const clock = new TestClock();
  return { clock, store: await temporaryStore({ clock, retentionDays: RETENTION_DAYS }) };
}

function rowsOf({ file }: SqliteStore, table: 'reservations' | 'counters'): number {
  const database = new Sqlite(file, { readonly: true });
  try {
    return database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    database.close();
  }
}

async function spend(store: SqliteStore, id: string, scope?: string): Promise<void> {
  await store.reserve(oneToken(id, scope));
  await store.settle(id, { tokens: 2n });
}

describe('reservations that are over', { timeout: 30_000 }, () => {
  it('vanish as new ones are made, two at a time, and what they used stays counted', async () => {
    const { clock, store } = await storeWithClock();
    for (let count = 0; count < 20; count += 1) await spend(store, `old-${count}`);
    clock.forward((RETENTION_DAYS / 2) * DAY_MS);
    await spend(store, 'midway');
    clock.forward((RETENTION_DAYS / 2) * DAY_MS);
    await spend(store, 'not yet');
    expect(rowsOf(store, 'reservations')).toBe(22);
    clock.forward(1);
    for (let count = 1; count <= 10; count += 1) {
      await spend(store, `new-${count}`);
      expect(rowsOf(store, 'reservations')).toBe(22 - count);
      expect(await store.audit()).toEqual([]);
    }
    expect(await store.readReservation('old-19')).toBeNull();
    expect(await store.readReservation('not yet')).not.toBeNull();
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 64n, held: 0n, overrun: 32n }] });
    expect(await store.settle('old-0', { tokens: 2n })).toMatchObject({ status: 'unknown' });
  });

  it('vanish with bookings too, though holds that nobody ended came before them', async () => {
    // Two of them at the beginning kept every row that came after.
    const { clock, store } = await storeWithClock();
    for (const id of ['crashed-1', 'crashed-2', 'crashed-3']) await store.reserve(oneToken(id));
    await store.markSent('crashed-3');
    for (let day = 0; day < 3 * RETENTION_DAYS; day += 1) {
      clock.forward(DAY_MS);
      await store.book({ id: `day-${day}`, scopes: ['run:1'], amounts: { tokens: 1n } });
    }
    expect(rowsOf(store, 'reservations')).toBeLessThanOrEqual(RETENTION_DAYS + 1);
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 97n, held: 0n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('vanish though two before them are held for ever, which stay', async () => {
    const { clock, store } = await storeWithClock();
    const lasting = ['lasting-1', 'lasting-2', 'lasting-3'];
    for (const id of lasting) await store.reserve(oneToken(id));
    for (let count = 0; count < 3 * RETENTION_DAYS * 2; count += 1) {
      for (const id of lasting) await store.extend(id, DAY_MS);
      clock.forward(DAY_MS / 2);
      await spend(store, `spent-${count}`);
    }
    expect(rowsOf(store, 'reservations')).toBeLessThanOrEqual(RETENTION_DAYS * 2 + 2 + lasting.length);
    for (const id of lasting) expect(await store.settle(id, { tokens: 1n })).toMatchObject({ status: 'changed' });
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 387n, held: 0n, overrun: 192n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('are bounded in number by what is made while they are kept', async () => {
    const { clock, store } = await storeWithClock();
    let most = 0;
    for (let day = 0; day < 4 * RETENTION_DAYS; day += 1) {
      for (let count = 0; count < 4; count += 1) await spend(store, `${day}-${count}`, `run:${count}`);
      most = Math.max(most, rowsOf(store, 'reservations'));
      clock.forward(DAY_MS);
    }
    expect(most).toBeLessThanOrEqual(4 * (RETENTION_DAYS + 2));
    expect(await store.audit()).toEqual([]);
  });
});

describe('counters of windows that ended', { timeout: 30_000 }, () => {
  const window = { every: 'day', timeZone: 'UTC' } as const;

  it('vanish, and the count for life and that of the current window stay exact', async () => {
    const { clock, store } = await storeWithClock();
    await store.setLimit({ scope: 'run:1', unit: 'tokens', window, limit: 1000n, thresholds: [] });
    const days = 3 * RETENTION_DAYS;
    for (let day = 0; day < days; day += 1) {
      clock.forward(DAY_MS);
      await spend(store, `day-${day}`);
    }
    // One for life, and one for each day that is kept, with those at both ends.
    expect(rowsOf(store, 'counters')).toBeLessThanOrEqual(1 + RETENTION_DAYS + 2);
    expect(await store.readScope('run:1')).toMatchObject({
      usage: [{ used: BigInt(2 * days) }],
      limits: [{ used: 2n, overrun: 1n }],
    });
    expect(await store.audit()).toEqual([]);
  });

  it('vanish as fast as one reservation a day makes them on many limits', async () => {
    const { clock, store } = await storeWithClock();
    const scopes = ['a', 'b', 'c', 'd'];
    for (const scope of scopes) {
      for (const unit of ['tokens', 'calls', 'nanoUsd'] as const) {
        await store.setLimit({ scope, unit, window, limit: 1000n, thresholds: [] });
      }
    }
    for (let day = 0; day < 4 * RETENTION_DAYS; day += 1) {
      clock.forward(DAY_MS);
      const amounts = { tokens: 1n, calls: 1n, nanoUsd: 1n };
      await store.reserve({ id: `day-${day}`, scopes, amounts, expiresInMs: 1000 });
    }
    expect(rowsOf(store, 'counters')).toBeLessThanOrEqual(12 + 12 * (RETENTION_DAYS + 2));
    expect(await store.audit()).toEqual([]);
  });

  it('stay while something is held in them', async () => {
    const { clock, store } = await storeWithClock();
    await store.setLimit({ scope: 'run:1', unit: 'tokens', window, limit: 1000n, thresholds: [] });
    await store.reserve(oneToken('lasting'));
    for (let day = 0; day < 2 * RETENTION_DAYS; day += 1) {
      await store.extend('lasting', 2 * DAY_MS);
      clock.forward(DAY_MS);
      await spend(store, `day-${day}`);
    }
    expect(await store.audit()).toEqual([]);
    expect(await store.settle('lasting', { tokens: 1n })).toMatchObject({ status: 'changed' });
    expect(await store.audit()).toEqual([]);
  });
});

it('counters of threads that were removed vanish with the last of their reservations', async () => {
  const { clock, store } = await storeWithClock();
  for (let count = 0; count < 10; count += 1) {
    const consumption = { threadId: `t${count}`, maxTokens: 100n, promptTokens: 5n, completionTokens: 5n };
    await store.consumeThread({ ...consumption, id: `first-${count}` });
    await store.consumeThread({ ...consumption, id: `second-${count}` });
    await store.reserve({ ...oneToken(`held-${count}`), scopes: [`thread:t${count}`] });
    await store.removeThread(`t${count}`);
  }
  expect(await store.audit()).toEqual([]);
  clock.forward((RETENTION_DAYS / 2) * DAY_MS);
  await spend(store, 'midway');
  clock.forward((RETENTION_DAYS / 2 + 1) * DAY_MS);
  for (let count = 0; count < 20; count += 1) await spend(store, `new-${count}`);
  expect(rowsOf(store, 'reservations')).toBe(21);
  expect(rowsOf(store, 'counters')).toBe(1);
  expect(await store.listScopes({ after: null, limit: 100 })).toMatchObject([{ scope: 'run:1' }]);
  expect(await store.audit()).toEqual([]);
});

describe('a clock that jumps', { timeout: 30_000 }, () => {
  const window = { every: 'day', timeZone: 'UTC' } as const;

  it('years ahead and back for an hour, as after a boot without a battery, erases nothing of the current window', async () => {
    const { clock, store } = await storeWithClock();
    await store.setLimit({ scope: 'run:1', unit: 'tokens', window, limit: 100n, thresholds: [] });
    await store.openThread('t', 100n);
    for (let count = 0; count < 10; count += 1) await spend(store, `day-${count}`);
    clock.forward(1000 * DAY_MS);
    for (let count = 0; count < 20; count += 1) {
      clock.forward(120_000);
      await spend(store, `wrong-${count}`, 'other');
      await store.openThread(`wrong-${count}`, 100n);
    }
    clock.forward(-1000 * DAY_MS);
    expect(await store.readScope('run:1')).toMatchObject({ limits: [{ used: 20n }] });
    expect(await store.readReservation('day-0')).not.toBeNull();
    expect(await store.readThread('t')).not.toBeNull();
    expect(await store.audit()).toEqual([]);
    await spend(store, 'right again');
    expect(await store.readScope('run:1')).toMatchObject({ limits: [{ used: 22n }] });
  });

  it('leaves reservations of a far future, which do not keep all that come after them', async () => {
    const { clock, store } = await storeWithClock();
    clock.forward(20 * 365 * DAY_MS);
    for (let count = 0; count < 5; count += 1) await spend(store, `wrong-${count}`);
    clock.forward(-20 * 365 * DAY_MS);
    for (let day = 0; day < 4 * RETENTION_DAYS; day += 1) {
      clock.forward(DAY_MS);
      await spend(store, `day-${day}`);
    }
    expect(await store.readReservation('day-0')).toBeNull();
    expect(rowsOf(store, 'reservations')).toBeLessThanOrEqual(RETENTION_DAYS + 2);
    expect(await store.audit()).toEqual([]);
  });
});
