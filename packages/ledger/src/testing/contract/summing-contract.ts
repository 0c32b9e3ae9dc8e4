import { latenciesOfBuckets, latencyBucket } from '../../latency-histogram.js';
import { allTime, NOON, type ObservationContract, observationOf, summaryOf } from './observation-tools.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const summingContract: ObservationContract = {
  'a summary holds what its calls used, took and became': async ({ store, isEqual }) => {
    await store.observe([
      observationOf('a', { cachedPromptTokens: 600, economicCostNanoUsd: 3_000_000n, cacheHit: 'provider' }),
      observationOf('b', { costNanoUsd: null, economicCostNanoUsd: null, costSource: 'unknown', latencyMs: null }),
      observationOf('c', { status: 'failed', attempt: 2, latencyMs: 9000, atMs: NOON + 1 }),
      observationOf('d', { status: 'cancelled', estimatedCostNanoUsd: 5_000_000n, cacheHit: 'local' }),
    ]);
    isEqual(await summaryOf(store), {
      ...{ task: 'summarise', adapter: 'fast', observations: 4, completed: 2, failed: 1, cancelled: 1, retried: 1 },
      ...{ priced: 3, localHits: 1, providerHits: 1, timed: 3, estimated: 1, judged: 0 },
      ...{ promptTokens: 4000n, completionTokens: 400n, cachedPromptTokens: 600n },
      ...{ costNanoUsd: 6_000_000n, economicCostNanoUsd: 7_000_000n, costSquares: 12_000_000_000_000n },
      ...{ estimatedCostNanoUsd: 5_000_000n, estimateDeltaNanoUsd: -3_000_000n, latencyMsTotal: 9800n },
      ...{ qualityMillionths: 0n, qualitySquaresMillionths: 0n, lastSeenMs: NOON + 1 },
      latency: latenciesOfBuckets([
        [latencyBucket(400), 2],
        [latencyBucket(9000), 1],
      ]),
    });
  },

  'summaries are of each adapter of the task, since ever or since a day': async ({ store, isEqual }) => {
    const today = Math.floor(NOON / DAY_MS);
    await store.observe([
      observationOf('a', { adapter: 'slow', atMs: NOON - 2 * DAY_MS }),
      observationOf('b', { adapter: 'fast', atMs: NOON - DAY_MS }),
      observationOf('c', { adapter: 'fast' }),
      observationOf('d', { task: 'translate', adapter: 'fast' }),
    ]);
    const of = async (adapter: string | null, sinceDay: number | null) => {
      const summaries = await store.readTaskSummaries({ task: 'summarise', adapter, sinceDay, source: null });
      return summaries.map((each) => [each.adapter, each.observations]);
    };
    isEqual(await of(null, null), [
      ['fast', 2],
      ['slow', 1],
    ]);
    isEqual(await of('slow', null), [['slow', 1]]);
    isEqual(await of(null, today - 1), [['fast', 2]]);
    isEqual(await of('fast', today), [['fast', 1]]);
    isEqual(await of(null, today - 2), [
      ['fast', 2],
      ['slow', 1],
    ]);
    isEqual(await store.readTaskSummaries({ task: 'none', adapter: null, sinceDay: null, source: null }), []);
  },

  'totals are by agent, model, thread, phase and organisation': async ({ store, isEqual }) => {
    await store.observe([
      observationOf('a', { agentId: 'x', threadId: 't1', organisationId: 'o' }),
      observationOf('b', { agentId: 'y', threadId: 't1', model: 'a/b', phase: 'train' }),
      observationOf('c', { task: null, adapter: null }),
    ]);
    const names = async (dimension: 'agent' | 'model' | 'thread' | 'phase' | 'organisation' | 'overall') =>
      (await store.listUsageTotals({ dimension, after: null, limit: 10 })).map((each) => [
        each.name,
        each.observations,
      ]);
    isEqual(await names('overall'), [['', 3]]);
    isEqual(await names('agent'), [
      ['x', 1],
      ['y', 1],
    ]);
    isEqual(await names('model'), [
      ['a/b', 1],
      ['gpt-4o-mini', 2],
    ]);
    isEqual(await names('thread'), [['t1', 2]]);
    isEqual(await store.countUsageTotals('thread', 10), 1);
    isEqual(await store.countUsageTotals('model', 10), 2);
    isEqual(await store.countUsageTotals('model', 1), 1);
    isEqual(await names('phase'), [
      ['infer', 2],
      ['train', 1],
    ]);
    isEqual(await names('organisation'), [['o', 1]]);
    isEqual(await store.readUsageTotal('agent', 'z'), null);
    const page = await store.listUsageTotals({ dimension: 'agent', after: 'x', limit: 1 });
    isEqual(
      page.map(({ name }) => name),
      ['y'],
    );
  },

  'a reset begins totals anew and keeps everything': async ({ store, isEqual, clock }) => {
    isEqual(await store.readUsageReset(), null);
    await store.observe([observationOf('a', { threadId: 't' })]);
    const at = await store.resetUsage();
    isEqual(at, clock.nowMs());
    isEqual(await store.readUsageReset(), at);
    isEqual(await store.readUsageTotal('overall', ''), null);
    isEqual(await store.listUsageTotals({ dimension: 'thread', after: null, limit: 10 }), []);
    isEqual(await store.observe([observationOf('a', { threadId: 't' })]), ['known']);
    isEqual(await store.readUsageTotal('overall', ''), null);
    await store.observe([observationOf('b')]);
    isEqual((await store.readUsageTotal('overall', ''))?.observations, 1);
    isEqual((await summaryOf(store))?.observations, 2);
    const [usage] = await store.readUsage({ by: 'overall', spans: [allTime], organisationId: null });
    isEqual(usage?.[0]?.observations, 2);
  },

  'usage of spans is exact to the millisecond': async ({ store, isEqual }) => {
    const calls = Array.from({ length: 40 }, (_, index) =>
      observationOf(`${index}`, { atMs: NOON + index * 7 * 60_000, agentId: index % 2 === 0 ? 'even' : null }),
    );
    await store.observe(calls);
    const spans = [
      { fromMs: NOON, toMs: NOON + HOUR_MS },
      { fromMs: NOON + 1, toMs: NOON + HOUR_MS + 1 },
      { fromMs: NOON + 7 * 60_000, toMs: NOON + 7 * 60_000 + 1 },
      { fromMs: NOON + 8 * 60_000, toMs: NOON + 8 * 60_000 + 1 },
      { fromMs: NOON + 20 * 60_000, toMs: NOON + 33 * 60_000 },
      { fromMs: NOON + HOUR_MS, toMs: NOON },
    ];
    const counted = (span: { fromMs: number; toMs: number }, isAsked = (_: number) => true) =>
      calls.filter(({ atMs }, index) => atMs >= span.fromMs && atMs < span.toMs && isAsked(index)).length;
    const overall = await store.readUsage({ by: 'overall', spans, organisationId: null });
    isEqual(
      overall.map((usage) => usage[0]?.observations ?? 0),
      spans.map((span) => counted(span)),
    );
    const agents = await store.readUsage({ by: 'agent', spans, organisationId: null });
    isEqual(
      agents.map((usage) => usage.find(({ name }) => name === 'even')?.observations ?? 0),
      spans.map((span) => counted(span, (index) => index % 2 === 0)),
    );
  },

  'usage is by application, infospace, model, phase and organisation, also of one organisation': async ({
    store,
    isEqual,
  }) => {
    await store.observe([
      observationOf('a', { organisationId: 'o', infospace: 'w/s', costNanoUsd: 1_500_000_001n }),
      observationOf('b', { organisationId: 'p', application: 'batch', model: 'a/b' }),
      observationOf('c', { phase: 'train' }),
    ]);
    type By = 'application' | 'infospace' | 'model' | 'phase' | 'organisation';
    const of = async (by: By, organisationId: string | null = null) => {
      const [usage] = await store.readUsage({ by, spans: [allTime], organisationId });
      return usage?.map((each) => [each.name, each.observations]);
    };
    isEqual(await of('application'), [
      ['batch', 1],
      ['chat', 2],
    ]);
    isEqual(await of('infospace'), [['w/s', 1]]);
    isEqual(await of('model'), [
      ['a/b', 1],
      ['gpt-4o-mini', 2],
    ]);
    isEqual(await of('phase'), [
      ['infer', 2],
      ['train', 1],
    ]);
    isEqual(await of('organisation'), [
      ['', 1],
      ['o', 1],
      ['p', 1],
    ]);
    isEqual(await of('model', 'p'), [['a/b', 1]]);
    const [usage] = await store.readUsage({ by: 'overall', spans: [allTime], organisationId: 'o' });
    isEqual(usage?.[0]?.costNanoUsd, 1_500_000_001n);
  },
};
