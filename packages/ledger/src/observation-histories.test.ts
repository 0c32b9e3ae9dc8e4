import { choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import { MAX_AMOUNT } from './amounts.js';
import type { KeptObservation } from './kept-observation.js';
import type { SqliteStore } from './stores/sqlite/index.js';
import { changedByHand } from './testing/changed-by-hand.js';
import { allTime, observationOf, queryOf } from './testing/contract/observation-tools.js';
import { ObservationOracle, sumsByLooking } from './testing/observation-oracle.js';
import { temporaryStore } from './testing/temporary-store.js';
import { DAY_MS, TestClock } from './testing/test-clock.js';

const count = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 6);
const firstSeed = Number(process.env['BUDGET_FUZZ_SEED'] ?? 1);
const STEPS = 60;
const ROUNDS = 8;

/** What happens to a ledger, at random, beside what must come of it. */
function historyOf(seed: number) {
  const choices = choicesFrom(seed);
  const pick = <T>(values: readonly T[]): T => values[choices.between(0, values.length - 1)] as T;
  const clock = new TestClock();
  const oracle = new ObservationOracle();
  const amount = () => pick([null, 0n, 1n, BigInt(choices.between(1, 1_000_000_000)), MAX_AMOUNT]);

  function call(): KeptObservation {
    const costNanoUsd = amount();
    const judged = choices.between(0, 2) === 0;
    const task = pick(['one', 'two', `task-${choices.between(0, 9)}`, null]);
    return observationOf(`call-${choices.between(0, 400)}`, {
      atMs: clock.nowMs() - choices.between(0, 3 * DAY_MS),
      ...{ task, adapter: task === null ? null : pick(['a', 'b']), organisationId: pick([null, 'o']) },
      ...{ threadId: pick([null, 't1', 't2']), agentId: pick([null, 'g']), model: pick(['m', 'x/y']) },
      ...{ phase: pick(['train', 'infer']), status: pick(['completed', 'failed', 'cancelled']) },
      ...{ promptTokens: pick([0, 1, 10 ** 12]), latencyMs: pick([null, 0, choices.between(0, 10 ** 9)]) },
      ...{ costNanoUsd, economicCostNanoUsd: costNanoUsd, estimatedCostNanoUsd: amount(), attempt: pick([1, 2]) },
      ...{
        qualityMillionths: judged ? pick([0, 1, 999_999, 1_000_000]) : null,
        qualitySource: judged ? pick(['s', 'u']) : null,
      },
    });
  }

  async function judge(store: SqliteStore): Promise<void> {
    const id = `call-${choices.between(0, 400)}`;
    const [source, quality] = [pick(['s', 'u', 'v']), pick([0, 500_000, 1_000_000])];
    const outcome = await store.judge({ observationId: id, source, qualityMillionths: quality });
    expect(outcome).toBe(oracle.judge(id, source, quality));
  }

  async function step(store: SqliteStore): Promise<void> {
    const kind = choices.between(1, 100);
    if (kind <= 60) {
      const batch = Array.from({ length: choices.between(0, 20) }, call);
      expect(await store.observe(batch)).toEqual(batch.map((each) => oracle.observe(each)));
    } else if (kind <= 90) {
      await judge(store);
    } else if (kind <= 94) {
      await store.resetUsage();
      oracle.reset();
    } else {
      // Less than what is forgotten after: ids of the oracle are known for ever.
      clock.forward(choices.between(0, DAY_MS / 2));
    }
  }

  return { choices, pick, clock, oracle, step };
}

const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);

