import assert from 'node:assert/strict';
import type { LedgerRecord } from '../../moving/ledger-record.js';
import type { LedgerStore } from '../../store.js';
import {
  type Contract,
  type ContractTools,
  DAY_MS,
  limitOf,
  MINUTE_MS,
  percentsOf,
  readDone,
  requestOf,
  tokens,
  usageOf,
} from './contract-tools.js';

const daily = { every: 'day', timeZone: 'Europe/Paris' } as const;

/** Something of all that a ledger keeps, on the scopes `run`, `org` and `thread:t`. */
async function live(store: LedgerStore, clock: ContractTools['clock']): Promise<void> {
  await store.setLimit(limitOf(1000n));
  await store.setLimit(limitOf(2n ** 59n, { scope: 'org', unit: 'nanoUsd', window: daily, thresholds: [] }));
  await store.setParent('run', 'org');
  await store.reserve(requestOf('released', tokens(7n)));
  await store.release('released', { isNotBilled: false });
  await store.reserve(requestOf('settled', { tokens: 700n, nanoUsd: 10n ** 15n, calls: 1n }));
  await store.settle('settled', { tokens: 760n, nanoUsd: 10n ** 15n - 1n, calls: 1n });
  await store.reserve(requestOf('estimated', tokens(20n), { expiresInMs: MINUTE_MS, isSent: true }));
  await store.reserve(requestOf('expired', tokens(30n), { expiresInMs: MINUTE_MS }));
  await store.consumeThread({
    threadId: 't',
    maxTokens: 500n,
    promptTokens: 40n,
    completionTokens: 2n,
    id: 'consumed',
  });
  await store.reserve(requestOf('of the thread', tokens(9n), { scopes: ['thread:t'], expiresInMs: 1, isSent: true }));
  clock.pass(2 * MINUTE_MS);
  await store.expireDue(10);
  await store.resetThread('t');
  clock.pass(DAY_MS);
  await store.reserve(requestOf('held', tokens(50n)));
  await store.reserve(requestOf('sent', tokens(60n), { isSent: true }));
}

async function recordsOf(store: LedgerStore): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  await store.exportRecords(async (page) => void records.push(...page));
  return records;
}

async function* pagesOf(records: readonly LedgerRecord[]): AsyncGenerator<readonly LedgerRecord[]> {
  for (const record of records) yield [record];
}

async function stateOf(store: LedgerStore): Promise<unknown> {
  return {
    scopes: await store.listScopes({ after: null, limit: 100 }),
    threads: await store.listThreads({ after: null, limit: 100 }),
    reservations: await Promise.all(
      ['settled', 'estimated', 'expired', 'held', 'sent', 'consumed'].map((id) => store.readReservation(id)),
    ),
  };
}

