import { CodedError } from '@budget/core';
import { describe, expect, it } from 'vitest';
import { BudgetExceededError } from './budget-errors.js';
import { createLedger, type LedgerOptions } from './ledger.js';
import { temporaryStore } from './testing/temporary-store.js';
import { TestClock } from './testing/test-clock.js';

const tokens = (amount: number) => ({ scopes: ['run:1'], amounts: { tokens: amount } });

async function temporaryLedger(options: Partial<LedgerOptions> = {}) {
  return createLedger({ store: await temporaryStore(), ...options });
}

describe('a reservation that makes no sense is refused before the store is asked', () => {
  it.each([
    [
      { id: '', ...tokens(1) },
      'id_invalid',
      /^"" is no id\. An id is a text of 1 to 200 characters, without U\+0000\.$/,
    ],
    [{ id: 'x'.repeat(201), ...tokens(1) }, 'id_invalid', /is no id/],
    [{ id: 'half a pair \ud800', ...tokens(1) }, 'id_invalid', /is no id/],
    [{ id: 'a\0b', ...tokens(1) }, 'id_invalid', /is no id/],
    [{ id: '7', scopes: [7n], amounts: { tokens: 1 } }, 'scope_invalid', /^7n is no scope\./],
    [{ id: 7, ...tokens(1) }, 'id_invalid', /^7 is no id\. An id is a text/],
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
  ])('%o', async (request, code, message) => {
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
    expect(await ledger.reserve({ id: 'r1', ...tokens(5) })).toEqual({ ...first, isRepeated: true });
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
        'org has no room for $1.50: of $1.00 $0.00 are used and $0.00 held. Its window resets at 2026-03-02T00:00:00.000Z.',
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

it('thresholds are told to the log, also those that a settlement reaches', async () => {
  const lines: string[] = [];
  const ledger = await temporaryLedger({ log: (line) => lines.push(line) });
  await ledger.setLimit({ scope: 'run:1', unit: 'nanoUsd', limit: 5_000_000_000n });
  const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { nanoUsd: 4_600_000_000n } });
  expect(lines).toEqual([]);
  await ledger.settle(id, { nanoUsd: 4_500_000_000n });
  expect(lines).toEqual([
    'run:1 has used 75% of its limit: $4.50 of $5.00 (warning)',
    'run:1 has used 90% of its limit: $4.50 of $5.00 (critical)',
  ]);
});

it('dollars are told with every digit, as $0.000000 says nothing about what there is no room for', async () => {
  const ledger = await temporaryLedger();
  await ledger.setLimit({ scope: 'run:1', unit: 'nanoUsd', limit: 400 });
  const refused = ledger.reserve({ scopes: ['run:1'], amounts: { nanoUsd: 401 } });
  await expect(refused).rejects.toThrow(/no room for \$0\.000000401: of \$0\.0000004 \$0\.00 are used/);
});

describe('a list of scopes', () => {
  it.each([Number.NaN, 1.5, 0, -1, '5', 5n])('has no limit of %s', async (limit) => {
    const ledger = await temporaryLedger();
    await expect(ledger.listScopes({ limit: limit as never })).rejects.toMatchObject({
      code: 'page_invalid',
      kind: 'input',
    });
  });

  it('begins after a name, and has a thousand at most', async () => {
    const ledger = await temporaryLedger();
    await expect(ledger.listScopes({ after: 5 as never })).rejects.toMatchObject({ code: 'page_invalid' });
    await Promise.all(Array.from({ length: 1001 }, (_, index) => ledger.setParent(`scope ${1000 + index}`, null)));
    expect(await ledger.listScopes({ limit: 5000 })).toHaveLength(1000);
    expect((await ledger.listScopes({ limit: 250 })).at(-1)?.scope).toBe('scope 1249');
    expect((await ledger.listScopes({ after: 'scope 1999' })).map(({ scope }) => scope)).toEqual(['scope 2000']);
  });
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
