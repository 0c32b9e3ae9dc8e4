import { afterThisTest } from '@budget/test-tools/vitest';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import type { ObservationStore } from '../../observation-store.js';
import { allTime, NOON, observationOf, queryOf, summaryOf } from '../../testing/contract/observation-tools.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';

const { server, store, query } = postgresForTests({ settings: { fsync: 'off' } });
/** Enough for a store to take its turn and forget. */
const TURN = 500;

/** A store whose clock has been steady for long, as retention asks for, and stays so where days `pass`. */
async function steadyStore() {
  const clock = new TestClock();
  // Its first turn comes by chance: one that begins with the first few calls may still be at it when a test waits for the next.
  const chance = vi.spyOn(Math, 'random').mockReturnValue(0.999);
  const opened = await store({ clock, observationDays: 30 });
  chance.mockRestore();
  async function pass(days: number): Promise<void> {
    clock.forward(days * DAY_MS);
    await query(`UPDATE ${opened.schema}.state SET seen_at_ms = $1, steady_since_ms = 0`, [clock.nowMs()]);
  }
  await pass(0);
  return { clock, pass, store: opened };
}

function turn(name: string) {
  return Array.from({ length: TURN }, (_, index) => observationOf(`${name}-${index}`, { task: null, adapter: null }));
}

/** Holds rows that others want until it is let go. */
async function holding(rows: string): Promise<() => Promise<unknown>> {
  const client = new pg.Client({ connectionString: server().address });
  await client.connect();
  afterThisTest(() => client.end());
  await client.query(`BEGIN; SELECT 1 FROM ${rows} FOR UPDATE`);
  return () => client.query('COMMIT');
}

async function areWaiting(count: number): Promise<void> {
  const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
  const look = async () => (await query<{ count: number }>(waiting))[0]?.count;
  await expect.poll(look, { timeout: 4000 }).toBe(count);
}

async function isForgotten(opened: ObservationStore, id: string): Promise<void> {
  await expect.poll(() => opened.readObservation(id), { timeout: 10_000 }).toBeNull();
}

async function stateOf(opened: ObservationStore) {
  return [
    await opened.readTaskSummaries({ task: 'summarise', adapter: null, sinceDay: null, source: null }),
    await opened.readTaskSummaries({ task: 'summarise', adapter: null, sinceDay: 0, source: 's' }),
    await opened.readUsage({ by: 'model', spans: [allTime], organisationId: null }),
    await opened.readUsageTotal('overall', ''),
    await opened.listUsageTotals({ dimension: 'organisation', after: null, limit: 10 }),
  ];
}

