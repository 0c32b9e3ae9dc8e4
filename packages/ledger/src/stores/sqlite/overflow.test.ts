import { describe, expect, it } from 'vitest';
import { createLedger } from '../../ledger.js';
import { changedByHand } from '../../testing/changed-by-hand.js';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';

const NEARLY_FULL = 2n ** 63n - 5n;

describe('a counter that would pass 2^63', () => {
  it('refuses and stays exact: SQLite would go on with a floating-point number', async () => {
    const store = await temporaryStore();
    await store.book({ id: 'b', scopes: ['org'], amounts: { tokens: 1n } });
    changedByHand(store.file, 'UPDATE counters SET used = ?, forgotten_used = ?', NEARLY_FULL, NEARLY_FULL - 1n);
    const failure = await failureOf(store.book({ id: 'c', scopes: ['org'], amounts: { tokens: 6n } }));
    expect(failure).toMatchObject({ code: 'counter_full', kind: 'input' });
    expect(failure.message).toMatch(/Nothing was changed\./);
    expect(await store.readReservation('c')).toBeNull();
    expect(await store.readScope('org')).toMatchObject({ usage: [{ used: NEARLY_FULL }] });
    expect(await store.book({ id: 'd', scopes: ['org'], amounts: { tokens: 4n } })).toMatchObject({
      status: 'changed',
    });
  });

  it('is no reason to go on without a limit', async () => {
    const store = await temporaryStore();
    await store.reserve(oneToken('r', 'org'));
    changedByHand(store.file, 'UPDATE counters SET held = ?', 2n ** 63n - 1n);
    const ledger = createLedger({ store, onStoreFailure: 'allow' });
    const reserving = ledger.reserve({ scopes: ['org'], amounts: { tokens: 1 } });
    await expect(reserving).rejects.toMatchObject({ code: 'counter_full' });
    changedByHand(store.file, 'UPDATE counters SET held = 1');
  });
});
