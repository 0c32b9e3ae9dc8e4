import { CodedError } from '@budget/core';
import { describe, expect, it, vi } from 'vitest';
import { createLedger, type LedgerOptions } from './ledger.js';
import type { LedgerStore } from './store.js';
import { temporaryStore } from './testing/temporary-store.js';
import { TestClock } from './testing/test-clock.js';

const tokens = (amount: number) => ({ scopes: ['run:1'], amounts: { tokens: amount } });

/** A real store that cannot be used for a while; `losesAnswers`: it does its work, and the answer is lost. */
async function unreliableStore() {
  const clock = new TestClock();
  const store = await temporaryStore({ clock });
  const state = { isDown: true, losesAnswers: false };
  const verbOf =
    (name: string | symbol) =>
    async (...given: unknown[]) => {
      const verb = store[name as keyof LedgerStore] as (...given: unknown[]) => Promise<unknown>;
      if (state.losesAnswers) await verb(...given);
      if (!state.losesAnswers && !state.isDown) return verb(...given);
      throw new CodedError({ code: 'ledger_disk_full', kind: 'environment', message: 'The disk is full.' });
    };
  const unreliable = new Proxy(store, {
    get: (real, name) => (name === 'close' ? real.close : verbOf(name)),
  });
  return { store: unreliable as LedgerStore, state, clock };
}

async function unreliableLedger(options: Partial<LedgerOptions> = {}) {
  const { store, state, clock } = await unreliableStore();
  return { ledger: createLedger({ store, onStoreFailure: 'allow', ...options }), store, state, clock };
}