describe('observations past their time', { timeout: 60_000 }, () => {
  it('go while others are recorded, and what they added stays in the roll-ups', async () => {
    const { pass, store: opened } = await steadyStore();
    await opened.observe(['a', 'b'].map((id) => observationOf(id, { threadId: `t-${id}`, agentId: `g-${id}` })));
    await opened.judge({ observationId: 'a', source: 'tests', qualityMillionths: 900_000 });
    await opened.judge({ observationId: 'a', source: 'user', qualityMillionths: 100_000 });
    await pass(20);
    await opened.observe([observationOf('young', { threadId: 't-b', agentId: 'g-b' })]);
    await pass(11);
    await opened.observe(turn('new'));
    await isForgotten(opened, 'a');
    expect(await opened.readObservation('b')).toBeNull();
    expect(await opened.readObservation('young')).not.toBeNull();
    expect(await summaryOf(opened)).toMatchObject({ observations: 3, judged: 1, qualityMillionths: 100_000n });
    expect(await summaryOf(opened, { source: 'tests' })).toMatchObject({ judged: 1, qualityMillionths: 900_000n });
    expect(await opened.readUsageTotal('overall', '')).toMatchObject({ observations: TURN + 3 });
    expect((await opened.listObservations(queryOf())).total).toBe(TURN + 1);
    // The names of threads and agents go with the last of their calls.
    expect(await opened.readUsageTotal('thread', 't-a')).toBeNull();
    expect(await opened.readUsageTotal('agent', 'g-a')).toBeNull();
    expect(await opened.readUsageTotal('thread', 't-b')).toMatchObject({ observations: 2 });
    expect(await opened.auditRollups()).toEqual([]);
    expect(await opened.judge({ observationId: 'a', source: 'late', qualityMillionths: 1 })).toBe('unknown');
  });

  it('leave the name of a thread that is used again in the same moment', async () => {
    const { pass, store: opened } = await steadyStore();
    const { schema } = opened;
    const call = (id: string) => observationOf(id, { threadId: 't', agentId: 'g', application: 'held' });
    await opened.observe([call('a')]);
    await pass(31);
    const letForget = await holding(`${schema}.observations WHERE id = 'a'`);
    await opened.observe(turn('new'));
    await areWaiting(1);
    // It has added to the thread, and not yet to quarters of an hour.
    const letObserve = await holding(`${schema}.usage_slots WHERE dimension = 'application' AND name = 'held'`);
    const observing = opened.observe([call('b')]);
    await areWaiting(2);
    await letForget();
    await areWaiting(2);
    await letObserve();
    await observing;
    await isForgotten(opened, 'a');
    expect(await opened.readUsageTotal('thread', 't')).toMatchObject({ observations: 2 });
    expect(await opened.auditRollups()).toEqual([]);
  });

  it('do not go where the clock jumped', async () => {
    const { clock, store: opened } = await steadyStore();
    await opened.observe([observationOf('a')]);
    clock.forward(400 * DAY_MS);
    await opened.observe(turn('jumped'));
    // When it has looked at the clock, it has decided.
    const seen = `SELECT seen_at_ms::float8 AS at FROM ${opened.schema}.state`;
    await expect.poll(async () => (await query<{ at: number }>(seen))[0]?.at, { timeout: 10_000 }).toBe(clock.nowMs());
    expect(await opened.readObservation('a')).not.toBeNull();
    clock.forward(2 * DAY_MS);
    await opened.observe(turn('steady'));
    await isForgotten(opened, 'a');
    expect(await opened.auditRollups()).toEqual([]);
  });

  it('of totals that began anew since are not taken from the new ones, and the old ones go', async () => {
    const { pass, store: opened } = await steadyStore();
    await opened.observe([observationOf('a', { threadId: 't' })]);
    await opened.resetUsage();
    await pass(20);
    await opened.observe([observationOf('b', { threadId: 't' })]);
    await pass(11);
    await opened.observe(turn('new'));
    await isForgotten(opened, 'a');
    expect(await opened.readUsageTotal('thread', 't')).toMatchObject({ observations: 1 });
    expect(await opened.readUsageTotal('overall', '')).toMatchObject({ observations: TURN + 1 });
    const old = `SELECT count(*)::int AS count FROM ${opened.schema}.usage_totals WHERE epoch = 0`;
    await expect.poll(async () => (await query<{ count: number }>(old))[0]?.count, { timeout: 10_000 }).toBe(0);
    expect(await opened.auditRollups()).toEqual([]);
  });
});

