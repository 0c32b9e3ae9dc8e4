import { afterThisTest } from '@budget/test-tools/vitest';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { defaultThresholds } from '../../limit.js';
import { cutWay } from '../../testing/cut-way.js';
import { failureOf } from '../../testing/failure-of.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';
import type { PostgresStore } from './postgres-store.js';

const { server, store, query } = postgresForTests({ settings: { fsync: 'off' } });
const SCOPE = 'run:1';
const PATIENT = { timeout: 20_000 };
const forLife = { scope: SCOPE, unit: 'tokens', window: null, thresholds: [] } as const;

/** From now on it knows the scope, and does in one statement what it foresees. */
async function warmUp(opened: PostgresStore, name: string, scope = SCOPE): Promise<void> {
  for (const round of [1, 2]) {
    await opened.reserve(oneToken(`${name} ${round}`, scope));
    await opened.release(`${name} ${round}`, { isNotBilled: true });
  }
}

/** Holds the scope while `verbs` come to wait for it in this order, and lets them go then. */
async function behindEachOther<T>(schema: string, verbs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const holder = new pg.Client({ connectionString: server().address });
  await holder.connect();
  afterThisTest(() => holder.end());
  await holder.query(`BEGIN; SELECT * FROM ${schema}.scopes WHERE scope = '${SCOPE}' FOR UPDATE`);
  const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND application_name = 'budget-ledger'`;
  const results: Promise<T>[] = [];
  for (const [index, verb] of verbs.entries()) {
    results.push(verb());
    await expect.poll(async () => (await query<{ count: number }>(waiting))[0]?.count, PATIENT).toBe(index + 1);
  }
  await holder.query('COMMIT');
  return Promise.all(results);
}

describe('a reservation that waits with what its process knows', { timeout: 60_000 }, () => {
  it('is refused by a limit that was lowered while it waited', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    await first.setLimit({ ...forLife, limit: 100n });
    await warmUp(second, 'warm');
    const [, result] = await behindEachOther<unknown>(first.schema, [
      () => first.setLimit({ ...forLife, limit: 0n }),
      () => second.reserve(oneToken('r')),
    ]);
    expect(result).toMatchObject({ status: 'refused' });
    expect(await first.audit()).toEqual([]);
  });

  it('counts on a parent that its scope was given while it waited', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    await warmUp(second, 'warm');
    await first.setLimit({ ...forLife, scope: 'org', limit: 0n });
    const [, result] = await behindEachOther<unknown>(first.schema, [
      () => first.setParent(SCOPE, 'org'),
      () => second.reserve(oneToken('r')),
    ]);
    expect(result).toMatchObject({ status: 'refused', refusal: { scope: 'org' } });
  });

  it('gets no more than others left while it waited', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    await first.setLimit({ ...forLife, limit: 1n });
    for (const [index, each] of [first, second].entries()) await warmUp(each, `warm ${index}`);
    const results = await behindEachOther(first.schema, [
      () => first.reserve(oneToken('a')),
      () => second.reserve(oneToken('b')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['reserved', 'refused']);
    expect(await first.readScope(SCOPE)).toMatchObject({ usage: [{ held: 1n }] });
  });

  it('is counted in a window of which others made the counter while it waited', async () => {
    const clock = new TestClock();
    const first = await store({ clock });
    const second = await store({ schema: first.schema, clock });
    const window = { every: 'day', timeZone: 'UTC' } as const;
    await first.setLimit({ ...forLife, window, limit: 2n });
    for (const [index, each] of [first, second].entries()) await warmUp(each, `warm ${index}`);
    clock.forward(DAY_MS);
    const results = await behindEachOther(first.schema, [
      () => first.reserve(oneToken('a')),
      () => second.reserve(oneToken('b')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['reserved', 'reserved']);
    expect(await second.reserve(oneToken('c'))).toMatchObject({ status: 'refused' });
    expect(await first.readScope(SCOPE)).toMatchObject({ limits: [{ held: 2n }] });
    expect(await first.audit()).toEqual([]);
  });

  it('knows a scope again that was removed and made with another limit', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    await first.openThread('t', 100n);
    await warmUp(second, 'warm', 'thread:t');
    await first.removeThread('t');
    await query(`DELETE FROM ${first.schema}.counters; DELETE FROM ${first.schema}.scopes`);
    await first.openThread('t', 0n);
    expect(await second.reserve(oneToken('r', 'thread:t'))).toMatchObject({ status: 'refused' });
  });
});

describe('a settlement that is foreseen', { timeout: 60_000 }, () => {
  it('tells each threshold once, also one that others have moved near', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    await first.setLimit({ ...forLife, thresholds: defaultThresholds, limit: 100n });
    for (const [index, each] of [first, second].entries()) await warmUp(each, `warm ${index}`);
    const told: number[] = [];
    for (let count = 0; count < 98; count += 1) {
      const turn = count % 2 === 0 ? first : second;
      await turn.reserve(oneToken(`r${count}`));
      const { crossings } = await turn.settle(`r${count}`, { tokens: 1n });
      told.push(...crossings.map(({ percent, used }) => (Number(used) === percent ? percent : -1)));
    }
    expect(told).toEqual([75, 90, 95]);
  });

  it('whose answer is lost happened, and asking again changes nothing twice', async () => {
    const way = await cutWay(server().port);
    const here = await store();
    const url = new URL(server().address);
    url.port = String(way.port);
    const far = await store({ connectionString: url.href, schema: here.schema, timeoutMs: 2500 });
    await warmUp(far, 'warm');
    await far.reserve(oneToken('r'));
    const frozen = way.freezeAfter('resolve');
    const settling = failureOf(far.settle('r', { tokens: 1n }));
    await frozen;
    const failure = await settling;
    expect(failure).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(failure.message).toMatch(/repeat it with the same id/);
    await expect.poll(async () => (await here.readReservation('r'))?.status, PATIENT).toBe('settled');
    way.mend();
    expect(await far.settle('r', { tokens: 1n })).toMatchObject({ status: 'changed' });
    expect(await here.readScope(SCOPE)).toMatchObject({ usage: [{ used: 1n, held: 0n }] });
  });
});

describe('verbs of one moment', { timeout: 60_000 }, () => {
  it('share a transaction, and what is refused or repeated among them disturbs no other', async () => {
    const opened = await store();
    await opened.setLimit({ ...forLife, limit: 1000n });
    await opened.setParent('run:2', SCOPE);
    for (const scope of [SCOPE, 'run:2']) await warmUp(opened, `warm ${scope}`, scope);
    const asked = Array.from({ length: 60 }, (_, index) => {
      const request = oneToken(index % 10 === 9 ? 'r0' : `r${index}`, index % 2 === 0 ? SCOPE : 'run:2');
      return index % 10 === 4 ? { ...request, amounts: { tokens: 1001n } } : request;
    });
    const results = await Promise.all(asked.map((request) => opened.reserve(request)));
    const expected = asked.map(({ id, amounts }, index) => {
      if (amounts.tokens !== 1n) return 'refused';
      // Of other scopes than the first one with this id.
      return id === 'r0' && index > 0 ? 'id_taken' : 'reserved';
    });
    expect(results.map(({ status }) => status)).toEqual(expected);
    const made = expected.filter((status) => status === 'reserved').length;
    expect(await opened.readScope(SCOPE)).toMatchObject({ usage: [{ held: BigInt(made) }] });
    const [count] = await query<{ transactions: number }>(
      `SELECT count(DISTINCT xmin::text)::int AS transactions FROM ${opened.schema}.reservations WHERE status = 'held'`,
    );
    expect(count?.transactions).toBeLessThan(made / 4);
    expect(await opened.audit()).toEqual([]);
  });
});
