import { CodedError } from '@budget/core';
import { describe, expect, it } from 'vitest';
import { BudgetExceededError } from './budget-errors.js';
import { createLedger, type LedgerOptions } from './ledger.js';
import type { LedgerStore } from './store.js';
import { temporaryStore } from './testing/temporary-store.js';
import { TestClock } from './testing/test-clock.js';

const tokens = (amount: number) => ({ scopes: ['run:1'], amounts: { tokens: amount } });

async function temporaryLedger(options: Partial<LedgerOptions> = {}) {
  return createLedger({ store: await temporaryStore(), ...options });
}

/** A real store that cannot be used for a while. */
async function unreliableStore() {
  const store = await temporaryStore();
  const state = { isDown: true };
  const down = async () => {
    throw new CodedError({ code: 'ledger_disk_full', kind: 'environment', message: 'The disk is full.' });
  };
  const unreliable = new Proxy(store, {
    get: (real, name) => (state.isDown && name !== 'close' ? down : real[name as keyof LedgerStore]),
  });
  return { store: unreliable as LedgerStore, state };
}

describe('a reservation that makes no sense is refused before the store is asked', () => {
  it.each([
    [{ id: '', ...tokens(1) }, 'id_invalid', '"" is no id. An id is a text of 1 to 200 characters.'],
    [{ id: 'x'.repeat(201), ...tokens(1) }, 'id_invalid', /is no id/],
    [{ id: 'half a pair \ud800', ...tokens(1) }, 'id_invalid', /is no id/],
    [{ id: 7, ...tokens(1) }, 'id_invalid', '7 is no id. An id is a text of 1 to 200 characters.'],
    [{ scopes: [], amounts: { tokens: 1 } }, 'scope_invalid', 'Scopes are a list of 1 to 16 names.'],
    [{ scopes: 'run:1', amounts: { tokens: 1 } }, 'scope_invalid', 'Scopes are a list of 1 to 16 names.'],
    [{ scopes: [' run'], amounts: { tokens: 1 } }, 'scope_invalid', /^" run" is no scope\. A scope is a name such as/],
    [
      { scopes: ['a'], amounts: {} },
      'amount_invalid',
      'No amount is named. Name at least one of tokens, nanoUsd, calls.',
    ],
    [{ scopes: ['a'], amounts: { dollars: 1 } }, 'amount_invalid', /^'dollars' is no unit\./],
    [{ scopes: ['a'], amounts: { tokens: -1 } }, 'amount_invalid', /^tokens is -1, which is no whole number from 0 to/],
    [
      { expiresInMs: 0, ...tokens(1) },
      'expiry_invalid',
      /^expiresInMs is 0; it is a whole number .* to 604800000 \(7 days\)\.$/,
    ],
    [{ expiresInMs: 604_800_001, ...tokens(1) }, 'expiry_invalid', /^expiresInMs is 604800001/],
    [{ expiresInMs: 1.5, ...tokens(1) }, 'expiry_invalid', /^expiresInMs is 1.5/],
  ])('%j', async (request, code, message) => {
    const ledger = await temporaryLedger();
    const refusal = expect(ledger.reserve(request as never)).rejects;
    await refusal.toMatchObject({ code, kind: 'input', message: expect.stringMatching(message) });
    expect(await ledger.listScopes()).toEqual([]);
  });
});

