import { setTimeout as sleep } from 'node:timers/promises';
import { afterThisTest } from '@budget/test-tools/vitest';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../../ledger.js';
import { cutWay } from '../../testing/cut-way.js';
import { failureOf } from '../../testing/failure-of.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';

const { server, store, query } = postgresForTests();
const RESTARTS = 3;
const CLIENTS = 6;

/** The same server by another way. */
function addressBy(port: number): string {
  const url = new URL(server().address);
  url.port = String(port);
  return url.href;
}

describe('a server that is killed', { timeout: 120_000 }, () => {
  it('refuses while it is gone, loses nothing that was acknowledged, and work goes on', async () => {
    const opened = await store({ timeoutMs: 4000 });
    const ledger = createLedger({ store: opened });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1_000_000 });
    const settled: string[] = [];
    const refused: unknown[] = [];
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let count = 0; !isOver; count += 1) {
        const id = `${client}-${count}`;
        // Whoever got no answer asks again, with the same id.
        for (const verb of [() => ledger.reserve(oneToken(id)), () => ledger.settle(id, { tokens: 1 })]) {
          for (;;) {
            try {
              await verb();
              break;
            } catch (error) {
              refused.push(error);
              await sleep(20);
            }
          }
        }
        settled.push(id);
      }
    });
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const before = settled.length;
      await expect.poll(() => settled.length, { timeout: 20_000 }).toBeGreaterThan(before + 5);
      await server().kill();
      await sleep(100);
      await server().start();
    }
    isOver = true;
    await Promise.all(clients);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    const total = BigInt(settled.length);
    expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ used: total, held: 0n, overrun: 0n }] });
    expect(await opened.audit()).toEqual([]);
  });
});

describe('a way that is cut', { timeout: 60_000 }, () => {
  it('in the middle of a reservation stops nobody else for long, and nothing of it is left', async () => {
    const way = await cutWay(server().port);
    const here = await store();
    await here.setLimit({ scope: 'run:1', unit: 'tokens', window: null, limit: 10n, thresholds: [] });
    const far = await store({ connectionString: addressBy(way.port), schema: here.schema, timeoutMs: 2500 });
    // It knows nothing of the scope, and so looks first. It gets its locks, and never hears of them.
    const frozen = way.freezeAfter('lock withAncestors');
    const reserving = failureOf(far.reserve(oneToken('cut off')));
    await frozen;
    const startedAtMs = performance.now();
    expect(await here.reserve(oneToken('here'))).toMatchObject({ status: 'reserved' });
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    expect(await reserving).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(await here.readReservation('cut off')).toBeNull();
    way.mend();
    expect(await far.reserve(oneToken('cut off'))).toMatchObject({ status: 'reserved' });
    expect(await here.readScope('run:1')).toMatchObject({ usage: [{ held: 2n }] });
    expect(await here.audit()).toEqual([]);
  });

  it('before the answer leaves open what happened, and asking again changes nothing twice', async () => {
    const way = await cutWay(server().port);
    const here = await store();
    const far = await store({ connectionString: addressBy(way.port), schema: here.schema, timeoutMs: 1000 });
    await far.reserve(oneToken('r'));
    const frozen = way.freezeAfter('COMMIT');
    const settling = failureOf(far.settle('r', { tokens: 1n }));
    await frozen;
    const failure = await settling;
    expect(failure).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(failure.message).toMatch(/repeat it with the same id/);
    await expect.poll(async () => (await here.readReservation('r'))?.status).toBe('settled');
    way.mend();
    expect(await far.settle('r', { tokens: 1n })).toMatchObject({ status: 'changed' });
    expect(await here.readScope('run:1')).toMatchObject({ usage: [{ used: 1n, held: 0n }] });
    expect(await here.audit()).toEqual([]);
  });

  it('costs one verb its time, however many connections were open', async () => {
    const way = await cutWay(server().port);
    const far = await store({ connectionString: addressBy(way.port), timeoutMs: 1000 });
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => far.reserve(oneToken(id, `run:${id}`))));
    way.freeze();
    expect(await failureOf(far.reserve(oneToken('e')))).toMatchObject({ code: 'ledger_unreachable' });
    way.mend();
    expect(await far.reserve(oneToken('e'))).toMatchObject({ status: 'reserved' });
  });

  it('while nobody uses it is not noticed by the next verbs', async () => {
    const way = await cutWay(server().port);
    const far = await store({ connectionString: addressBy(way.port) });
    await far.reserve(oneToken('a'));
    way.breakOff();
    await sleep(50);
    expect(await far.reserve(oneToken('b'))).toMatchObject({ status: 'reserved' });
  });
});

describe('a database that is busy', { timeout: 60_000 }, () => {
  it('refuses within the time of a verb, and nothing is left of it', async () => {
    const opened = await store({ timeoutMs: 500 });
    await opened.reserve(oneToken('a'));
    const other = new pg.Client({ connectionString: server().address });
    await other.connect();
    afterThisTest(() => other.end());
    await other.query(`BEGIN; SELECT * FROM ${opened.schema}.scopes FOR UPDATE`);
    const startedAtMs = performance.now();
    const failure = await failureOf(opened.reserve(oneToken('b')));
    expect(['ledger_busy', 'ledger_unreachable']).toContain(failure.code);
    expect(failure.kind).toBe('environment');
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    await other.query('ROLLBACK');
    expect(await opened.readReservation('b')).toBeNull();
    expect(await opened.reserve(oneToken('b'))).toMatchObject({ status: 'reserved' });
  });

  it('has no more of its connections than a store may have', async () => {
    const opened = await store({ maxConnections: 3 });
    const sessions = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'budget-ledger'`;
    const before = (await query<{ count: number }>(sessions))[0]?.count ?? 0;
    const reserving = Promise.all(Array.from({ length: 60 }, (_, index) => opened.reserve(oneToken(`r${index}`))));
    const during = (await query<{ count: number }>(sessions))[0]?.count ?? 0;
    expect((await reserving).every(({ status }) => status === 'reserved')).toBe(true);
    expect(during - before).toBeLessThanOrEqual(2);
    expect(await opened.readScope('run:1')).toMatchObject({ usage: [{ held: 60n }] });
  });
});
