import { choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import type { LedgerStore } from '../store.js';
import { failureOf } from '../testing/failure-of.js';
import { modelClock } from '../testing/model-clock.js';
import { modelNames, nextStep } from '../testing/model-steps.js';
import { postgresForTests } from '../testing/postgres-for-tests.js';
import { oneToken, temporaryStore } from '../testing/temporary-store.js';
import { exportLedger } from './export-ledger.js';
import { importLedger } from './import-ledger.js';

const seed = Number(process.env['BUDGET_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const histories = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 6);
const STEPS_A_HISTORY = 250;

const { store: postgresStore } = postgresForTests({ settings: { fsync: 'off' } });

async function exported(store: LedgerStore): Promise<string> {
  let text = '';
  await exportLedger(store, async (part) => {
    text += part;
  });
  return text;
}

/** All but its first line, which has the time. */
const recordsIn = (text: string) => text.slice(text.indexOf('\n'));

/** In pieces of a few bytes, as a stream may give them. */
async function* piecesOf(text: string, bytes = 1000): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let from = 0; from < all.length; from += bytes) yield all.subarray(from, from + bytes);
}

/** A ledger with a history that follows from its seed: every verb, crossed limits, and a clock that jumps. */
async function grown(ofSeed: number): Promise<LedgerStore> {
  const choices = choicesFrom(ofSeed);
  const clock = modelClock(choices);
  const names = modelNames(choices);
  const store = await temporaryStore({ clock });
  for (let step = 0; step < STEPS_A_HISTORY; step += 1) {
    if (choices.chance(0.1)) clock.jump();
    else await nextStep(choices, names).store(store);
  }
  return store;
}

describe('a ledger that moves', { timeout: 60_000 + histories * 10_000 }, () => {
  it(`from a file to PostgreSQL and back is the same to the last byte, after any history (seed ${seed})`, async () => {
    for (let history = 0; history < histories; history += 1) {
      const original = await exported(await grown(seed + history));
      const server = await postgresStore();
      const { discrepancies } = await importLedger(server, piecesOf(original, 1 + history * 777));
      expect(discrepancies).toEqual([]);
      const ofServer = await exported(server);
      expect(recordsIn(ofServer), `seed ${seed + history}`).toBe(recordsIn(original));
      const back = await temporaryStore();
      expect((await importLedger(back, piecesOf(ofServer))).discrepancies).toEqual([]);
      expect(recordsIn(await exported(back)), `seed ${seed + history}`).toBe(recordsIn(original));
    }
  });

  it('says what it was, in lines that a person can read', async () => {
    const store = await temporaryStore();
    await store.setLimit({ scope: 'run:1', unit: 'nanoUsd', window: null, limit: 2n ** 54n + 1n, thresholds: [] });
    await store.setParent('run:1', 'org');
    const lines = (await exported(store))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { kind: 'ledger_export', version: 1, exported_at: expect.stringMatching(/^\d{4}-.*Z$/) },
      { kind: 'resets', count: '0' },
      { kind: 'scope', scope: 'org', parent: null },
      { kind: 'scope', scope: 'run:1', parent: 'org' },
      { kind: 'limit', scope: 'run:1', unit: 'nano_usd', window: null, limit: '18014398509481985', thresholds: [] },
      expect.objectContaining({ kind: 'counter', scope: 'run:1', ends_at_ms: null, used: '0', held: '0' }),
      { kind: 'end', records: 5 },
    ]);
  });
});