describe('a random history of calls, judgements, resets and forgetting', { timeout: 60_000 }, () => {
  it.each(seeds)(
    'has the roll-ups that looking at all of it gives, and never refuses what comes next (seed %i)',
    async (seed) => {
      const { clock, oracle, step } = historyOf(seed);
      const store = await temporaryStore({ clock, observationDays: 20 });
      for (let at = 0; at < STEPS; at += 1) await step(store);
      await expectSame(store, oracle, clock);
      // All that was recorded goes, and what it added stays.
      for (let half = 0; half < 2; half += 1) {
        // By less than what counts as a jump of the clock.
        clock.forward(11 * DAY_MS);
        await store.observe([]);
      }
      while ((await store.listObservations(queryOf({ limit: 1 }))).total > 0) {
        await store.observe([]);
      }
      await expectSame(store, oracle, clock);
      await store.judge({ observationId: 'call-1', source: 's', qualityMillionths: 1 });
      expect(await store.observe([observationOf('call-1')])).toEqual(['recorded']);
    },
  );

  it.each(seeds)(
    'in a file that others damage and write to as well is right again after roll-ups are rebuilt (seed %i)',
    async (seed) => {
      const { choices, pick, clock, oracle, step } = historyOf(seed);
      const store = await temporaryStore({ clock });
      const stores = [store, await temporaryStore({ clock, file: store.file })] as const;
      const someSteps = async (by: SqliteStore) => {
        for (let left = choices.between(0, 4); left > 0; left -= 1) await step(by);
      };
      for (let round = 0; round < ROUNDS; round += 1) {
        await someSteps(pick(stores));
        changedByHand(store.file, pick(damages));
        await someSteps(pick(stores));
        const by = pick(stores);
        await Promise.all([by.rebuildRollups(), choices.between(0, 1) === 0 ? someSteps(pick(stores)) : null]);
        // What was put right stays so.
        await someSteps(by);
        await expectSame(pick(stores), oracle, clock);
      }
    },
  );
});

/** Of roll-ups that still can be summed from what is kept. */
const damages = [
  'DELETE FROM task_sums',
  'DELETE FROM task_sums WHERE id % 3 = 0',
  "DELETE FROM task_sums WHERE source = ''",
  "DELETE FROM task_sums WHERE source <> ''",
  "UPDATE task_sums SET sums = replace(sums, ' 0', ' 5') WHERE id % 2 = 0",
  "UPDATE task_sums SET latencies = x'0501' WHERE id % 2 = 0",
  'UPDATE task_sums SET sole_source = NULL WHERE id % 2 = 0',
  "UPDATE task_sums SET sole_source = 'v' WHERE sole_source IS NOT NULL AND id % 2 = 0",
  'DELETE FROM usage_totals',
  "UPDATE usage_totals SET sums = replace(sums, ' 1 ', ' 2 '), latencies = x'0501'",
  'DELETE FROM usage_slots',
  'UPDATE usage_slots SET completed = completed + 1, cost_usd = cost_usd + 1',
];

async function expectSame(store: SqliteStore, oracle: ObservationOracle, clock: TestClock): Promise<void> {
  expect(await store.auditRollups()).toEqual([]);
  const today = Math.floor(clock.nowMs() / DAY_MS);
  for (const adapter of ['a', 'b']) {
    for (const source of [null, 's', 'v']) {
      for (const sinceDay of [null, today - 3]) {
        const [found] = await store.readTaskSummaries({ task: 'one', adapter, sinceDay, source });
        const expected = oracle.summary('one', adapter, sinceDay ?? 0, source);
        if (expected === null) expect(found).toBeUndefined();
        else expect(found).toMatchObject(expected);
      }
    }
  }
  const inTotals = [...oracle.calls.values()].filter(({ isInTotals }) => isInTotals).map(({ kept }) => kept);
  const found = await store.readUsageTotal('overall', '');
  if (inTotals.length === 0) expect(found).toBeNull();
  else {
    const { costSquares, ...expected } = sumsByLooking(inTotals);
    expect(found).toMatchObject(expected);
  }
  const [usage] = await store.readUsage({ by: 'model', spans: [allTime], organisationId: null });
  for (const model of ['m', 'x/y']) {
    const calls = [...oracle.calls.values()].map(({ kept }) => kept).filter((kept) => kept.model === model);
    const { latency, costSquares, lastSeenMs, ...expected } = sumsByLooking(calls);
    if (calls.length > 0) expect(usage?.find(({ name }) => name === model)).toMatchObject(expected);
  }
}