describe('a reservation', () => {
  it('gets an id of its own unless it is given one, and five minutes', async () => {
    const clock = new TestClock();
    const ledger = createLedger({ store: await temporaryStore({ clock }) });
    const first = await ledger.reserve(tokens(1));
    const second = await ledger.reserve(tokens(1));
    expect(first).toMatchObject({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      isUnrecorded: false,
      status: 'held',
    });
    expect(second.id).not.toBe(first.id);
    expect(first.expiresAtMs).toBe(clock.nowMs() + 300_000);
  });

  it('repeated with its id is the same, and another request with it is refused', async () => {
    const ledger = await temporaryLedger();
    const first = await ledger.reserve({ id: 'r1', ...tokens(5) });
    expect(await ledger.reserve({ id: 'r1', ...tokens(5) })).toEqual(first);
    await expect(ledger.reserve({ id: 'r1', ...tokens(6) })).rejects.toMatchObject({
      code: 'id_taken',
      kind: 'input',
      message:
        'Reservation r1 stands for another request already. Use a new id for every call, and the same only to repeat one.',
    });
    expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ held: 5n }] });
  });

  it('that has no room says which limit, and what is used, held and asked', async () => {
    const ledger = await temporaryLedger();
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 2000 });
    const { id } = await ledger.reserve(tokens(500));
    await ledger.settle(id, { tokens: 400 });
    await ledger.reserve(tokens(1200));
    const refused = (await ledger.reserve(tokens(401)).catch((error: unknown) => error)) as BudgetExceededError;
    expect(BudgetExceededError.isInstance(refused)).toBe(true);
    expect(refused).toMatchObject({
      ...{ name: 'BudgetExceededError', code: 'budget_exceeded', kind: 'budget' },
      ...{ scope: 'run:1', unit: 'tokens', limit: 2000n, used: 400n, held: 1200n, asked: 401n, resetsAtMs: null },
      message: 'run:1 has no room for 401 tokens: of 2,000 tokens 400 tokens are used and 1,200 tokens held.',
    });
    // Equality fits.
    expect(await ledger.reserve(tokens(400))).toMatchObject({ status: 'held' });
  });

  it('that has no room in a window says when that resets, and writes dollars and calls as such', async () => {
    const ledger = createLedger({ store: await temporaryStore({ clock: new TestClock() }) });
    const window = { every: 'day', timeZone: 'UTC' } as const;
    await ledger.setLimit({ scope: 'org', unit: 'nanoUsd', limit: 1_000_000_000, window });
    await ledger.setLimit({ scope: 'org', unit: 'calls', limit: 0 });
    await expect(ledger.reserve({ scopes: ['org'], amounts: { nanoUsd: 1_500_000_000n } })).rejects.toMatchObject({
      resetsAtMs: Date.parse('2026-03-02T00:00:00Z'),
      message:
        'org has no room for $1.500000: of $1.000000 $0.000000 are used and $0.000000 held. Its window resets at 2026-03-02T00:00:00.000Z.',
    });
    await expect(ledger.reserve({ scopes: ['org'], amounts: { calls: 1 } })).rejects.toThrow(
      /no room for 1 call: of 0 calls 0 calls/,
    );
  });

  it('refused elsewhere in this process, by another copy of the package, is told as one', () => {
    const marker = Symbol.for('@budget/coded-error');
    const copy = Object.assign(new Error('copied'), { [marker]: true, code: 'budget_exceeded', kind: 'budget' });
    expect(BudgetExceededError.isInstance(copy)).toBe(true);
    expect(CodedError.isInstance(copy)).toBe(true);
    expect(BudgetExceededError.isInstance({ code: 'budget_exceeded' })).toBe(false);
    expect(BudgetExceededError.isInstance(null)).toBe(false);
  });
});

describe('a verb that cannot be is refused with a remedy', () => {
  it.each([
    ['settle', 'reservation_unknown', /^Reservation nobody is not known: it was never made, or so long ago/],
    ['release', 'reservation_unknown', /is not known/],
    ['markSent', 'reservation_unknown', /is not known/],
    ['extend', 'reservation_unknown', /is not known/],
  ] as const)('%s of what nobody made', async (verb, code, message) => {
    const ledger = await temporaryLedger();
    const argument = verb === 'extend' ? 1000 : { tokens: 1 };
    const ended = (ledger[verb] as (id: string, argument: unknown) => Promise<unknown>)('nobody', argument);
    await expect(ended).rejects.toMatchObject({ code, kind: 'input', message: expect.stringMatching(message) });
    expect(await ledger.readReservation('nobody')).toBeNull();
  });

  it('after a release nothing is sent; after a settlement nothing is settled otherwise, nor released', async () => {
    const ledger = await temporaryLedger();
    await ledger.reserve({ id: 'r1', ...tokens(5) });
    await ledger.reserve({ id: 'r2', ...tokens(5) });
    await ledger.release('r1');
    await expect(ledger.markSent('r1')).rejects.toMatchObject({
      code: 'not_held',
      message: expect.stringMatching(/nothing may be sent on it\. Reserve anew/),
    });
    await ledger.markSent('r2');
    await expect(ledger.release('r2')).rejects.toMatchObject({
      code: 'already_sent',
      message: expect.stringMatching(/isNotBilled/),
    });
    await ledger.settle('r2', { tokens: 4 });
    expect(await ledger.settle('r2', { tokens: 4 })).toMatchObject({ booked: { tokens: 4n } });
    await expect(ledger.settle('r2', { tokens: 3 })).rejects.toMatchObject({ code: 'already_settled' });
    await expect(ledger.release('r2', { isNotBilled: true })).rejects.toMatchObject({ code: 'already_settled' });
  });

  it('a parent in a circle, or too deep', async () => {
    const ledger = await temporaryLedger();
    await ledger.setParent('b', 'a');
    await expect(ledger.setParent('a', 'b')).rejects.toMatchObject({
      code: 'parent_invalid',
      kind: 'input',
      message: 'b cannot be the parent of a: b lies below a.',
    });
    const deepen = async () => {
      for (let level = 1; level < 20; level += 1) await ledger.setParent(`level:${level}`, `level:${level - 1}`);
    };
    await expect(deepen()).rejects.toThrow(/^level:1\d cannot .*: no scope has more than 16 ancestors\.$/);
  });
});