export const movingContract: Contract = {
  'what one store hands on another one takes over, to the last digit': async ({
    store,
    openAnother,
    clock,
    isEqual,
  }) => {
    await live(store, clock);
    const records = await recordsOf(store);
    isEqual(
      [...new Set(records.map(({ kind }) => kind))],
      ['resets', 'scope', 'limit', 'counter', 'reservation', 'thread'],
    );
    const other = await openAnother();
    isEqual(await other.importRecords(pagesOf(records)), 'imported');
    isEqual(await recordsOf(other), records);
    isEqual(await stateOf(other), await stateOf(store));
    isEqual(await other.audit(), []);
  },

  'the life of what was taken over goes on': async ({ store, openAnother, clock, isEqual }) => {
    await live(store, clock);
    const other = await openAnother();
    await other.importRecords(pagesOf(await recordsOf(store)));
    // Known ids are known, limits have the room that they had, and nobody is told of a threshold again.
    isEqual((await other.reserve(requestOf('held', tokens(50n)))).status, 'reserved');
    isEqual((await other.reserve(requestOf('held', tokens(51n)))).status, 'id_taken');
    isEqual((await other.reserve(requestOf('too much', tokens(111n)))).status, 'refused');
    isEqual(percentsOf((await other.settle('held', tokens(50n))).crossings), []);
    isEqual(percentsOf((await other.book({ id: 'b', scopes: ['run'], amounts: tokens(70n) })).crossings), [90]);
    // An estimate from before a reset is not taken off again, one of a counter that was not reset is.
    isEqual((await other.settle('of the thread', tokens(1n))).status, 'changed');
    isEqual(await usageOf(other, 'thread:t'), [0n, 0n, 0n]);
    isEqual((await other.settle('estimated', tokens(5n))).status, 'changed');
    clock.pass(10 * MINUTE_MS);
    isEqual((await other.expireDue(10)).count, 1);
    isEqual((await readDone(other, 'sent')).isEstimated, true);
    isEqual(await usageOf(other), [760n + 50n + 70n + 5n + 60n, 0n, 60n + 70n]);
    isEqual(await other.audit(), []);
  },

  'more than are written at once come in their order': async ({ store, openAnother, isEqual }) => {
    const ids = Array.from({ length: 1203 }, (_, index) => `${(index * 7) % 1203}`);
    await Promise.all(ids.map((id) => store.book({ id, scopes: [`run ${id.at(-1)}`], amounts: { calls: 1n } })));
    const records = await recordsOf(store);
    isEqual(records.filter(({ kind }) => kind === 'reservation').length, 1203);
    const other = await openAnother();
    async function* one(): AsyncGenerator<readonly LedgerRecord[]> {
      yield records;
    }
    await other.importRecords(one());
    isEqual(await recordsOf(other), records);
  },

  'nothing is taken over twice, or into what is used': async ({ store, openAnother, clock, isEqual }) => {
    await live(store, clock);
    const records = await recordsOf(store);
    isEqual(await store.importRecords(pagesOf(records)), 'not_empty');
    isEqual(await recordsOf(store), records);
    const other = await openAnother();
    await other.setLimit(limitOf(1n, { scope: 'mine' }));
    isEqual(await other.importRecords(pagesOf(records)), 'not_empty');
    isEqual((await recordsOf(other)).length, 4);
  },

  'two who bring the same at once bring it once': async ({ store, openAnother, clock, isEqual }) => {
    await live(store, clock);
    const records = await recordsOf(store);
    const other = await openAnother();
    const outcomes = await Promise.all([1, 2].map(() => other.importRecords(pagesOf(records))));
    isEqual(outcomes.sort(), ['imported', 'not_empty']);
    isEqual(await recordsOf(other), records);
  },

  'records that break off, or name something twice, leave nothing behind': async (given) => {
    const { store, openAnother, clock, isEqual } = given;
    await live(store, clock);
    const records = await recordsOf(store);
    const other = await openAnother();
    async function* brokenOff(): AsyncGenerator<readonly LedgerRecord[]> {
      yield* pagesOf(records);
      throw new Error('the file ends here');
    }
    await assert.rejects(other.importRecords(brokenOff()), /the file ends here/);
    for (const kind of ['scope', 'limit', 'counter', 'reservation', 'thread']) {
      const twice = records.filter((record) => record.kind === kind).slice(0, 1);
      await assert.rejects(other.importRecords(pagesOf([...records, ...twice])), {
        code: 'records_twice',
        kind: 'input',
      });
    }
    isEqual(await recordsOf(other), [{ kind: 'resets', count: 0n }]);
    isEqual(await other.importRecords(pagesOf(records)), 'imported');
  },

  'records are of one moment, whatever is written while they are handed on': async ({
    store,
    openAnother,
    isEqual,
  }) => {
    const book = (id: string) => store.book({ id, scopes: ['run'], amounts: tokens(1n) });
    for (let index = 0; index < 20; index += 1) await book(`before ${index}`);
    const records: LedgerRecord[] = [];
    let meanwhile = 0;
    await store.exportRecords(async (page) => {
      meanwhile += 1;
      await book(`meanwhile ${meanwhile}`);
      records.push(...page);
    });
    assert.ok(meanwhile > 1);
    const other = await openAnother();
    await other.importRecords(pagesOf(records));
    isEqual(await usageOf(other), [20n, 0n, 20n]);
    isEqual(await other.audit(), []);
  },

  'who takes the records and fails ends the verb, and nothing else': async ({ store, clock, isEqual }) => {
    await live(store, clock);
    const failing = store.exportRecords(() => Promise.reject(new Error('no room for it')));
    await assert.rejects(failing, /no room for it/);
    isEqual((await store.settle('held', tokens(1n))).status, 'changed');
  },
};
