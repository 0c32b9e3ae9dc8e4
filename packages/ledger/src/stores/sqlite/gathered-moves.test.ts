import { describe, expect, it } from 'vitest';
import { temporaryStore } from '../../testing/temporary-store.js';
import { TestClock } from '../../testing/test-clock.js';

const HOUR_MS = 3_600_000;
const NEARLY_FULL = 2n ** 63n - 5n;

function request(id: string, tokens: bigint) {
  return { id, scopes: ['run'], amounts: { tokens }, expiresInMs: 24 * HOUR_MS };
}

describe('what is asked in one moment and moves the same counters', () => {
  it('is counted once where one of them fails, so that each is done again', async () => {
    const store = await temporaryStore();
    await store.book({ id: 'full', scopes: ['run'], amounts: { tokens: NEARLY_FULL } });
    await store.reserve(request('a', 1n));
    const outcomes = await Promise.allSettled([
      store.reserve(request('b', 2n)),
      store.settle('a', { tokens: 9n }),
      store.settle('unknown', { tokens: 1n }),
      store.settle('b', { tokens: 2n }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await store.readScope('run')).toMatchObject({ usage: [{ used: NEARLY_FULL + 2n, held: 1n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('is counted by the day on which it was reserved, in whichever order', async () => {
    const clock = new TestClock('2026-03-01T23:59:59Z');
    const store = await temporaryStore({ clock });
    await store.reserve(request('yesterday', 5n));
    clock.forward(HOUR_MS);
    await Promise.all([store.reserve(request('today', 3n)), store.settle('yesterday', { tokens: 5n })]);
    // The window counts from its beginning, though nobody had asked for it.
    const window = { every: 'day', timeZone: 'UTC' } as const;
    await store.setLimit({ scope: 'run', unit: 'tokens', window, limit: 100n, thresholds: [] });
    expect(await store.readScope('run')).toMatchObject({ limits: [{ used: 0n, held: 3n }] });
    expect(await store.audit()).toEqual([]);
  });

  it('is read by whatever else is asked then', async () => {
    const store = await temporaryStore();
    await store.openThread('one', 100n);
    const [, thread] = await Promise.all([
      store.reserve({ ...request('a', 7n), scopes: ['thread:one'] }),
      store.openThread('one', 100n),
      store.settle('a', { tokens: 4n }),
    ]);
    expect(thread).toMatchObject({ thread: { usedTokens: 0n, heldTokens: 7n } });
    expect(await store.readThread('one')).toMatchObject({ usedTokens: 4n, heldTokens: 0n });
  });
});
