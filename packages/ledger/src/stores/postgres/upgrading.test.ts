import { expect, it } from 'vitest';
import { observationOf } from '../../testing/contract/observation-tools.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';

const { store, query } = postgresForTests({ settings: { fsync: 'off' } });

it('a ledger that was made before there were observations is upgraded in place by one of many that open it', {
  timeout: 60_000,
}, async () => {
  const old = await store();
  const { schema } = old;
  await old.reserve(oneToken('r1'));
  await old.close();
  for (const table of ['observations', 'judgements', 'task_sums', 'usage_totals', 'usage_slots', 'usage_state'])
    await query(`DROP TABLE ${schema}.${table}`);
  await query(`DROP SEQUENCE ${schema}.observation_seq`);
  await query(`UPDATE ${schema}.ledger_version SET version = version - 1`);

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
