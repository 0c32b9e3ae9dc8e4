import { expect, it } from 'vitest';
import { observationOf } from '../../testing/contract/observation-tools.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';
import { MIGRATION_LOCK } from './schema.js';

const { store, query } = postgresForTests({ settings: { fsync: 'off' } });

/** A ledger as it was made before there were observations. */
async function oldLedger(): Promise<{ schema: string }> {
  const old = await store();
  const { schema } = old;
  await old.reserve(oneToken('r1'));
  await old.close();
  for (const table of ['observations', 'judgements', 'task_sums', 'usage_totals', 'usage_slots', 'usage_state'])
    await query(`DROP TABLE ${schema}.${table}`);
  await query(`DROP SEQUENCE ${schema}.observation_seq`);
  await query(`UPDATE ${schema}.ledger_version SET version = version - 1`);
  return { schema };
}

it('a ledger that was made before there were observations is upgraded in place by one of many that open it', {
  timeout: 60_000,
}, async () => {
  const { schema } = await oldLedger();
  const [first, ...others] = await Promise.all([
    store({ schema }),
    ...Array.from({ length: 5 }, () => store({ schema })),
  ]);
  const stores = [first, ...others];
  const outcomes = await Promise.all(stores.map((each) => each.observe([observationOf('a')])));
  expect(outcomes.flat().filter((outcome) => outcome === 'recorded')).toHaveLength(1);
  expect(await first.readScope('run:1')).toMatchObject({ usage: [{ held: 1n }] });
  expect(await first.auditRollups()).toEqual([]);
  expect(await first.audit()).toEqual([]);
});

it('an upgrade may take longer than a verb, also one that others have begun', { timeout: 60_000 }, async () => {
  const { schema } = await oldLedger();
  const others = query(`BEGIN; SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}); SELECT pg_sleep(2.5); COMMIT`);
  const isUnderWay = () => query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted");
  await expect.poll(isUnderWay).toHaveLength(1);
  const opened = await store({ schema, timeoutMs: 1000 });
  await others;
  expect(await opened.observe([observationOf('a')])).toEqual(['recorded']);
});
