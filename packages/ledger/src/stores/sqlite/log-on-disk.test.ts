import type * as fs from 'node:fs';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { afterEach, expect, it, vi } from 'vitest';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';

// A disk that is slow, or that fails.
const disk = vi.hoisted(() => ({
  takesMs: 0,
  failure: null as Error | null,
  unopened: null as Error | null,
  waits: 0,
  inBackground: 0,
}));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  return {
    ...real,
    openSync(path: string, flags: string) {
      if (disk.unopened !== null) throw disk.unopened;
      return real.openSync(path, flags);
    },
    fdatasyncSync(handle: number) {
      disk.waits += 1;
      if (disk.failure !== null) throw disk.failure;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, disk.takesMs);
      real.fdatasyncSync(handle);
    },
    fdatasync(handle: number, tell: (error: Error | null) => void) {
      disk.waits += 1;
      disk.inBackground += 1;
      const end = () => (disk.failure === null ? real.fdatasync(handle, tell) : tell(disk.failure));
      if (disk.takesMs > 0) setTimeout(end, disk.takesMs);
      else end();
    },
  };
});

afterEach(() => {
  Object.assign(disk, { takesMs: 0, failure: null, unopened: null, waits: 0, inBackground: 0 });
});

it('nobody is told of anything before the disk has it', async () => {
  const store = await temporaryStore();
  disk.waits = 0;
  await store.reserve(oneToken('r1'));
  expect(disk.waits).toBe(1);
  await store.settle('r1', { tokens: 1n });
  expect(disk.waits).toBe(2);
  // Also who only hears again what another process may have written a moment ago.
  await store.settle('r1', { tokens: 1n });
  expect(disk.waits).toBe(3);
});

it('what nobody waits for counts at once, and waits for the disk with others, or for itself in a moment', async () => {
  const store = await temporaryStore();
  for (const id of ['r1', 'r2']) await store.reserve(oneToken(id));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  afterThisTest(() => void vi.useRealTimers());
  disk.waits = 0;
  let isTold = false;
  const settled = (id: string) =>
    store.settle(id, { tokens: 1n }, { isPatient: true }).then(() => {
      isTold = true;
    });
  const counts = async (id: string) => {
    while ((await store.readReservation(id))?.status !== 'settled') await nextTurn();
  };
  const first = settled('r1');
  await counts('r1');
  expect([isTold, disk.waits]).toEqual([false, 0]);
  await store.reserve(oneToken('r3'));
  await first;
  expect(disk.waits).toBe(1);
  const second = settled('r2');
  await counts('r2');
  expect(disk.waits).toBe(1);
  vi.advanceTimersByTime(5);
  await second;
  expect(disk.waits).toBe(2);
});

it('what nobody waits for is refused where the disk did not take it', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  disk.failure = new Error('EIO');
  const failure = await failureOf(store.settle('r1', { tokens: 1n }, { isPatient: true }));
  expect(failure).toMatchObject({ code: 'ledger_disk_failed' });
});

it('what nobody waits for is told before the store is closed', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  const settled = store.settle('r1', { tokens: 1n }, { isPatient: true });
  disk.waits = 0;
  await store.close();
  expect(disk.waits).toBe(1);
  expect(await settled).toMatchObject({ status: 'changed' });
});

it('a refusal, which promises nothing, does not wait for the disk', async () => {
  const store = await temporaryStore();
  await store.setLimit({ scope: 'run:1', unit: 'tokens', window: null, limit: 0n, thresholds: [] });
  disk.waits = 0;
  expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'refused' });
  expect(disk.waits).toBe(0);
});

it('while a slow disk is at work the event loop runs on, others write, and they share the next wait', async () => {
  const store = await temporaryStore();
  disk.takesMs = 100;
  await store.reserve(oneToken('slow'));
  disk.waits = 0;
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 5);
  const startedAtMs = performance.now();
  const first = store.reserve(oneToken('first'));
  await sleep(20);
  let isTold = false;
  const others = Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      await sleep(index);
      await store.reserve(oneToken(`other-${index}`));
      isTold = true;
    }),
  );
  await sleep(40);
  // Written, for everybody to see, and not told.
  expect(await store.readReservation('other-0')).not.toBeNull();
  expect(isTold).toBe(false);
  await Promise.all([first, others]);
  clearInterval(timer);
  // Of the first, and of all others together, unless this machine was busy with something else.
  expect(disk.waits).toBeLessThanOrEqual(5);
  expect(disk.inBackground).toBe(disk.waits);
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(190);
  expect(turns).toBeGreaterThanOrEqual(15);
  expect(await store.audit()).toEqual([]);
});

it('a disk that is quick again is waited for at once again', async () => {
  const store = await temporaryStore();
  disk.takesMs = 20;
  await store.reserve(oneToken('slow'));
  disk.takesMs = 0;
  for (let count = 0; count < 20; count += 1) await store.reserve(oneToken(`quick-${count}`));
  // As quick as this machine's disk is: some of them at least.
  expect(disk.inBackground).toBeGreaterThanOrEqual(1);
  expect(disk.inBackground).toBeLessThan(20);
});

it.each([0, 20])('what a disk of %i ms did not take is refused until the ledger is opened again', async (takesMs) => {
  const store = await temporaryStore();
  disk.takesMs = takesMs;
  await store.reserve(oneToken('r1'));
  disk.failure = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  const failure = await failureOf(store.settle('r1', { tokens: 1n }));
  expect(failure).toMatchObject({ code: 'ledger_disk_failed', kind: 'environment', file: store.file });
  expect(failure.message).toMatch(/Whether it is kept is not known.*open the ledger again.*with the same id.*EIO/);
  // The system does not say twice what it could not write.
  disk.failure = null;
  expect(await failureOf(store.reserve(oneToken('r2')))).toMatchObject({ code: 'ledger_disk_failed' });
  await store.close();

  const again = await temporaryStore({ file: store.file });
  expect(await again.settle('r1', { tokens: 1n })).toMatchObject({ status: 'changed' });
  expect(await again.reserve(oneToken('r2'))).toMatchObject({ status: 'reserved', isRepeated: true });
  expect(await again.readScope('run:1')).toMatchObject({ usage: [{ used: 1n, held: 1n }] });
  expect(await again.audit()).toEqual([]);
});

it('the log of a ledger that is reached by a link is the one beside the file', async () => {
  const directory = temporaryDirectory();
  const real = await temporaryStore({ file: join(directory, 'real.db') });
  symlinkSync(real.file, join(directory, 'link.db'));
  const store = await temporaryStore({ file: join(directory, 'link.db') });
  await store.reserve(oneToken('r1'));
  expect(await real.readReservation('r1')).toMatchObject({ status: 'held' });
});

it('a log that cannot be opened is told, and all goes on when it can be', async () => {
  const store = await temporaryStore();
  disk.unopened = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  const failure = await failureOf(store.reserve(oneToken('r1')));
  expect(failure).toMatchObject({ code: 'ledger_disk_failed', kind: 'environment' });
  disk.unopened = null;
  expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved', isRepeated: true });
});
