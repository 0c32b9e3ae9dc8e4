import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterThisTest } from '@budget/test-tools/vitest';
import { describe, expect, it, vi } from 'vitest';
import { WriteQueue } from './write-queue.js';

const busy = new Error('busy');
const broken = new Error('broken');

/** A unit as a transaction is one: what happened in it is gone when it throws. */
function world({ timeoutMs = 5000, isBusyFor = 0, failsWhereMany = false } = {}) {
  const timedOut = (waitedMs: number) => new Error(`timed out after ${waitedMs} ms`);
  const queue = new WriteQueue({ isBusy: (error) => error === busy, timedOut, timeoutMs });
  let durable: number[] = [];
  const units: number[] = [];
  const unit = (work: () => void): void => {
    if (units.length < isBusyFor) {
      units.push(0);
      throw busy;
    }
    const before = [...durable];
    try {
      work();
      if (failsWhereMany && durable.length > before.length + 1) throw broken;
    } catch (error) {
      durable = before;
      throw error;
    }
    units.push(durable.length - before.length);
  };
  return {
    queue,
    units,
    durable: () => durable,
    ask: (value: number, work = (): void => {}) =>
      queue.run(() => {
        durable.push(value);
        work();
        return value;
      }, unit),
  };
}

const hundred = Array.from({ length: 100 }, (_, index) => index);

describe('writes that are asked for within one turn', () => {
  it('are one unit, in the order of the calls, and nobody is told before it has happened', async () => {
    const { ask, units, durable } = world();
    const seen: number[] = [];
    const results = await Promise.all(
      hundred.map(async (value) => {
        const result = await ask(value);
        seen.push(durable().length);
        return result;
      }),
    );
    expect(results).toEqual(hundred);
    expect(durable()).toEqual(hundred);
    expect(units).toEqual([100]);
    expect(new Set(seen)).toEqual(new Set([100]));
  });

  it('are one unit with those who ask a turn later, as long as each turn brings others', async () => {
    // Time stands still, as a busy machine may take long for a turn.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    afterThisTest(() => clock.mockRestore());
    const { ask, units } = world();
    const asked = [ask(0), ask(1)];
    for (let value = 2; value < 20; value += 1) {
      await nextTurn();
      asked.push(ask(value));
    }
    expect(await Promise.all(asked)).toHaveLength(20);
    expect(units).toEqual([20]);
  });

  it('wait for no more than some milliseconds, whoever comes', async () => {
    const { ask, units } = world();
    const asked = [ask(0), ask(1)];
    while (units.length === 0) {
      await sleep(2);
      asked.push(ask(asked.length));
    }
    await Promise.all(asked);
    expect(units[0]).toBeLessThan(10);
  });

  it('are each done once and by themselves where one of them fails, which alone is told so', async () => {
    const { ask, durable } = world();
    const fail = () => {
      durable().pop();
      throw broken;
    };
    const outcomes = await Promise.allSettled(hundred.map((value) => ask(value, value === 42 ? fail : undefined)));
    expect(outcomes.flatMap(({ status }, value) => (status === 'rejected' ? [value] : []))).toEqual([42]);
    expect(durable()).toEqual(hundred.filter((value) => value !== 42));
    // And from then on together again.
    await Promise.all([ask(100), ask(101)]);
    expect(durable().slice(-2)).toEqual([100, 101]);
  });

  it('are done by themselves where the unit fails at its end', async () => {
    const { ask, units, durable } = world({ failsWhereMany: true });
    expect(await Promise.all(hundred.map((value) => ask(value)))).toEqual(hundred);
    expect(durable()).toEqual(hundred);
    expect(units).toEqual(hundred.map(() => 1));
  });

  it('wait together for another process', async () => {
    const { ask, units } = world({ isBusyFor: 3 });
    expect(await Promise.all(hundred.map((value) => ask(value)))).toEqual(hundred);
    expect(units).toEqual([0, 0, 0, 100]);
  });

  it('are all given up where the other process never ends', async () => {
    const { ask, durable } = world({ isBusyFor: Number.POSITIVE_INFINITY, timeoutMs: 50 });
    const outcomes = await Promise.allSettled(hundred.map((value) => ask(value)));
    expect(outcomes.map(({ status }) => status)).toEqual(hundred.map(() => 'rejected'));
    expect(durable()).toEqual([]);
  });

  it('let the event loop have its turn before all are done, where they take long', async () => {
    const { ask, units } = world();
    const slow = () => {
      const endMs = performance.now() + 1;
      while (performance.now() < endMs);
    };
    await Promise.all(hundred.map((value) => ask(value, slow)));
    expect(Math.max(...units)).toBeLessThanOrEqual(6);
  });
});