describe('when the store cannot be used', () => {
  it('a reservation is refused unless it was allowed to go on, and nothing is counted', async () => {
    const { store, state } = await unreliableStore();
    const ledger = createLedger({ store });
    await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_disk_full', kind: 'environment' });
    state.isDown = false;
    expect(await ledger.listScopes()).toEqual([]);
  });

  it.each(['deny', 'Allow', '', null, true])('%j is no choice, and above all not the one to allow', async (choice) => {
    const store = await temporaryStore();
    expect(() => createLedger({ store, onStoreFailure: choice as never })).toThrow(
      expect.objectContaining({ code: 'option_invalid', kind: 'usage' }),
    );
  });

  it('one that may go on is told, is limited by nothing, and is booked once the store works', async () => {
    const lines: string[] = [];
    const { ledger, store, state } = await unreliableLedger({ log: (line) => lines.push(line) });
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

  it('one that was released counts nowhere, released twice too; what is settled after that is booked', async () => {
    const { ledger, state } = await unreliableLedger();
    const { id } = await ledger.reserve(tokens(100));
    expect(await ledger.release(id)).toMatchObject({ status: 'released' });
    expect(await ledger.release(id)).toMatchObject({ status: 'released' });
    await expect(ledger.markSent(id)).rejects.toMatchObject({ code: 'not_held' });
    state.isDown = false;
    expect(await ledger.readScope('run:1')).toBeNull();
    expect(await ledger.settle(id, { tokens: 1 })).toMatchObject({ overrun: { tokens: 1n } });
  });

  it('one that was sent is released with proof only', async () => {
    const { ledger } = await unreliableLedger();
    const { id } = await ledger.reserve(tokens(100));
    await ledger.markSent(id);
    await expect(ledger.release(id)).rejects.toMatchObject({ code: 'already_sent' });
    expect(await ledger.release(id, { isNotBilled: true })).toMatchObject({ status: 'released' });
  });

  it('one is settled twice with the same amounts and once with others, also where a unit is not named', async () => {
    const { ledger, state } = await unreliableLedger();
    const { id } = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 100, calls: 1 } });
    state.isDown = false;
    expect(await ledger.settle(id, { tokens: 80 })).toMatchObject({ booked: { tokens: 80n, calls: 1n } });
    expect(await ledger.settle(id, { tokens: 80 })).toMatchObject({ booked: { tokens: 80n, calls: 1n } });
    await expect(ledger.settle(id, { tokens: 81 })).rejects.toMatchObject({ code: 'already_settled' });
  });

  it('one is settled once, also by two who do not know of each other', async () => {
    const { ledger, state, store } = await unreliableLedger();
    const { id } = await ledger.reserve(tokens(100));
    state.isDown = false;
    const both = await Promise.allSettled([ledger.settle(id, { tokens: 80 }), ledger.settle(id, { tokens: 70 })]);
    expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'already_settled' } }]);
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 80n }] });
  });

  it('one that is asked for again once the store works is held like any other', async () => {
    // Its settlement was refused as `id_taken`, so that the hold stayed and the cost was lost.
    const { ledger, state } = await unreliableLedger();
    await ledger.reserve({ id: 'r1', ...tokens(100) });
    state.isDown = false;
    expect(await ledger.reserve({ id: 'r1', ...tokens(100) })).toMatchObject({ isUnrecorded: false });
    expect(await ledger.settle('r1', { tokens: 80 })).toMatchObject({ status: 'settled', overrun: {} });
    expect(await ledger.readScope('run:1')).toMatchObject({ usage: [{ used: 80n, held: 0n }] });
  });

  it('one that was held before, and asked for again, is settled on its hold', async () => {
    // The store said `id_taken` for ever: the hold ended as an estimate, or was freed, and the cost was lost.
    const { ledger, state, store, clock } = await unreliableLedger();
    state.isDown = false;
    await ledger.reserve({ id: 'r1', ...tokens(100) });
    state.isDown = true;
    expect(await ledger.reserve({ id: 'r1', ...tokens(100) })).toMatchObject({ isUnrecorded: true });
    state.isDown = false;
    expect(await ledger.settle('r1', { tokens: 80 })).toMatchObject({ status: 'settled', overrun: {} });
    expect(await ledger.settle('r1', { tokens: 80 })).toMatchObject({ status: 'settled' });
    clock.forward(3_600_000);
    await ledger.expireDue();
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 80n, held: 0n, overrun: 0n }] });
  });

  it('one whose answer was lost is marked as sent where it is held', async () => {
    const { ledger, state, store } = await unreliableLedger();
    state.losesAnswers = true;
    expect(await ledger.reserve({ id: 'r1', ...tokens(100) })).toMatchObject({ isUnrecorded: true });
    Object.assign(state, { isDown: false, losesAnswers: false });
    expect(await ledger.markSent('r1')).toMatchObject({ status: 'sent' });
    expect(await store.readReservation('r1')).toMatchObject({ status: 'sent' });
    await ledger.extend('r1', 1000);
    await ledger.release('r1', { isNotBilled: true });
    expect(await store.readReservation('r1')).toMatchObject({ status: 'released' });
  });

  it('another request with the id of one that goes on is refused, and the first keeps its cost', async () => {
    const { ledger, state, store } = await unreliableLedger();
    await ledger.reserve({ id: 'r1', ...tokens(100) });
    const other = { id: 'r1', scopes: ['run:2'], amounts: { tokens: 7 } };
    await expect(ledger.reserve(other)).rejects.toMatchObject({ code: 'id_taken' });
    state.isDown = false;
    await expect(ledger.reserve(other)).rejects.toMatchObject({ code: 'id_taken' });
    await ledger.settle('r1', { tokens: 1 });
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ used: 1n }] });
    expect(await store.readScope('run:2')).toBeNull();
  });

  it('an id that stands for another call in the store moves nothing there', async () => {
    const { ledger, state, store } = await unreliableLedger();
    state.isDown = false;
    await store.reserve({ id: 'r1', scopes: ['run:2'], amounts: { tokens: 7n }, expiresInMs: 1000 });
    state.isDown = true;
    await ledger.reserve({ id: 'r1', ...tokens(100) });
    state.isDown = false;
    await expect(ledger.markSent('r1')).rejects.toMatchObject({ code: 'id_taken' });
    await expect(ledger.settle('r1', { tokens: 1 })).rejects.toMatchObject({ code: 'id_taken' });
    expect(await store.readReservation('r1')).toMatchObject({ status: 'held' });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    [
      'rejects',
      () => {
        throw new Error('broken');
      },
    ],
  ])('a log that %s does not stop what may go on', async (_what, log) => {
    const { ledger } = await unreliableLedger({ log });
    expect(await ledger.reserve(tokens(1))).toMatchObject({ isUnrecorded: true });
  });

  it('only a failure of the store is allowed: a limit without room refuses', async () => {
    const ledger = createLedger({ store: await temporaryStore(), onStoreFailure: 'allow' });
    await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 1 });
    await expect(ledger.reserve(tokens(2))).rejects.toMatchObject({ code: 'budget_exceeded' });
    await ledger.close();
    await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_closed', kind: 'usage' });
  });

  it('no more than ten thousand calls go on at once; those that ended unsent make room', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { ledger } = await unreliableLedger();
      await Promise.all(
        Array.from({ length: 10_000 }, (_, index) => ledger.reserve({ id: `r${index}`, ...tokens(1) })),
      );
      await expect(ledger.reserve(tokens(1))).rejects.toMatchObject({ code: 'ledger_disk_full' });
      await ledger.markSent('r0');
      vi.setSystemTime(Date.now() + 5 * 60_000);
      expect(await ledger.reserve(tokens(1))).toMatchObject({ isUnrecorded: true });
      // Nobody knows what the sent one costs.
      expect(await ledger.markSent('r0')).toMatchObject({ status: 'sent' });
    } finally {
      vi.useRealTimers();
    }
  });
});
