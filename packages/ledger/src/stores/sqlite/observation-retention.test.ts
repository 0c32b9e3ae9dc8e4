import { describe, expect, it } from 'vitest';
import type { ObservationStore } from '../../observation-store.js';
import { changedByHand } from '../../testing/changed-by-hand.js';
import { allTime, observationOf, queryOf, summaryOf } from '../../testing/contract/observation-tools.js';
import { temporaryStore } from '../../testing/temporary-store.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';

async function overall(store: ObservationStore): Promise<number | undefined> {
  const [usage] = await store.readUsage({ by: 'overall', spans: [allTime], organisationId: null });
  return usage?.[0]?.observations;
}

async function keptIds(store: ObservationStore): Promise<readonly string[]> {
  return (await store.listObservations(queryOf())).observations.map(({ id }) => id).sort();
}

/** A store whose clock has been steady for long, as retention asks for. */
async function steadyStore(observationDays = 30) {
  const clock = new TestClock();
  const store = await temporaryStore({ clock, observationDays });
  await store.observe([]);
  clock.forward(2 * DAY_MS);
  return { clock, store };
}

describe('observations past their time', () => {
  it('go, a few with every batch, and what they added stays in the roll-ups', async () => {
    const { clock, store } = await steadyStore();
    const old = ['a', 'b', 'c', 'd'].map((id) => observationOf(id, { threadId: `t-${id}`, agentId: `g-${id}` }));
    await store.observe(old);
    await store.judge({ observationId: 'a', source: 'tests', qualityMillionths: 900_000 });
    await store.judge({ observationId: 'a', source: 'user', qualityMillionths: 100_000 });
    clock.forward(20 * DAY_MS);
    await store.observe([observationOf('young')]);
    clock.forward(11 * DAY_MS);
    await store.observe([observationOf('e', { threadId: 't-d' })]);
    expect(await keptIds(store)).toEqual(['d', 'e', 'young']);
    await store.observe([observationOf('f')]);
    expect(await keptIds(store)).toEqual(['e', 'f', 'young']);
    expect(await overall(store)).toBe(7);
    expect(await summaryOf(store)).toMatchObject({ observations: 7, judged: 1, qualityMillionths: 100_000n });
    expect(await summaryOf(store, { source: 'tests' })).toMatchObject({ judged: 1, qualityMillionths: 900_000n });
    expect(await store.readUsageTotal('overall', '')).toMatchObject({ observations: 7 });
    // The names of threads and agents go with the last of their calls.
    expect(await store.readUsageTotal('thread', 't-a')).toBeNull();
    expect(await store.readUsageTotal('agent', 'g-d')).toBeNull();
    expect(await store.readUsageTotal('thread', 't-d')).toMatchObject({ observations: 2 });
    expect(await store.auditRollups()).toEqual([]);
    expect(await store.judge({ observationId: 'a', source: 'late', qualityMillionths: 1 })).toBe('unknown');
  });

  it('do not go where the clock jumped', async () => {
    const { clock, store } = await steadyStore();
    await store.observe([observationOf('a')]);
    clock.forward(400 * DAY_MS);
    await store.observe([observationOf('b')]);
    expect(await keptIds(store)).toEqual(['a', 'b']);
    clock.forward(2 * DAY_MS);
    await store.observe([observationOf('c')]);
    expect(await keptIds(store)).toEqual(['b', 'c']);
  });

  it('of totals that began anew since are not taken from the new ones', async () => {
    const { clock, store } = await steadyStore();
    await store.observe([observationOf('a', { threadId: 't' })]);
    await store.resetUsage();
    clock.forward(20 * DAY_MS);
    await store.observe([observationOf('b', { threadId: 't' })]);
    clock.forward(11 * DAY_MS);
    await store.observe([observationOf('c')]);
    expect(await keptIds(store)).toEqual(['b', 'c']);
    expect(await store.readUsageTotal('thread', 't')).toMatchObject({ observations: 1 });
    expect(await store.readUsageTotal('overall', '')).toMatchObject({ observations: 2 });
    expect(await store.auditRollups()).toEqual([]);
  });
});

describe('a rebuild of the roll-ups', () => {
  it('restores them from what is kept and what is forgotten, to the last figure', async () => {
    const { clock, store } = await steadyStore();
    await store.observe([
      observationOf('a'),
      observationOf('b', { agentId: 'g', qualityMillionths: 5, qualitySource: 's' }),
    ]);
    clock.forward(20 * DAY_MS);
    await store.observe([observationOf('c')]);
    clock.forward(11 * DAY_MS);
    await store.observe([observationOf('d', { organisationId: 'o' })]);
    expect(await keptIds(store)).toEqual(['c', 'd']);
    const state = async () => [
      await store.readTaskSummaries({ task: 'summarise', adapter: null, sinceDay: null, source: null }),
      await store.readTaskSummaries({ task: 'summarise', adapter: null, sinceDay: 0, source: 's' }),
      await store.readUsage({ by: 'model', spans: [allTime], organisationId: null }),
      await store.readUsageTotal('overall', ''),
      await store.listUsageTotals({ dimension: 'organisation', after: null, limit: 10 }),
    ];
    const before = await state();
    const damages = [
      'DELETE FROM task_sums WHERE is_forgotten = 0',
      'DELETE FROM usage_totals WHERE is_forgotten = 0',
      'DELETE FROM usage_slots WHERE is_forgotten = 0',
      `UPDATE usage_slots SET cost_nano = cost_nano + 1, observations = observations + 2 WHERE is_forgotten = 0`,
      `UPDATE task_sums SET sums = '9' || sums, latencies = x'0501' WHERE is_forgotten = 0`,
      `UPDATE usage_totals SET name = 'nobody' WHERE is_forgotten = 0 AND dimension = 'organisation'`,
    ];
    for (const damage of damages) {
      changedByHand(store.file, damage);
      const found = await store.auditRollups();
      expect(found.length, damage).toBeGreaterThan(0);
      expect(await store.rebuildRollups()).toEqual(found);
      expect(await store.auditRollups(), damage).toEqual([]);
      expect(await state(), damage).toEqual(before);
    }
    expect(await store.rebuildRollups()).toEqual([]);
  });

  it('says what differs in words', async () => {
    const { store } = await steadyStore();
    await store.observe([observationOf('a')]);
    changedByHand(store.file, `UPDATE usage_slots SET failed = 7 WHERE dimension = 'model'`);
    expect(await store.auditRollups()).toEqual([
      { rollup: 'model gpt-4o-mini at 2026-06-10T12:00:00.000Z', differences: ['failed: 7, but 0'] },
    ]);
  });

  it('goes on while others write', async () => {
    const { store } = await steadyStore();
    await store.observe(Array.from({ length: 800 }, (_, index) => observationOf(`${index}`)));
    changedByHand(store.file, 'DELETE FROM task_sums');
    const rebuilt = store.rebuildRollups();
    for (let index = 0; index < 20; index += 1) await store.observe([observationOf(`more-${index}`)]);
    await rebuilt;
    expect(await store.auditRollups()).toEqual([]);
    expect(await summaryOf(store)).toMatchObject({ observations: 820 });
  });
});
