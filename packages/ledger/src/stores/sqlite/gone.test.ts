import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { expect, it } from 'vitest';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import type { SqliteStore } from './index.js';

// A file that is deleted while it is open can be written on by whoever has it open, and nobody else ever sees it.

async function expectGone(store: SqliteStore, missing: string): Promise<void> {
  await lookedOver();
  const gone = { code: 'ledger_gone', kind: 'environment', file: store.file };
  const error = await failureOf(store.reserve(oneToken('unseen')));
  expect(error).toMatchObject(gone);
  expect(error.message).toMatch(`${missing} was deleted or replaced`);
  expect(error.message).toMatch(/Put the file back, or close the ledger and open it again/);
  expect(await failureOf(store.settle('r1', { tokens: 1n }))).toMatchObject(gone);
  expect(await failureOf(store.consumeThread(consumption))).toMatchObject(gone);
  expect(await failureOf(store.readReservation('r1'))).toMatchObject(gone);
  expect(await failureOf(store.audit())).toMatchObject(gone);
  expect(await failureOf(store.backup(join(temporaryDirectory(), 'copy.db')))).toMatchObject(gone);
}

/** Whoever found all files there does not look again within a millisecond. */
function lookedOver(): Promise<void> {
  return sleep(2);
}

const consumption = { threadId: 't', maxTokens: 10n, promptTokens: 1n, completionTokens: 1n, id: 'c1' };

it('a ledger that was deleted accepts no spending, and a new one begins once it is opened again', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  rmSync(store.file);
  await expectGone(store, store.file);
  await store.close();
  const again = await temporaryStore({ file: store.file });
  expect(await again.readReservation('r1')).toBeNull();
  expect(await again.reserve(oneToken('r2'))).toMatchObject({ status: 'reserved' });
  expect(await again.audit()).toEqual([]);
});

it('a ledger that was moved away and back goes on where it was, on the same open store', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  renameSync(store.file, `${store.file}.away`);
  await expectGone(store, store.file);
  renameSync(`${store.file}.away`, store.file);
  expect(await store.reserve(oneToken('r2'))).toMatchObject({ status: 'reserved' });
  expect(await store.readReservation('r1')).toMatchObject({ status: 'held' });
  expect(await store.readReservation('unseen')).toBeNull();
  expect(await store.audit()).toEqual([]);
});

it('a ledger that was replaced is left alone, also when the store is closed', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  const other = await temporaryStore({ file: join(temporaryDirectory(), 'other.db') });
  await other.reserve(oneToken('of-another'));
  await other.close();
  const bytes = readFileSync(other.file);
  renameSync(other.file, store.file);
  await expectGone(store, store.file);
  await store.close();
  expect(readFileSync(store.file).equals(bytes)).toBe(true);
});

it.each(['-wal', '-shm'])(
  'a deleted %s is told, and what was acknowledged is there after opening again',
  async (suffix) => {
    const store = await temporaryStore();
    await store.reserve(oneToken('r1'));
    rmSync(`${store.file}${suffix}`);
    await expectGone(store, `${store.file}${suffix}`);
    await store.close();
    const again = await temporaryStore({ file: store.file });
    expect(await again.readReservation('r1')).toMatchObject({ status: 'held' });
    expect(await again.reserve(oneToken('r2'))).toMatchObject({ status: 'reserved' });
    expect(await again.audit()).toEqual([]);
  },
);

it('a -wal that is put back goes on, on the same open store', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  linkSync(`${store.file}-wal`, `${store.file}.kept`);
  rmSync(`${store.file}-wal`);
  await lookedOver();
  expect(await failureOf(store.reserve(oneToken('unseen')))).toMatchObject({ code: 'ledger_gone' });
  renameSync(`${store.file}.kept`, `${store.file}-wal`);
  expect(await store.reserve(oneToken('r2'))).toMatchObject({ status: 'reserved' });
  expect(await store.readReservation('unseen')).toBeNull();
});

it('other processes that come and go, and empty the -wal, are no reason to stop', async () => {
  const store = await temporaryStore();
  for (const id of ['r1', 'r2', 'r3']) {
    const other = await temporaryStore({ file: store.file });
    await other.reserve(oneToken(id));
    await other.close();
    expect(await store.settle(id, { tokens: 1n })).toMatchObject({ status: 'changed' });
  }
});

it('a directory that is deleted with all that is in it is told', async () => {
  const directory = join(temporaryDirectory(), 'ledgers');
  const store = await temporaryStore({ file: join(directory, 'ledger.db') });
  await store.reserve(oneToken('r1'));
  rmSync(directory, { recursive: true });
  await expectGone(store, store.file);
});

it('a directory that is moved away is told, and goes on when it is back', async () => {
  const directory = join(temporaryDirectory(), 'ledgers');
  const store = await temporaryStore({ file: join(directory, 'ledger.db') });
  // Until the directory has not changed for so long that one look at it is enough.
  await sleep(1100);
  await store.reserve(oneToken('r1'));
  renameSync(directory, `${directory}.away`);
  await expectGone(store, store.file);
  renameSync(`${directory}.away`, directory);
  expect(await store.reserve(oneToken('back'))).toMatchObject({ status: 'reserved' });
  expect(await store.readReservation('unseen')).toBeNull();
  rmSync(store.file);
  await expectGone(store, store.file);
});

it('a deleted ledger is told, also when it had been left alone for long', async () => {
  const store = await temporaryStore();
  await sleep(1100);
  await store.reserve(oneToken('r1'));
  await store.reserve(oneToken('r2'));
  rmSync(store.file);
  await expectGone(store, store.file);
});