describe('a rebuild of the roll-ups', { timeout: 60_000 }, () => {
  it('restores them from what is kept and what is forgotten, to the last figure', async () => {
    const { pass, store: opened } = await steadyStore();
    await opened.observe([
      observationOf('a'),
      observationOf('b', { agentId: 'g', qualityMillionths: 5, qualitySource: 's' }),
    ]);
    await pass(31);
    await opened.observe([...turn('new'), observationOf('d', { organisationId: 'o' })]);
    await isForgotten(opened, 'a');
    const before = await stateOf(opened);
    const damages = [
      'DELETE FROM task_sums WHERE NOT is_forgotten',
      'DELETE FROM usage_totals WHERE NOT is_forgotten',
      'DELETE FROM usage_slots WHERE NOT is_forgotten',
      'UPDATE usage_slots SET cost_nano_usd = cost_nano_usd + 1, observations = observations + 2 WHERE NOT is_forgotten',
      `UPDATE task_sums SET cost_squares = 10 ^ 30, latency_buckets = '{5}', latency_counts = '{1}' WHERE NOT is_forgotten`,
      'UPDATE usage_totals SET last_seen_ms = 0 WHERE NOT is_forgotten',
      `UPDATE usage_totals SET name = 'nobody' WHERE NOT is_forgotten AND dimension = 'organisation'`,
    ];
    for (const damage of damages) {
      await query(damage.replace(/(task_sums|usage_totals|usage_slots)/, `${opened.schema}.$1`));
      const found = await opened.auditRollups();
      expect(found.length, damage).toBeGreaterThan(0);
      expect(await opened.rebuildRollups()).toEqual(found);
      expect(await opened.auditRollups(), damage).toEqual([]);
      expect(await stateOf(opened), damage).toEqual(before);
    }
    expect(await opened.rebuildRollups()).toEqual([]);
  });

  it('says what differs in words, and also sees a last call that never was', async () => {
    const { store: opened } = await steadyStore();
    await opened.observe([observationOf('a')]);
    await query(`UPDATE ${opened.schema}.usage_slots SET failed = 7 WHERE dimension = 'model'`);
    await query(`UPDATE ${opened.schema}.usage_totals SET last_seen_ms = $1 WHERE dimension = 'model'`, [NOON + 9]);
    const found = [
      { rollup: 'totals of model gpt-4o-mini', differences: [`lastSeenMs: ${NOON + 9}, but ${NOON}`] },
      { rollup: 'model gpt-4o-mini at 2026-06-10T12:00:00.000Z', differences: ['failed: 7, but 0'] },
    ];
    expect(await opened.rebuildRollups()).toEqual(found);
    expect(await opened.auditRollups()).toEqual([]);
    expect(await opened.readUsageTotal('model', 'gpt-4o-mini')).toMatchObject({ lastSeenMs: NOON });
  });

  it('goes on while others write', async () => {
    const { store: opened } = await steadyStore();
    await opened.observe(Array.from({ length: 800 }, (_, index) => observationOf(`${index}`)));
    await query(`DELETE FROM ${opened.schema}.task_sums`);
    const rebuilt = opened.rebuildRollups();
    for (let index = 0; index < 20; index += 1) await opened.observe([observationOf(`more-${index}`)]);
    await rebuilt;
    expect(await opened.auditRollups()).toEqual([]);
    expect(await summaryOf(opened)).toMatchObject({ observations: 820 });
  });
});

describe('usage of a span', { timeout: 60_000 }, () => {
  it('is the same whether it is read from roll-ups or from observations', async () => {
    const { store: opened } = await steadyStore();
    const quarterMs = 900_000;
    await opened.observe([
      observationOf('a', { agentId: 'g', infospace: 'w/s', organisationId: 'o', cachedPromptTokens: 9, attempt: 2 }),
      observationOf('b', { status: 'failed', costNanoUsd: null, economicCostNanoUsd: null, estimatedCostNanoUsd: 7n }),
      observationOf('c', { status: 'cancelled', estimatedCostNanoUsd: 5n, cacheHit: 'local', latencyMs: null }),
      observationOf('d', { agentId: 'g', cacheHit: 'provider', economicCostNanoUsd: 3_000_000n, model: 'a/b' }),
      observationOf('e', { estimatedCostNanoUsd: 3_000_000n, phase: 'train', application: 'batch' }),
    ]);
    const whole = { fromMs: NOON, toMs: NOON + quarterMs };
    const part = { fromMs: NOON, toMs: NOON + quarterMs - 1 };
    for (const by of ['overall', 'agent', 'model', 'phase', 'application', 'infospace', 'organisation'] as const) {
      for (const organisationId of [null, 'o']) {
        const [fromRollups, fromObservations] = await opened.readUsage({ by, spans: [whole, part], organisationId });
        expect(fromRollups?.length, by).toBeGreaterThan(0);
        expect(fromObservations, by).toEqual(fromRollups);
      }
    }
  });
});