describe('when the store cannot be used', () => {
  it('a reservation is refused unless it was allowed to go on, and nothing is counted', async () => {
    const { store, state } = await unreliableStore();
    const ledger = createLedger({ store });
    await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_disk_full', kind: 'environment' });
    state.isDown = false;
    expect(await ledger.listScopes()).toEqual([]);
  });

  it('one that may go on is told, is limited by nothing, and is booked once the store works', async () => {
    const { store, state } = await unreliableStore();
    const lines: string[] = [];
    const ledger = createLedger({ store, onStoreFailure: 'allow', log: (line) => lines.push(line) });
    const { id, isUnrecorded, status } = await ledger.reserve(tokens(100));
    expect({ isUnrecorded, status }).toEqual({ isUnrecorded: true, status: 'held' });
    expect(lines).toEqual([`${id} goes on without a limit, as the ledger could not be used: The disk is full.`]);
    expect(await ledger.markSent(id)).toMatchObject({ status: 'sent', id });
    expect(await ledger.extend(id, 1000)).toMatchObject({ id });
    // Not lost when it comes too early: it is known still.
    await expect(ledger.settle(id, { tokens: 80 })).rejects.toMatchObject({ kind: 'environment' });
    state.isDown = false;
    expect(await ledger.settle(id, { tokens: 80 })).toMatchObject({ status: 'settled', booked: { tokens: 80n } });
    expect(await ledger.settle(id, { tokens: 80 })).toMatchObject({ status: 'settled' });
    expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ used: 80n, held: 0n, overrun: 80n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('one that was released before counts nowhere', async () => {
    const { store, state } = await unreliableStore();
    const ledger = createLedger({ store, onStoreFailure: 'allow' });
    const { id } = await ledger.reserve(tokens(100));
    expect(await ledger.release(id)).toMatchObject({ status: 'released' });
    state.isDown = false;
    await expect(ledger.settle(id, { tokens: 1 })).rejects.toMatchObject({ code: 'reservation_unknown' });
  });

  it('one that is asked for again once the store works is held like any other', async () => {
    // Its settlement was refused as `id_taken`, so that the hold stayed and the cost was lost.
    const { store, state } = await unreliableStore();
    const ledger = createLedger({ store, onStoreFailure: 'allow' });
    await ledger.reserve({ id: 'r1', ...tokens(100) });
    state.isDown = false;
    expect(await ledger.reserve({ id: 'r1', ...tokens(100) })).toMatchObject({ isUnrecorded: false });
    expect(await ledger.settle('r1', { tokens: 80 })).toMatchObject({ status: 'settled', overrun: {} });
    expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ used: 80n, held: 0n }] });
  });

  it('only a failure of the store is allowed: a limit without room refuses', async () => {
    const ledger = await temporaryLedger({ onStoreFailure: 'allow' });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1 });
    await expect(ledger.reserve(tokens(2))).rejects.toMatchObject({ code: 'budget_exceeded' });
    await ledger.close();
    await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_closed', kind: 'usage' });
  });

  it('no more than ten thousand calls go on at once', async () => {
    const { store } = await unreliableStore();
    const ledger = createLedger({ store, onStoreFailure: 'allow' });
    await Promise.all(Array.from({ length: 10_000 }, () => ledger.reserve(tokens(1))));
    await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_disk_full' });
  });
});

it('thresholds are told to the log, also those that a settlement reaches', async () => {
  const lines: string[] = [];
  const ledger = await temporaryLedger({ log: (line) => lines.push(line) });
  await ledger.setLimit({ scope: 'run:1', unit: 'nanoUsd', limit: 5_000_000_000n });
  const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { nanoUsd: 4_600_000_000n } });
  expect(lines).toEqual([]);
  await ledger.settle(id, { nanoUsd: 4_500_000_000n });
  expect(lines).toEqual([
    'run:1 has used 75% of its limit: $4.500000 of $5.000000 (warning)',
    'run:1 has used 90% of its limit: $4.500000 of $5.000000 (critical)',
  ]);
});

it('holds whose time is over end when somebody asks, all of them', async () => {
  const clock = new TestClock();
  const ledger = createLedger({ store: await temporaryStore({ clock }) });
  await Promise.all(Array.from({ length: 250 }, () => ledger.reserve({ ...tokens(1), expiresInMs: 1000 })));
  expect(await ledger.expireDue()).toBe(0);
  clock.forward(1000);
  expect(await ledger.expireDue()).toBe(250);
  expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ held: 0n }] });
});
