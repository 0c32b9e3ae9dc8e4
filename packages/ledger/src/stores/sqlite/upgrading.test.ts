import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { observationOf } from '../../testing/contract/observation-tools.js';
import { temporaryDirectory } from '../../testing/temporary.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';

it('a ledger that was made before there were observations is upgraded in place, and nothing of it is lost', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const old = await temporaryStore({ file });
  await old.reserve(oneToken('r1'));
  await old.close();
  const database = new Sqlite(file);
  for (const table of ['observations', 'judgements', 'task_sums', 'usage_totals', 'usage_slots', 'usage_state'])
    database.exec(`DROP TABLE ${table}`);
  database.pragma('user_version = 1');
  database.close();

  const store = await temporaryStore({ file });
  expect(await store.observe([observationOf('a')])).toEqual(['recorded']);
  expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: 1n }] });
  expect(await store.auditRollups()).toEqual([]);
  expect(await store.audit()).toEqual([]);
});
