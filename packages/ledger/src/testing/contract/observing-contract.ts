import { MAX_AMOUNT } from '../../amounts.js';
import { allTime, NOON, type ObservationContract, observationOf, queryOf, summaryOf } from './observation-tools.js';

const MOST_TOKENS = 1_000_000_000_000;

export const observingContract: ObservationContract = {
  'an observation is recorded once, however often it is sent': async ({ store, isEqual }) => {
    const call = observationOf('a');
    isEqual(await store.observe([call, call]), ['recorded', 'known']);
    isEqual(await store.observe([observationOf('b'), call]), ['recorded', 'known']);
    isEqual((await summaryOf(store))?.observations, 2);
    isEqual((await store.readUsageTotal('overall', ''))?.observations, 2);
  },

  'another observation under a known id is told and changes nothing': async ({ store, isEqual }) => {
    isEqual(await store.observe([observationOf('a'), observationOf('a', { promptTokens: 7 })]), [
      'recorded',
      'differs',
    ]);
    isEqual(await store.observe([observationOf('a', { costNanoUsd: null, economicCostNanoUsd: null })]), ['differs']);
    isEqual(await store.readObservation('a'), observationOf('a'));
    isEqual((await summaryOf(store))?.promptTokens, 1000n);
  },

  'metadata whose keys come in another order is the same, and stays as it was written first': async ({
    store,
    isEqual,
  }) => {
    const call = (metadata: string | null) => observationOf('a', { metadata });
    const [first, again] = ['{"b":{"d":[1,2],"c":null},"a":1}', '{"a":1,"b":{"c":null,"d":[1,2]}}'];
    isEqual(await store.observe([call(first), call(again)]), ['recorded', 'known']);
    const others = ['{"a":1,"b":{"c":null,"d":[2,1]}}', '{"a":1}', '{"a":1,"b":{"d":[1,2]}}', null];
    isEqual(await store.observe([call(again), ...others.map(call)]), ['known', ...others.map(() => 'differs')]);
    isEqual((await store.readObservation('a'))?.metadata, first);
  },

  'of a long batch each is told what became of it, wherever those that are known stand': async ({ store, isEqual }) => {
    await store.observe([observationOf('known')]);
    let recorded = 1;
    for (const place of [0, 7, 8, 13, 29]) {
      const batch = Array.from({ length: 30 }, (_, index) => observationOf(`${place}-${index}`));
      const { id } = batch[(place + 29) % 30] as { id: string };
      batch.splice(place, 0, observationOf('known'), observationOf(id, { promptTokens: 7 }), observationOf('known'));
      const outcomes = await store.observe(batch);
      const isFirst = (index: number) => batch.findIndex((each) => each.id === batch[index]?.id) === index;
      isEqual(
        outcomes,
        batch.map((each, index) => {
          if (each.id === 'known') return 'known';
          return isFirst(index) ? 'recorded' : 'differs';
        }),
      );
      recorded += 30;
      isEqual((await summaryOf(store))?.observations, recorded);
      isEqual((await store.listObservations(queryOf({ limit: 1 }))).total, recorded);
      isEqual(new Set(await store.observe(batch)).has('recorded'), false);
    }
  },

  'names as long as they may be are kept and summed, in any script': async ({ store, isEqual }) => {
    // 798 bytes each, and no two parts alike: nothing makes them shorter.
    const long = (nth: number) =>
      Array.from({ length: 266 }, (_, at) => String.fromCharCode(0x4e00 + ((at * 7919 + nth * 4099) % 20_000))).join(
        '',
      );
    const call = observationOf(long(0), {
      ...{ application: long(1), infospace: long(2), runId: long(3), organisationId: long(4), task: long(5) },
      ...{ adapter: long(6), provider: long(7), model: long(8), threadId: long(9), agentId: long(10) },
      ...{ qualityMillionths: 1, qualitySource: long(11) },
    });
    isEqual(await store.observe([call]), ['recorded']);
    isEqual(await store.judge({ observationId: long(0), qualityMillionths: 5, source: long(12) }), 'judged');
    isEqual(await store.readObservation(long(0)), call);
  },

  'an observation comes back as it was': async ({ store, isEqual }) => {
    const call = observationOf('a', {
      ...{ infospace: 'acme/demo', runId: 'r', organisationId: 'o', threadId: 't', agentId: 'g', phase: 'train' },
      ...{
        cachedPromptTokens: 3,
        cacheWriteTokens: 2,
        reasoningTokens: 1,
        costNanoUsd: 0n,
        economicCostNanoUsd: MAX_AMOUNT,
      },
      ...{ estimatedCostNanoUsd: 5n, costSource: 'provider', cacheHit: 'local', latencyMs: 0, status: 'failed' },
      ...{ attempt: 3, qualityMillionths: 1, qualitySource: 'tests', metadata: '{"é":"\\"\\n"}', model: 'a/b:c' },
    });
    await store.observe([call]);
    isEqual(await store.readObservation('a'), call);
    isEqual(await store.readObservation('b'), null);
  },

  'an empty batch records nothing': async ({ store, isEqual }) => {
    isEqual(await store.observe([]), []);
    isEqual(await store.listObservations(queryOf()), { observations: [], total: 0 });
  },

  'a call without a task counts as usage only': async ({ store, isEqual }) => {
    await store.observe([observationOf('a', { task: null, adapter: null })]);
    isEqual(await summaryOf(store), undefined);
    isEqual((await store.readUsageTotal('model', 'gpt-4o-mini'))?.observations, 1);
  },

  'what came at the same time is recorded whole': async ({ store, isEqual }) => {
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 10 }, (_, index) => observationOf(`${batch + index}`)),
    );
    const outcomes = (await Promise.all(batches.map((batch) => store.observe(batch)))).flat();
    isEqual(outcomes.filter((outcome) => outcome === 'recorded').length, 29);
    isEqual((await summaryOf(store))?.observations, 29);
  },

  'sums of the largest calls are exact and refuse nothing': async ({ store, isEqual }) => {
    const largest = { promptTokens: MOST_TOKENS, costNanoUsd: MAX_AMOUNT, economicCostNanoUsd: MAX_AMOUNT };
    for (let batch = 0; batch < 10; batch += 1) {
      const calls = Array.from({ length: 1000 }, (_, index) => observationOf(`${batch}-${index}`, largest));
      await store.observe(calls);
    }
    const summary = await summaryOf(store);
    // Past 2^63, where a column ends.
    isEqual(summary?.costNanoUsd, 10_000n * MAX_AMOUNT);
    isEqual(summary?.costSquares, 10_000n * MAX_AMOUNT * MAX_AMOUNT);
    const [usage] = await store.readUsage({ by: 'overall', spans: [allTime], organisationId: null });
    isEqual(usage?.[0]?.costNanoUsd, 10_000n * MAX_AMOUNT);
    isEqual(usage?.[0]?.promptTokens, 10_000n * BigInt(MOST_TOKENS));
  },

  'observations are listed newest first, and those of one moment by their recording': async ({ store, isEqual }) => {
    const at = (id: string, minutes: number) => observationOf(id, { atMs: NOON + minutes * 60_000 });
    await store.observe([at('b', 5), at('a', 0), at('c', 40), at('d', 40)]);
    const page = await store.listObservations(queryOf());
    isEqual([page.observations.map(({ id }) => id), page.total], [['d', 'c', 'b', 'a'], 4]);
    const idsOf = async (offset: number, limit: number) => {
      const { observations, total } = await store.listObservations(queryOf({ offset, limit }));
      isEqual(total, 4);
      return observations.map(({ id }) => id);
    };
    isEqual(await idsOf(0, 2), ['d', 'c']);
    isEqual(await idsOf(1, 2), ['c', 'b']);
    isEqual(await idsOf(3, 2), ['a']);
    isEqual(await idsOf(4, 2), []);
  },

  'every filter holds for the page and for the total': async ({ store, isEqual }) => {
    const calls = Array.from({ length: 24 }, (_, index) =>
      observationOf(`${String(index).padStart(2, '0')}`, {
        atMs: NOON + index * 600_000,
        organisationId: index % 2 === 0 ? 'even' : null,
        agentId: index % 3 === 0 ? 'third' : null,
        model: index % 4 < 2 ? 'a/b' : 'c',
      }),
    );
    await store.observe(calls);
    const spans = [
      allTime,
      { fromMs: NOON + 600_000, toMs: NOON + 600_001 },
      { fromMs: NOON + 1, toMs: NOON + 9_000_000 },
    ];
    for (const span of spans) {
      for (const organisationId of [null, 'even']) {
        for (const agentId of [null, 'third']) {
          for (const model of [null, 'a/b', 'none']) {
            const query = queryOf({ span, organisationId, agentId, model, offset: 1, limit: 3 });
            const fitting = calls
              .filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs)
              .filter((call) => organisationId === null || call.organisationId === organisationId)
              .filter((call) => agentId === null || call.agentId === agentId)
              .filter((call) => model === null || call.model === model);
            const { observations, total } = await store.listObservations(query);
            isEqual(total, fitting.length);
            isEqual(observations, fitting.reverse().slice(1, 4));
          }
        }
      }
    }
  },
};
