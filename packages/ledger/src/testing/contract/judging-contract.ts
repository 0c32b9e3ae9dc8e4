import { NOON, type ObservationContract, observationOf, qualityOf, summaryOf } from './observation-tools.js';

const half = (observationId: string, source: string) => ({ observationId, source, qualityMillionths: 500_000 });

export const judgingContract: ObservationContract = {
  'each source judges once; the newest counts, or that of one source': async ({ store, isEqual }) => {
    await store.observe([observationOf('a'), observationOf('b')]);
    isEqual(await qualityOf(store), [0, 0n, 0n]);
    isEqual(await store.judge({ ...half('a', 'tests'), qualityMillionths: 1_000_000 }), 'judged');
    isEqual(await store.judge(half('a', 'user')), 'judged');
    isEqual(await qualityOf(store), [1, 500_000n, 250_000_000_000n]);
    isEqual(await qualityOf(store, 'tests'), [1, 1_000_000n, 1_000_000_000_000n]);
    isEqual(await qualityOf(store, 'user'), [1, 500_000n, 250_000_000_000n]);
    isEqual(await qualityOf(store, 'nobody'), [0, 0n, 0n]);
    isEqual((await summaryOf(store, { source: 'tests' }))?.observations, 2);
  },

  'saying the same again changes nothing, and something else is told': async ({ store, isEqual }) => {
    await store.observe([observationOf('a')]);
    await store.judge(half('a', 'tests'));
    await store.judge({ ...half('a', 'user'), qualityMillionths: 0 });
    isEqual(await store.judge(half('a', 'tests')), 'known');
    isEqual(await store.judge({ ...half('a', 'tests'), qualityMillionths: 1 }), 'differs');
    isEqual(await qualityOf(store), [1, 0n, 0n]);
  },

  'the quality that came with a call is the first judgement of its source': async ({ store, isEqual }) => {
    await store.observe([observationOf('a', { qualityMillionths: 250_000, qualitySource: 'tests' })]);
    isEqual(await qualityOf(store), [1, 250_000n, 62_500_000_000n]);
    isEqual(await store.judge({ ...half('a', 'tests'), qualityMillionths: 250_000 }), 'known');
    isEqual(await store.judge(half('a', 'tests')), 'differs');
    isEqual(await store.judge(half('a', 'user')), 'judged');
    isEqual(await qualityOf(store), [1, 500_000n, 250_000_000_000n]);
    isEqual(await qualityOf(store, 'tests'), [1, 250_000n, 62_500_000_000n]);
  },

  'what was said afterwards is told, of each call in its order': async ({ store, isEqual }) => {
    await store.observe([observationOf('a', { qualityMillionths: 1, qualitySource: 'own' }), observationOf('b')]);
    await store.observe([observationOf('c')]);
    for (const id of ['b', 'a', 'c']) await store.judge(half(id, 'user'));
    await store.judge(half('b', 'tests'));
    const said = await store.readJudgements(['a', 'b', 'nobody']);
    const of = (id: string) => said.filter(({ observationId }) => observationId === id);
    isEqual([of('a'), of('b')], [[half('a', 'user')], [half('b', 'user'), half('b', 'tests')]]);
    isEqual(said.length, 3);
    isEqual(await store.readJudgements([]), []);
  },

  'a quality of 0 is one, and none is none': async ({ store, isEqual }) => {
    await store.observe([observationOf('a', { qualityMillionths: 0, qualitySource: 'tests' }), observationOf('b')]);
    isEqual(await qualityOf(store), [1, 0n, 0n]);
  },

  'what was never observed cannot be judged': async ({ store, isEqual }) => {
    isEqual(await store.judge(half('a', 'tests')), 'unknown');
  },

  'a judgement belongs to the day of the call': async ({ store, isEqual, clock }) => {
    await store.observe([observationOf('a')]);
    clock.pass(3 * 86_400_000);
    await store.judge(half('a', 'tests'));
    const day = Math.floor(NOON / 86_400_000);
    isEqual((await summaryOf(store, { sinceDay: day }))?.judged, 1);
    isEqual(await summaryOf(store, { sinceDay: day + 1 }), undefined);
  },
};
