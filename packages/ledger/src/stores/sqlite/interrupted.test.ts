import { CodedError } from '@budget/core';
import { describe, expect, it } from 'vitest';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import { TestClock } from '../../testing/test-clock.js';

const HOLDS = 99;

/** Every transaction asks for the time: the one that cannot have it fails. */
class FailingClock extends TestClock {
  transactionsLeft = Number.POSITIVE_INFINITY;

  override nowMs(): number {
    this.transactionsLeft -= 1;
    if (this.transactionsLeft >= 0) return super.nowMs();
    throw new CodedError({ code: 'ledger_busy', kind: 'environment', message: 'Somebody else writes.' });
  }
}

/** Of a token each, sent, their time over: more than one transaction ends. */
async function storeWithManyDue() {
  const clock = new FailingClock();
  const store = await temporaryStore({ clock });
  const thresholds = [{ percent: 5, severity: 'begun' }];
  await store.setLimit({ scope: 'run:1', unit: 'tokens', window: null, limit: 100n, thresholds });
  for (let count = 0; count < HOLDS; count += 1) {
    await store.reserve({ ...oneToken(`r${count}`), expiresInMs: 1000 });
    await store.markSent(`r${count}`);
  }
  clock.forward(1000);
  return { clock, store };
}

describe('a reservation that ends many holds first', () => {
  it('has the thresholds that these reached told by the next verb, where it fails itself', async () => {
    const { clock, store } = await storeWithManyDue();
    clock.transactionsLeft = 1;
    const refused = store.reserve({ ...oneToken('refused'), amounts: { tokens: 50n } });
    await expect(refused).rejects.toMatchObject({ code: 'ledger_busy' });
    clock.transactionsLeft = Number.POSITIVE_INFINITY;
    // One that tells nothing itself does not lose them.
    expect(await store.removeLimit({ scope: 'nobody', unit: 'tokens', window: null })).toBe(false);
    expect((await store.expireDue(1)).crossings).toMatchObject([{ percent: 5 }]);
    expect((await store.expireDue(HOLDS)).crossings).toEqual([]);
  });

  it('is finished before the store closes', async () => {
    const { store } = await storeWithManyDue();
    const refused = store.reserve({ ...oneToken('refused'), amounts: { tokens: 50n } });
    const reserved = store.reserve(oneToken('reserved'));
    await store.close();
    expect(await refused).toMatchObject({ status: 'refused' });
    expect(await reserved).toMatchObject({ status: 'reserved' });
    await expect(store.reserve(oneToken('late'))).rejects.toMatchObject({ code: 'ledger_closed' });
  });
});
