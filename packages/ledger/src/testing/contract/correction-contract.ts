import type { LedgerStore } from '../../store.js';
import { type Contract, done, limitUsageOf, MINUTE_MS, requestOf, tokens, usageOf } from './contract-tools.js';

const SCOPE = 'thread:t';

/** A call of 100 tokens of which nobody said in time what it used: booked whole. */
async function estimate(store: LedgerStore, id: string, clock: { pass(durationMs: number): void }): Promise<void> {
  done(await store.reserve(requestOf(id, tokens(100n), { scopes: [SCOPE] })));
  await store.markSent(id);
  clock.pass(5 * MINUTE_MS);
  await store.expireDue(10);
}

/** A thread that began anew counts nothing of before, so that nothing of before can be taken off either. */
export const correctionContract: Contract = {
  'a late settlement of an estimate from before a reset makes no room that there is not': async ({
    store,
    clock,
    isEqual,
  }) => {
    await store.openThread('t', 100n);
    await estimate(store, 'r', clock);
    isEqual(await usageOf(store, SCOPE), [100n, 0n, 0n]);
    await store.resetThread('t');
    done(await store.settle('r', tokens(10n)));
    isEqual(await usageOf(store, SCOPE), [0n, 0n, 0n]);
    isEqual((await store.reserve(requestOf('s', tokens(101n), { scopes: [SCOPE] }))).status, 'refused');
    done(await store.reserve(requestOf('s', tokens(100n), { scopes: [SCOPE] })));
  },

  'what a late settlement adds to an estimate from before a reset is counted': async ({ store, clock, isEqual }) => {
    await store.openThread('t', 100n);
    await estimate(store, 'r', clock);
    await store.resetThread('t');
    done(await store.settle('r', tokens(130n)));
    isEqual(await usageOf(store, SCOPE), [30n, 0n, 30n]);
  },

  'an estimate from after a reset is corrected, though it was reserved before': async ({ store, clock, isEqual }) => {
    await store.openThread('t', 1000n);
    done(await store.reserve(requestOf('r', tokens(100n), { scopes: [SCOPE] })));
    await store.markSent('r');
    await store.resetThread('t');
    clock.pass(5 * MINUTE_MS);
    await store.expireDue(10);
    isEqual(await usageOf(store, SCOPE), [100n, 0n, 0n]);
    done(await store.settle('r', tokens(10n)));
    isEqual(await usageOf(store, SCOPE), [10n, 0n, 0n]);
  },

  'a late release of an estimate from before a thread was removed does not make the next one of its name larger':
    async ({ store, clock, isEqual }) => {
      await store.openThread('t', 100n);
      await estimate(store, 'r', clock);
      await store.removeThread('t');
      await store.openThread('t', 100n);
      done(await store.release('r', { isNotBilled: true }));
      isEqual(await usageOf(store, SCOPE), [0n, 0n, 0n]);
      // Of the released one all is new.
      done(await store.settle('r', tokens(40n)));
      isEqual(await usageOf(store, SCOPE), [40n, 0n, 40n]);
    },

  'a window counts what it saw, whatever began anew meanwhile': async ({ store, clock, isEqual }) => {
    const window = { every: 'day', timeZone: 'UTC' } as const;
    await store.openThread('t', 100n);
    await store.setLimit({ scope: SCOPE, unit: 'tokens', window, limit: 500n, thresholds: [] });
    await estimate(store, 'r', clock);
    await store.resetThread('t');
    done(await store.settle('r', tokens(10n)));
    await store.removeLimit({ scope: SCOPE, unit: 'tokens', window: null });
    isEqual(await limitUsageOf(store, SCOPE), [10n, 0n, 0n, 490n]);
  },

  'each reset counts: an estimate between two of them is not taken off after the second': async ({
    store,
    clock,
    isEqual,
  }) => {
    await store.openThread('t', 1000n);
    await store.resetThread('t');
    await estimate(store, 'r', clock);
    await store.openThread('other', 1000n);
    await store.resetThread('other');
    isEqual(await usageOf(store, SCOPE), [100n, 0n, 0n]);
    done(await store.settle('r', tokens(60n)));
    isEqual(await usageOf(store, SCOPE), [60n, 0n, 0n]);
    await estimate(store, 's', clock);
    await store.resetThread('t');
    done(await store.settle('s', tokens(1n)));
    isEqual(await usageOf(store, SCOPE), [0n, 0n, 0n]);
  },
};
