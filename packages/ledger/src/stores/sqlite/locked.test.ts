import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { lockedByAnother } from '../../testing/child.js';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import { sqliteStore } from './index.js';

const BUSY_TIMEOUT_MS = 300;
/** What a slow machine adds. `torture/locked.mjs` measures with narrow bounds, and for a minute. */
const SLACK_MS = 1500;

/** The longest time for which timers could not run. */
function watchEventLoop() {
  let lastMs = performance.now();
  let longestMs = 0;
  const look = () => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  };
  const timer = setInterval(look, 5);
  return () => {
    clearInterval(timer);
    look();
    return longestMs;
  };
}

describe('while another process holds the lock', { timeout: 20_000 }, () => {
  it('every caller is refused in the time it asked for, the event loop runs on, and then work goes on', async () => {
    const store = await temporaryStore({ busyTimeoutMs: BUSY_TIMEOUT_MS });
    await store.reserve(oneToken('before'));
    const { letGo } = await lockedByAnother(store.file);
    const longestHold = watchEventLoop();
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const startedAtMs = performance.now();
        const error = await failureOf(store.reserve(oneToken(`refused-${index}`)));
        const waitedMs = performance.now() - startedAtMs;
        expect(error).toMatchObject({ code: 'ledger_busy', kind: 'environment', file: store.file });
        expect(error.message).toMatch(/has been locked by another program for \d+ ms\. Nothing was changed\. .*fuser/);
        expect(waitedMs).toBeGreaterThanOrEqual(BUSY_TIMEOUT_MS - 1);
        expect(waitedMs).toBeLessThan(BUSY_TIMEOUT_MS + SLACK_MS);
      }),
    );
    // A wait inside SQLite would have stopped every stream of this process for as long as the lock was held.
    expect(longestHold()).toBeLessThan(BUSY_TIMEOUT_MS / 2);
    expect(await store.readReservation('before')).toMatchObject({ status: 'held' });
    await letGo();
    expect(await store.reserve(oneToken('after'))).toMatchObject({ status: 'reserved' });
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: 2n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('those whose time is not over get their turn when it lets go', async () => {
    const store = await temporaryStore();
    const { letGo } = await lockedByAnother(store.file);
    const waiting = Array.from({ length: 5 }, (_, index) => store.reserve(oneToken(`waiting-${index}`)));
    await sleep(100);
    await letGo();
    for (const result of await Promise.all(waiting)) expect(result).toMatchObject({ status: 'reserved' });
  });

  it('a holder that is killed holds nothing', async () => {
    const store = await temporaryStore();
    const { holder } = await lockedByAnother(store.file);
    const waiting = store.reserve(oneToken('r1'));
    await sleep(50);
    holder.kill('SIGKILL');
    expect(await waiting).toMatchObject({ status: 'reserved' });
  });

  it('a ledger that exists can be opened and read', async () => {
    const store = await temporaryStore();
    await store.reserve(oneToken('r1'));
    const { letGo } = await lockedByAnother(store.file);
    const second = await temporaryStore({ file: store.file, busyTimeoutMs: BUSY_TIMEOUT_MS });
    expect(await second.readReservation('r1')).toMatchObject({ status: 'held' });
    await letGo();
    expect(await second.settle('r1', { tokens: 1n })).toMatchObject({ status: 'changed' });
  });

  it.each([
    ['a new one cannot be made', 'BEGIN EXCLUSIVE'],
    [
      'one that is kept for itself cannot be opened',
      'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (c)',
    ],
  ])('%s, is told in time, and can be once it is let go', async (_what, begin) => {
    const file = join(temporaryDirectory(), 'ledger.db');
    const { holder } = await lockedByAnother(file, { begin });
    const error = await failureOf(sqliteStore({ file, busyTimeoutMs: BUSY_TIMEOUT_MS }));
    expect(error).toMatchObject({ code: 'ledger_busy', kind: 'environment', file });
    holder.kill('SIGKILL');
    const store = await temporaryStore({ file });
    expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
  });
});
