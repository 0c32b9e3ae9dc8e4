import { choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import { MAX_AMOUNT } from './amounts.js';
import type { KeptObservation } from './kept-observation.js';
import { latencyBucket } from './latency-histogram.js';
import { allTime, observationOf, queryOf } from './testing/contract/observation-tools.js';
import { temporaryStore } from './testing/temporary-store.js';
import { DAY_MS, TestClock } from './testing/test-clock.js';

type Quality = readonly [source: string, qualityMillionths: number];

/** What was recorded, kept as simply as it can be, and summed by looking at all of it. */
class Oracle {
  readonly calls = new Map<string, { kept: KeptObservation; qualities: Quality[]; isInTotals: boolean }>();

  observe(kept: KeptObservation): string {
    const known = this.calls.get(kept.id);
    if (known !== undefined)
      return JSON.stringify(known.kept, asText) === JSON.stringify(kept, asText) ? 'known' : 'differs';
    const own: Quality[] = kept.qualityMillionths === null ? [] : [[kept.qualitySource ?? '', kept.qualityMillionths]];
    this.calls.set(kept.id, { kept, qualities: own, isInTotals: true });
    return 'recorded';
  }

  judge(id: string, source: string, quality: number): string {
    const call = this.calls.get(id);
    if (call === undefined) return 'unknown';
    const said = call.qualities.find(([by]) => by === source);
    if (said !== undefined) return said[1] === quality ? 'known' : 'differs';
    call.qualities.push([source, quality]);
    return 'judged';
  }

  reset(): void {
    for (const call of this.calls.values()) call.isInTotals = false;
  }

  summary(task: string, adapter: string, sinceDay: number, source: string | null) {
    const calls = [...this.calls.values()].filter(
      ({ kept }) => kept.task === task && kept.adapter === adapter && kept.atMs >= sinceDay * DAY_MS,
    );
    const qualities = calls.flatMap(({ qualities: all }) => {
      const of = source === null ? all : all.filter(([by]) => by === source);
      return of.slice(-1).map(([, quality]) => BigInt(quality));
    });
    return calls.length === 0
      ? null
      : {
          ...sumsOf(calls.map(({ kept }) => kept)),
          judged: qualities.length,
          qualityMillionths: total(qualities),
          qualitySquaresMillionths: total(qualities.map((quality) => quality * quality)),
        };
  }
}

function sumsOf(calls: readonly KeptObservation[]) {
  const priced = calls.filter(({ costNanoUsd }) => costNanoUsd !== null);
  const estimated = priced.filter(({ estimatedCostNanoUsd }) => estimatedCostNanoUsd !== null);
  const buckets = calls.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyBucket(latencyMs)]));
  const latency = Array.from(
    { length: Math.max(-1, ...buckets) + 1 },
    (_, bucket) => buckets.filter((each) => each === bucket).length,
  );
  return {
    observations: calls.length,
    failed: calls.filter(({ status }) => status === 'failed').length,
    retried: calls.filter(({ attempt }) => attempt > 1).length,
    priced: priced.length,
    promptTokens: total(calls.map(({ promptTokens }) => BigInt(promptTokens))),
    costNanoUsd: total(priced.map(({ costNanoUsd }) => costNanoUsd ?? 0n)),
    economicCostNanoUsd: total(priced.map(({ economicCostNanoUsd }) => economicCostNanoUsd ?? 0n)),
    costSquares: total(priced.map(({ costNanoUsd }) => (costNanoUsd ?? 0n) ** 2n)),
    estimateDeltaNanoUsd: total(estimated.map((call) => (call.costNanoUsd ?? 0n) - (call.estimatedCostNanoUsd ?? 0n))),
    lastSeenMs: Math.max(...calls.map(({ atMs }) => atMs)),
    latency,
  };
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

const count = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 6);
const firstSeed = Number(process.env['BUDGET_FUZZ_SEED'] ?? 1);
const STEPS = 60;

describe('a random history of calls, judgements, resets and forgetting', { timeout: 60_000 }, () => {
  it.each(Array.from({ length: count }, (_, index) => firstSeed + index))(
    'has the roll-ups that looking at all of it gives, and never refuses what comes next (seed %i)',
    async (seed) => {
      const choices = choicesFrom(seed);
      const pick = <T>(values: readonly T[]): T => values[choices.between(0, values.length - 1)] as T;
      const clock = new TestClock();
      const store = await temporaryStore({ clock, observationDays: 20 });
      const oracle = new Oracle();
      const amount = () => pick([null, 0n, 1n, BigInt(choices.between(1, 1_000_000_000)), MAX_AMOUNT]);
      const call = (): KeptObservation => {
        const costNanoUsd = amount();
        const judged = choices.between(0, 2) === 0;
        const task = pick(['one', 'two', null]);
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
      };
      for (let step = 0; step < STEPS; step += 1) {
        const kind = choices.between(1, 100);
        if (kind <= 60) {
          const batch = Array.from({ length: choices.between(0, 20) }, call);
          expect(await store.observe(batch)).toEqual(batch.map((each) => oracle.observe(each)));
        } else if (kind <= 90) {
          const [id, source, quality] = [
            `call-${choices.between(0, 400)}`,
            pick(['s', 'u', 'v']),
            pick([0, 500_000, 1_000_000]),
          ];
          const outcome = await store.judge({ observationId: id, source, qualityMillionths: quality });
          expect(outcome).toBe(oracle.judge(id, source, quality));
        } else if (kind <= 94) {
          await store.resetUsage();
          oracle.reset();
        } else {
          // Less than what is forgotten after: ids of the oracle are known for ever.
          clock.forward(choices.between(0, DAY_MS / 2));
        }
      }
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
});

async function expectSame(
  store: Awaited<ReturnType<typeof temporaryStore>>,
  oracle: Oracle,
  clock: TestClock,
): Promise<void> {
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
    const { costSquares, ...expected } = sumsOf(inTotals);
    expect(found).toMatchObject(expected);
  }
  const [usage] = await store.readUsage({ by: 'model', spans: [allTime], organisationId: null });
  for (const model of ['m', 'x/y']) {
    const calls = [...oracle.calls.values()].map(({ kept }) => kept).filter((kept) => kept.model === model);
    const { latency, costSquares, lastSeenMs, ...expected } = sumsOf(calls);
    if (calls.length > 0) expect(usage?.find(({ name }) => name === model)).toMatchObject(expected);
  }
}
