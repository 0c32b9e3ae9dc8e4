import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { observationOf } from '../../testing/contract/observation-tools.js';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import { TestClock } from '../../testing/test-clock.js';

it('a ledger that was made before there were observations is upgraded in place, and nothing of it is lost', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const old = await temporaryStore({ file });
  await old.reserve(oneToken('r1'));
  await old.close();
  const database = new Sqlite(file);
  for (const table of ['observations', 'judgements', 'task_sums', 'usage_totals', 'usage_slots', 'usage_state'])
    database.exec(`DROP TABLE ${table}`);
  enteredAtOnce(database);
  database.pragma('user_version = 1');
  database.close();

  const store = await temporaryStore({ file });
  expect(await store.observe([observationOf('a')])).toEqual(['recorded']);
  expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: 1n }] });
  expect(await store.auditRollups()).toEqual([]);
  expect(await store.audit()).toEqual([]);
});

it('sums that were kept by their keys are kept by rows, and are the same', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const old = await temporaryStore({ file });
  await old.observe([observationOf('a', { threadId: 't' }), observationOf('b', { agentId: 'x', latencyMs: 700 })]);
  await old.judge({ observationId: 'a', qualityMillionths: 900_000, source: 'tests' });
  const asked = { task: 'summarise', adapter: null, sinceDay: null, source: 'tests' };
  const summaries = await old.readTaskSummaries(asked);
  await old.close();
  const database = new Sqlite(file);
  eachSourceByItself(database, { judged: 1, quality: 900_000 });
  for (const [table, key] of [
    ['task_sums', 'task, source, day, adapter, is_forgotten'],
    ['usage_totals', 'epoch, dimension, name, is_forgotten'],
  ]) {
    database.exec(`ALTER TABLE ${table} RENAME TO newer; CREATE TABLE ${table} AS
      SELECT ${key}, sums, latencies FROM newer; DROP TABLE newer`);
  }
  enteredAtOnce(database);
  database.pragma('user_version = 2');
  database.close();

  const store = await temporaryStore({ file });
  expect(await store.readTaskSummaries(asked)).toEqual(summaries);
  await store.observe([observationOf('c', { threadId: 't' })]);
  expect(await store.readUsageTotal('thread', 't')).toMatchObject({ observations: 2 });
  expect(await store.auditRollups()).toEqual([]);
});

it('holds that were found by an index end at their time', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const clock = new TestClock();
  const old = await temporaryStore({ file, clock });
  for (const id of ['r1', 'r2', 'r3']) await old.reserve(oneToken(id));
  await old.settle('r2', { tokens: 1n });
  await old.close();
  const database = new Sqlite(file);
  enteredAtOnce(database);
  database.exec('ALTER TABLE task_sums DROP COLUMN sole_source');
  database.pragma('user_version = 3');
  database.close();

  const store = await temporaryStore({ file, clock });
  clock.forward(3_599_999);
  expect(await store.expireDue(16)).toMatchObject({ count: 0 });
  clock.forward(1);
  expect(await store.expireDue(16)).toMatchObject({ count: 2 });
  expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: 0n, used: 1n }] });
});

it('a source that had sums of its own beside those of all keeps them', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const old = await temporaryStore({ file });
  const judged = (id: string) => observationOf(id, { qualityMillionths: 500_000, qualitySource: 'tests' });
  await old.observe([judged('a')]);
  await old.close();
  const database = new Sqlite(file);
  eachSourceByItself(database, { judged: 1, quality: 500_000 });
  database.pragma('user_version = 4');
  database.close();

  const store = await temporaryStore({ file });
  expect(await store.auditRollups()).toEqual([]);
  await store.observe([judged('b'), { ...judged('c'), adapter: 'new' }]);
  const ofTests = { task: 'summarise', sinceDay: null, source: 'tests' };
  expect(await store.readTaskSummaries({ ...ofTests, adapter: null })).toMatchObject([{ judged: 2 }, { judged: 1 }]);
  expect(await store.auditRollups()).toEqual([]);
});

it('whoever has a ledger open that a newer version has upgraded since goes on no more', async () => {
  const store = await temporaryStore();
  await store.reserve(oneToken('r1'));
  const database = new Sqlite(store.file);
  database.pragma('user_version = 1000');
  database.close();
  await sleep(2);
  const newer = { code: 'ledger_newer', kind: 'environment', file: store.file };
  expect(await failureOf(store.settle('r1', { tokens: 1n }))).toMatchObject(newer);
  expect(await failureOf(store.observe([observationOf('a')]))).toMatchObject(newer);
  expect(await failureOf(store.readScope('run:1'))).toMatchObject(newer);
});

/** As it was when also an only source had sums of its own. */
function eachSourceByItself(database: Sqlite.Database, { judged, quality }: { judged: number; quality: number }): void {
  const qualities = `0 0 0 0 0 0 0 0 0 0 ${judged} 0 0 0 0 0 0 0 0 0 ${quality} ${quality ** 2} 0`;
  database.exec(`INSERT INTO task_sums (task, source, day, adapter, is_forgotten, sums, latencies)
      SELECT task, sole_source, day, adapter, is_forgotten, '${qualities}', x'' FROM task_sums WHERE sole_source IS NOT NULL;
    ALTER TABLE task_sums DROP COLUMN sole_source`);
}

/** As it was when each hold was in an index. */
function enteredAtOnce(database: Sqlite.Database): void {
  database.exec(`DROP TABLE expiries;
    ALTER TABLE state DROP COLUMN entered_seq;
    ALTER TABLE state DROP COLUMN entered_at_ms;
    CREATE INDEX reservations_by_expiry ON reservations (expires_at_ms) WHERE status IN ('held', 'sent')`);
}
