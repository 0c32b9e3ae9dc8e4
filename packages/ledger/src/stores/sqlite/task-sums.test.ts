import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { changedByHand } from '../../testing/changed-by-hand.js';
import { observationOf, queryOf } from '../../testing/contract/observation-tools.js';
import { temporaryStore } from '../../testing/temporary-store.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';

type Store = Awaited<ReturnType<typeof temporaryStore>>;

const judgedBy = (source: string, id: string, qualityMillionths = 500_000) =>
  observationOf(id, { qualityMillionths, qualitySource: source });

/** How many rows there are of sources alone. */
function rowsBySource({ file }: Store): Record<string, number> {
  const database = new Sqlite(file, { readonly: true });
  const rows = database
    .prepare(`SELECT source, count(*) FROM task_sums WHERE source <> '' GROUP BY source`)
    .raw()
    .all();
  database.close();
  return Object.fromEntries(rows as [string, number][]);
}

async function judged(store: Store, source: string | null): Promise<readonly [count: number, quality: bigint]> {
  const [of] = await store.readTaskSummaries({ task: 'summarise', adapter: null, sinceDay: null, source });
  return [of?.judged ?? 0, of?.qualityMillionths ?? 0n];
}

it('the only source has no row of its own, until another one judges', async () => {
  const store = await temporaryStore();
  await store.observe([judgedBy('tests', 'a'), observationOf('b'), judgedBy('tests', 'c', 300_000)]);
  await store.judge({ observationId: 'b', source: 'tests', qualityMillionths: 100_000 });
  expect(rowsBySource(store)).toEqual({});
  expect(await judged(store, 'tests')).toEqual([3, 900_000n]);
  expect(await judged(store, 'people')).toEqual([0, 0n]);

  await store.judge({ observationId: 'a', source: 'people', qualityMillionths: 1_000_000 });
  expect(rowsBySource(store)).toEqual({ people: 2, tests: 2 });
  await store.observe([judgedBy('tests', 'd'), judgedBy('people', 'e')]);
  expect(await judged(store, 'tests')).toEqual([4, 1_400_000n]);
  expect(await judged(store, 'people')).toEqual([2, 1_500_000n]);
  expect(await judged(store, null)).toEqual([5, 2_400_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('two sources in the first batch each have a row', async () => {
  const store = await temporaryStore();
  await store.observe([judgedBy('tests', 'a'), judgedBy('people', 'b')]);
  expect(rowsBySource(store)).toEqual({ people: 2, tests: 2 });
  await store.observe([judgedBy('tests', 'c')]);
  expect(await judged(store, 'tests')).toEqual([2, 1_000_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('the days of a task are told apart: of one with a second source the others do not change', async () => {
  const store = await temporaryStore();
  await store.observe([judgedBy('tests', 'a')]);
  await store.observe([{ ...judgedBy('people', 'b'), atMs: observationOf('b').atMs + DAY_MS }]);
  // All days together have two sources, each day has one.
  expect(rowsBySource(store)).toEqual({ people: 1, tests: 1 });
  expect(await judged(store, 'tests')).toEqual([1, 500_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('who has it open at the same time sees a second source', async () => {
  const store = await temporaryStore();
  const other = await temporaryStore({ file: store.file });
  await store.observe([judgedBy('tests', 'a')]);
  await other.observe([judgedBy('tests', 'b')]);
  await store.observe([judgedBy('people', 'c')]);
  await other.observe([judgedBy('tests', 'd')]);
  await store.observe([judgedBy('tests', 'e')]);
  expect(await judged(other, 'tests')).toEqual([4, 2_000_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('what is forgotten has its own sources, and sums stay', async () => {
  const clock = new TestClock();
  const store = await temporaryStore({ clock, observationDays: 30 });
  await store.observe([judgedBy('tests', 'a'), judgedBy('tests', 'b')]);
  await store.judge({ observationId: 'b', source: 'people', qualityMillionths: 0 });
  for (let days = 0; days < 70; days += 10) {
    clock.forward(10 * DAY_MS);
    await store.observe([judgedBy('tests', `later-${days}`)]);
  }
  expect((await store.listObservations(queryOf())).total).toBeLessThan(9);
  expect(await judged(store, 'tests')).toEqual([9, 4_500_000n]);
  expect(await judged(store, 'people')).toEqual([1, 0n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('sums changed by hand are mended, also of the only source', async () => {
  const store = await temporaryStore();
  await store.observe([judgedBy('tests', 'a'), judgedBy('tests', 'b')]);
  changedByHand(store.file, `UPDATE task_sums SET sums = replace(sums, '1000000', '7000000')`);
  const found = await store.rebuildRollups();
  expect(found.map(({ rollup }) => rollup).filter((rollup) => rollup.endsWith('source tests'))).toHaveLength(2);
  expect(await judged(store, 'tests')).toEqual([2, 1_000_000n]);
  await store.observe([judgedBy('tests', 'c')]);
  expect(await judged(store, null)).toEqual([3, 1_500_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('a row that was deleted by hand and mended is not taken for one that nobody judged', async () => {
  const store = await temporaryStore();
  await store.observe([judgedBy('tests', 'a'), judgedBy('tests', 'b')]);
  changedByHand(store.file, 'DELETE FROM task_sums');
  await store.observe([{ ...judgedBy('tests', 'of another task'), task: 'other' }]);
  await store.rebuildRollups();
  await store.observe([judgedBy('tests', 'c')]);
  expect(await judged(store, 'tests')).toEqual([3, 1_500_000n]);
  expect(await store.auditRollups()).toEqual([]);
});

it('whoever mends knows of a second source of another process', async () => {
  const store = await temporaryStore();
  const other = await temporaryStore({ file: store.file });
  await store.observe([judgedBy('tests', 'a')]);
  await other.observe([judgedBy('people', 'b')]);
  changedByHand(store.file, `UPDATE task_sums SET latencies = x'0501' WHERE source = ''`);
  await store.rebuildRollups();
  expect(await judged(store, 'tests')).toEqual([1, 500_000n]);
  expect(await store.auditRollups()).toEqual([]);
});
