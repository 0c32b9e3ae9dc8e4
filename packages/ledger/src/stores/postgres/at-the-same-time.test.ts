import { afterThisTest } from '@budget/test-tools/vitest';
import { describe, expect, it, vi } from 'vitest';
import { failureOf } from '../../testing/failure-of.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';

const { store, query } = postgresForTests({ settings: { fsync: 'off' } });
const NEARLY_FULL = 2n ** 63n - 5n;

describe('machines that reserve at the same time', { timeout: 60_000 }, () => {
  it('never get more than a limit has, though each asks for scopes in another order', async () => {
    const first = await store();
    const { schema } = first;
    const stores = [first, await store({ schema }), await store({ schema })];
    const scopes = ['a', 'b', 'c', 'd'];
    for (const scope of scopes)
      await first.setLimit({ scope, unit: 'tokens', window: null, limit: 40n, thresholds: [] });
    const verbs = Array.from({ length: 300 }, (_, index) => {
      const asked = [scopes[index % 4], scopes[(index * 7 + 1) % 4]] as string[];
      const named = index % 2 === 0 ? asked : asked.toReversed();
      return stores[index % 3]?.reserve({ ...oneToken(`r${index}`), scopes: named });
    });
    const results = await Promise.all(verbs);
    expect(new Set(results.map((result) => result?.status))).toEqual(new Set(['reserved', 'refused']));
    for (const scope of scopes) {
      const state = await first.readScope(scope);
      expect(state?.usage[0]?.held).toBeLessThanOrEqual(40n);
      expect(state?.usage[0]?.held).toBeGreaterThan(30n);
    }
    expect(await first.audit()).toEqual([]);
  });

  it('refuse nobody for the sake of holds that are over, though others are ending them just then', async () => {
    const clock = new TestClock();
    const first = await store({ clock });
    const others = await Promise.all(Array.from({ length: 3 }, () => store({ clock, schema: first.schema })));
    await first.setLimit({ scope: 'run:1', unit: 'tokens', window: null, limit: 200n, thresholds: [] });
    for (let round = 0; round < 5; round += 1) {
      const holds = Array.from({ length: 200 }, (_, index) => oneToken(`${round} ${index}`));
      await Promise.all(holds.map((hold) => first.reserve(hold)));
      clock.forward(DAY_MS);
      const ending = others.map((other) => other.expireDue(16));
      const all = await first.reserve({ ...oneToken(`${round} all`), amounts: { tokens: 200n } });
      expect(all.status).toBe('reserved');
      await Promise.all(ending);
      await first.release(`${round} all`, { isNotBilled: false });
    }
  });

  it('make scopes that nobody knew, and ids, once', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    const stores = [first, second];
    const results = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        stores[index % 2]?.reserve({ ...oneToken(`id-${index % 20}`), scopes: [`new-${index % 5}`, 'org'] }),
      ),
    );
    expect(results.map((result) => result?.status).filter((status) => status !== 'reserved')).toEqual([]);
    expect(await first.readScope('org')).toMatchObject({ usage: [{ held: 20n }] });
    expect(await first.audit()).toEqual([]);
  });

  it('cannot close a circle of parents from both of its ends', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    for (let round = 0; round < 20; round += 1) {
      const [a, b, c] = [`a${round}`, `b${round}`, `c${round}`];
      await first.setParent(b, c);
      const outcomes = await Promise.all([first.setParent(a, b), second.setParent(c, a)]);
      expect(outcomes.toSorted()).toEqual(['circle', 'set']);
    }
  });

  it('see a limit that was set before they got their turn', async () => {
    const first = await store();
    const second = await store({ schema: first.schema });
    const results = [];
    for (let round = 0; round < 40; round += 1) {
      const scope = `run:${round}`;
      const [, reserved] = await Promise.all([
        first.setLimit({ scope, unit: 'tokens', window: null, limit: 0n, thresholds: [] }),
        second.reserve(oneToken(`r${round}`, scope)),
      ]);
      results.push(reserved.status);
      expect(await second.reserve(oneToken(`s${round}`, scope))).toMatchObject({ status: 'refused' });
    }
    expect(await first.audit()).toEqual([]);
  });
});

describe('what PostgreSQL keeps', { timeout: 60_000 }, () => {
  it('has the times of its server, whatever the clock of the machine says', async () => {
    const opened = await store();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2001-01-01') });
    afterThisTest(() => vi.useRealTimers());
    const result = await opened.reserve(oneToken('r'));
    const [row] = await query<{ now: string }>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000) AS now');
    const reservedAtMs = 'reservation' in result ? result.reservation.reservedAtMs : 0;
    expect(Math.abs(Number(row?.now) - reservedAtMs)).toBeLessThan(10_000);
  });

  it('is exact up to 2^63, and what would pass it is refused and changes nothing', async () => {
    const opened = await store();
    await opened.book({ id: 'b', scopes: ['org'], amounts: { tokens: 1n } });
    const full = `UPDATE ${opened.schema}.counters SET used = $1, forgotten_used = $2`;
    await query(full, [NEARLY_FULL, NEARLY_FULL - 1n]);
    const failure = await failureOf(opened.book({ id: 'c', scopes: ['org'], amounts: { tokens: 6n } }));
    expect(failure).toMatchObject({ code: 'counter_full', kind: 'input' });
    expect(await opened.readReservation('c')).toBeNull();
    expect(await opened.readScope('org')).toMatchObject({ usage: [{ used: NEARLY_FULL }] });
    expect(await opened.book({ id: 'd', scopes: ['org'], amounts: { tokens: 4n } })).toMatchObject({
      status: 'changed',
    });
    expect(await opened.audit()).toEqual([]);
  });

  it('has no ids with U+0000, and says so as a mistake of the caller', async () => {
    const opened = await store();
    expect(await failureOf(opened.reserve(oneToken('a\0b')))).toMatchObject({ code: 'id_invalid', kind: 'input' });
  });

  it('is forgotten when it is old, and what it used stays counted', async () => {
    const clock = new TestClock();
    const opened = await store({ clock, retentionDays: 32, threadIdleDays: 32 });
    await opened.openThread('idle', 100n);
    for (let count = 0; count < 40; count += 1) {
      await opened.reserve(oneToken(`old-${count}`));
      await opened.settle(`old-${count}`, { tokens: 2n });
    }
    await opened.reserve(oneToken('orphan', 'run:orphan'));
    for (let day = 0; day < 33; day += 1) {
      clock.forward(DAY_MS);
      for (let count = 0; count < 3; count += 1) {
        await opened.book({ id: `day-${day}-${count}`, scopes: ['run:1'], amounts: { tokens: 1n } });
      }
    }
    clock.forward(DAY_MS);
    for (let count = 0; count < 32; count += 1) {
      await opened.book({ id: `new-${count}`, scopes: ['run:1'], amounts: { tokens: 1n } });
    }
    await expect.poll(() => opened.readReservation('old-39'), { timeout: 10_000 }).toBeNull();
    await expect.poll(() => opened.readThread('idle'), { timeout: 10_000 }).toBeNull();
    expect(await opened.readScope('run:1')).toMatchObject({ usage: [{ used: 80n + 99n + 32n, held: 0n }] });
    await expect.poll(() => opened.readScope('run:orphan'), { timeout: 10_000 }).toBeNull();
    expect(await opened.audit()).toEqual([]);
  });
});