describe('what is no whole export is refused, with its line, and leaves nothing behind', { timeout: 60_000 }, () => {
  const example = async () => {
    const store = await temporaryStore();
    await store.setLimit({ scope: 'run:1', unit: 'tokens', window: null, limit: 9n, thresholds: [] });
    await store.reserve(oneToken('r'));
    return exported(store);
  };
  const changed = (text: string, from: RegExp, to: string) => {
    const result = text.replace(from, to);
    expect(result).not.toBe(text);
    return result;
  };

  it.each<[string, (text: string) => string, string, RegExp]>([
    ['a text', () => 'Dear Sir or Madam,\n', 'export_invalid', /Line 1 .* no JSON/],
    ['nothing', () => '', 'export_cut_off', /behind line 0/],
    ['another format', () => '{"kind":"plan"}\n', 'export_invalid', /begins with the kind ledger_export/],
    ['a newer version', (text) => changed(text, /"version":1/, '"version":2'), 'export_newer', /version 2.*Update/],
    [
      'an unknown kind',
      (text) => changed(text, /"kind":"scope"/, '"kind":"weather"'),
      'export_invalid',
      /Line 3 .*weather/,
    ],
    ['a kind of no kind', (text) => changed(text, /"kind":"scope"/, '"kind":"toString"'), 'export_invalid', /toString/],
    [
      'a line less',
      (text) => changed(text, /.*"kind":"scope".*\n/, ''),
      'export_invalid',
      /there are \d+ records before it/,
    ],
    ['no end', (text) => changed(text, /\{"kind":"end".*\n/, ''), 'export_cut_off', /not whole/],
    ['more behind it', (text) => `${text}{}\n`, 'export_invalid', /more behind its end/],
    [
      'an inexact amount',
      (text) => changed(text, /"limit":"9"/, '"limit":9'),
      'export_invalid',
      /limit is 9; .* as text/,
    ],
    [
      'too large an amount',
      (text) => changed(text, /"limit":"9"/, `"limit":"${2n ** 63n}"`),
      'export_invalid',
      /limit is/,
    ],
    [
      'more used and held than can be counted',
      (text) => changed(text, /"used":"0","held":"1"/, `"used":"${2n ** 63n - 1n}","held":"1"`),
      'export_invalid',
      /held is "1"; it is with what is used less than 2\^63/,
    ],
    ['a unit that nobody knows', (text) => changed(text, /"unit":"tokens"/, '"unit":"euro"'), 'export_invalid', /euro/],
    ['a bad scope', (text) => changed(text, /"scope":"run:1"/, '"scope":"a\\nb"'), 'export_invalid', /no scope/],
    [
      'a version that never ends',
      (text) => changed(text, /"version":1/, `"version":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      'export_invalid',
      /Line 1 .* its version is \[/,
    ],
    [
      'a time past all',
      (text) => changed(text, /"expires_at_ms":\d+/, '"expires_at_ms":8640000000000001'),
      'export_invalid',
      /expires_at_ms is 8640000000000001/,
    ],
    [
      'a time before all',
      (text) => changed(text, /"reserved_at_ms":/, '"reserved_at_ms":-'),
      'export_invalid',
      /reserved_at_ms is -/,
    ],
    [
      'a window that never was',
      (text) => changed(text, /"ends_at_ms":null/, '"ends_at_ms":0'),
      'export_invalid',
      /ends_at_ms is 0; it is later than/,
    ],
    [
      'a window without an end',
      (text) => changed(text, /(counter.*)"window":null/, '$1"window":{"every":"day","time_zone":"UTC"}'),
      'export_invalid',
      /ends_at_ms is null; it is later than/,
    ],
    [
      'a percent past all',
      (text) => changed(text, /"crossed_percent":0/, '"crossed_percent":101'),
      'export_invalid',
      /crossed_percent is 101; .* 0 to 100/,
    ],
    ['no thresholds', (text) => changed(text, /,"thresholds":\[\]/, ''), 'export_invalid', /Thresholds are a list/],
    [
      'more held than any call may be',
      (text) => changed(text, /"amounts":\{"tokens":"1"/, '"amounts":{"tokens":"1000000000000001"'),
      'export_invalid',
      /tokens is "1000000000000001"; it is at most/,
    ],
    [
      'an id with U+0000',
      (text) => changed(text, /"id":"r"/, '"id":"a\\u0000b"'),
      'export_invalid',
      /Line \d .* is no id/,
    ],
    ['a bad status', (text) => changed(text, /"status":"held"/, '"status":"lost"'), 'export_invalid', /"lost"/],
    [
      'a scope that is there twice',
      (text) =>
        changed(text, /(\{"kind":"scope".*\n)/, '$1$1').replace(
          /"records":(\d)/,
          (_, count) => `"records":${Number(count) + 1}`,
        ),
      'records_twice',
      /twice/,
    ],
  ])('%s', async (_, change, code, message) => {
    const text = change(await example());
    for (const store of [await temporaryStore(), await postgresStore()]) {
      const failure = await failureOf(importLedger(store, piecesOf(text)));
      expect(failure).toMatchObject({ code, kind: 'input', message: expect.stringMatching(message) });
      expect(failure.message).toMatch(/Nothing was imported/);
      expect(await store.listScopes({ after: null, limit: 10 })).toEqual([]);
      expect(await store.readReservation('r')).toBeNull();
    }
  });

  it('cut at every byte', async () => {
    const store = await temporaryStore();
    const text = await example();
    // Without the end of the last line it is whole.
    for (let length = 0; length < text.length - 1; length += 1) {
      const failure = await failureOf(importLedger(store, piecesOf(text.slice(0, length))));
      expect(['export_cut_off', 'export_invalid']).toContain(failure.code);
    }
    await importLedger(store, piecesOf(text.slice(0, -1)));
    expect(recordsIn(await exported(store))).toBe(recordsIn(text));
  });

  it('a second time, with a clear word', async () => {
    const [store, text] = [await temporaryStore(), await example()];
    await importLedger(store, piecesOf(text));
    const failure = await failureOf(importLedger(store, piecesOf(text)));
    expect(failure).toMatchObject({ code: 'ledger_not_empty', kind: 'input' });
    expect(recordsIn(await exported(store))).toBe(recordsIn(text));
  });

  it('a line that never ends, and bytes that are no text', async () => {
    const store = await temporaryStore();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536, 'x');
    }
    expect(await failureOf(importLedger(store, endless()))).toMatchObject({ code: 'export_invalid' });
    async function* binary(): AsyncGenerator<Uint8Array> {
      yield Buffer.from([0xff, 0xfe, 0x0a]);
    }
    expect(await failureOf(importLedger(store, binary()))).toMatchObject({ code: 'export_invalid' });
  });
});
