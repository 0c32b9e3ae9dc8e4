import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { failureOf } from './testing/failure-of.js';
import { temporaryStore } from './testing/temporary-store.js';
import { TestClock } from './testing/test-clock.js';
import type { TrackedCall } from './tracked-call.js';
import type { UsageEvent } from './usage-event.js';
import { createUsageTracker, type UsageTrackerOptions } from './usage-tracker.js';

const call: TrackedCall = {
  ...{ threadId: 't', agentId: 'g', provider: 'openai', model: 'gpt-4o-mini' },
  ...{ promptTokens: 1000, completionTokens: 100, latencyMs: 400 },
};

async function trackerOf(given: Partial<UsageTrackerOptions> = {}) {
  const clock = new TestClock();
  const store = await temporaryStore({ clock });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const options = { store, application: 'chat', clock, log, price: () => ({ costNanoUsd: 2_000_000n }), ...given };
  return { clock, store, lines, tracker: createUsageTracker(options) };
}

describe('a recorded call', () => {
  it('is an event with its total, its time, its costs and its flags', async () => {
    const { tracker } = await trackerOf();
    const event = await tracker.record({ ...call, id: 'a', cachedPromptTokens: 600, metadata: { a: 1 }, attempt: 2 });
    expect(event).toEqual({
      ...{ id: 'a', at: '2026-03-01T12:00:00.000Z', threadId: 't', agentId: 'g', organisationId: null },
      ...{ application: 'chat', provider: 'openai', model: 'gpt-4o-mini', phase: 'infer' },
      ...{ promptTokens: 1000, completionTokens: 100, totalTokens: 1100, cachedPromptTokens: 600 },
      ...{ costNanoUsd: 2_000_000n, economicCostNanoUsd: 2_000_000n, estimatedCostNanoUsd: null, latencyMs: 400 },
      ...{
        status: 'completed',
        attempt: 2,
        cacheHit: 'provider',
        isUnpriced: false,
        isRetry: true,
        metadata: { a: 1 },
      },
    });
  });

  it('whose price is not known, or cannot be asked for, costs null and is counted', async () => {
    const { tracker, lines } = await trackerOf({
      price: ({ model }) => {
        if (model === 'broken') throw new Error('no table');
        return null;
      },
    });
    expect(await tracker.record(call)).toMatchObject({
      costNanoUsd: null,
      economicCostNanoUsd: null,
      isUnpriced: true,
    });
    expect(await tracker.record({ ...call, model: 'broken' })).toMatchObject({ costNanoUsd: null });
    expect(await tracker.totals()).toMatchObject({ requestCount: 2, unpricedRequests: 2, costNanoUsd: 0n });
    expect(lines).toEqual(['A call of broken has no price: no table']);
  });

  it('is counted once under its id, told once, and not taken for another', async () => {
    const { tracker } = await trackerOf();
    const told: string[] = [];
    tracker.subscribe(({ id }) => told.push(id));
    const again = { ...call, id: 'a', at: '2026-03-01T12:00:00Z' };
    await tracker.record(again);
    await tracker.record(again);
    expect(await failureOf(tracker.record({ ...again, promptTokens: 7 }))).toMatchObject({ code: 'id_taken' });
    expect(told).toEqual(['a']);
    expect(await tracker.totals()).toMatchObject({ requestCount: 1 });
  });
});

describe('totals', () => {
  it('are zeros before anything was used, and of names that are not known', async () => {
    const { tracker } = await trackerOf();
    const zeros = {
      requestCount: 0,
      totalTokens: 0n,
      costNanoUsd: 0n,
      meanLatencyMs: 0,
      cacheHitRatio: 0,
      p95LatencyMs: null,
    };
    expect(await tracker.totals()).toMatchObject(zeros);
    expect(await tracker.totals('model', 'openai/none')).toMatchObject(zeros);
    expect(await tracker.totalsBy('agent')).toEqual([]);
  });

  it('count failed, aborted and retried calls as such, and calls without an agent for no agent', async () => {
    const { tracker } = await trackerOf();
    await tracker.record({ ...call, status: 'failed', estimatedCostNanoUsd: 5_000_000n });
    await tracker.record({ ...call, status: 'cancelled', attempt: 2, cacheHit: 'local', latencyMs: null });
    await tracker.record({ ...call, agentId: undefined, model: 'meta/llama', latencyMs: 1600 });
    expect(await tracker.totals()).toEqual({
      ...{ requestCount: 3, failedRequests: 1, cancelledRequests: 1, retriedRequests: 1, unpricedRequests: 0 },
      ...{ promptTokens: 3000n, completionTokens: 300n, totalTokens: 3300n, cachedPromptTokens: 0n },
      ...{ costNanoUsd: 6_000_000n, economicCostNanoUsd: 6_000_000n },
      ...{ estimatedRequests: 1, estimatedCostNanoUsd: 5_000_000n, estimateDeltaNanoUsd: -3_000_000n },
      ...{ cacheHitRatio: 1 / 3, meanLatencyMs: 1000 },
      p50LatencyMs: expect.closeTo(400, -2),
      p95LatencyMs: expect.closeTo(1600, -2),
    });
    expect(await tracker.totals('agent', 'g')).toMatchObject({ requestCount: 2 });
    expect(await tracker.totals('model', 'meta/llama')).toMatchObject({ requestCount: 1 });
    expect((await tracker.totalsBy('thread')).map(({ name }) => name)).toEqual(['t']);
  });

  it('begin anew with a reset, in every process, and the history stays', async () => {
    const { tracker, store, clock } = await trackerOf();
    await tracker.record(call);
    clock.forward(1000);
    expect(await tracker.reset()).toEqual(new Date(clock.nowMs()));
    const other = await temporaryStore({ file: store.file, clock });
    const later = createUsageTracker({ store: other, application: 'chat', clock });
    expect(await later.totals()).toMatchObject({ requestCount: 0 });
    await later.record(call);
    expect(await tracker.totals()).toMatchObject({ requestCount: 1, unpricedRequests: 1 });
    expect(await tracker.history()).toMatchObject({ total: 2 });
  });
});

describe('days', () => {
  it('are those of a time zone, also where its clocks change', async () => {
    const { tracker } = await trackerOf();
    // The clocks go forward at 02:00 on 29 March in Berlin.
    for (const at of [
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59Z',
      '2026-03-29T22:00:00Z',
    ])
      await tracker.record({ ...call, at });
    const span = { fromMs: Date.parse('2026-03-27T23:00:00Z'), toMs: Date.parse('2026-03-30T22:00:00Z') };
    const counts = async (timeZone: string) =>
      (await tracker.daily(span, timeZone)).map(({ date, requestCount }) => [date, requestCount]);
    expect(await counts('Europe/Berlin')).toEqual([
      ['2026-03-28', 1],
      ['2026-03-29', 2],
      ['2026-03-30', 1],
    ]);
    expect(await counts('UTC')).toEqual([
      ['2026-03-27', 0],
      ['2026-03-28', 2],
      ['2026-03-29', 2],
      ['2026-03-30', 0],
    ]);
    // 15 minutes beside the hour.
    expect((await counts('Asia/Kathmandu')).reduce((sum, [, count]) => sum + Number(count), 0)).toBe(4);
    expect(await failureOf(tracker.daily(span, '+02:00'))).toMatchObject({ code: 'time_zone_invalid' });
    expect(await failureOf(tracker.daily({ fromMs: 0, toMs: span.toMs }, 'UTC'))).toMatchObject({
      code: 'span_invalid',
    });
  });
});

describe('subscribers', () => {
  it('are called after totals have the call, until they unsubscribe', async () => {
    const { tracker } = await trackerOf();
    const counts: Promise<number>[] = [];
    const unsubscribe = tracker.subscribe(() => {
      counts.push(tracker.totals().then(({ requestCount }) => requestCount));
    });
    await tracker.record(call);
    await tracker.record(call);
    unsubscribe();
    await tracker.record(call);
    expect(await Promise.all(counts)).toEqual([1, 2]);
  });

  it('that throw, reject, never settle or are slow delay nothing and nobody, and are reported once', async () => {
    const { tracker, lines } = await trackerOf({ subscribersSettleWithinMs: 30 });
    const told: UsageEvent[] = [];
    tracker.subscribe(() => {
      throw new Error('thrown');
    });
    tracker.subscribe(() => Promise.reject(new Error('rejected')));
    tracker.subscribe(() => new Promise(() => {}));
    tracker.subscribe(() => sleep(10));
    tracker.subscribe(() =>
      Object.defineProperty({}, 'then', {
        get: () => {
          throw new Error('no promise');
        },
      }),
    );
    tracker.subscribe((event) => told.push(event));
    const startedAtMs = performance.now();
    for (let count = 0; count < 3; count += 1) await tracker.record(call);
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
    expect(told).toHaveLength(3);
    await sleep(100);
    expect(tracker.subscriberFailures()).toEqual({ threw: 6, rejected: 3, unsettled: 3, skipped: 0 });
    expect(lines.sort()).toEqual([
      'A subscriber for usage rejected: rejected. Later failures of it are counted and not told.',
      'A subscriber for usage threw: no promise. Later failures of it are counted and not told.',
      'A subscriber for usage threw: thrown. Later failures of it are counted and not told.',
      'A subscriber for usage was not done after 30 ms. Later failures of it are counted and not told.',
    ]);
  });

  it('that never settle are told no more when a thousand of their events are open', async () => {
    const { tracker } = await trackerOf();
    let told = 0;
    tracker.subscribe(() => {
      told += 1;
      return new Promise(() => {});
    });
    await Promise.all(Array.from({ length: 1010 }, () => tracker.record(call)));
    expect(told).toBe(1000);
    expect(tracker.subscriberFailures()).toMatchObject({ skipped: 10 });
  });

  it('that subscribe and unsubscribe others while they are called disturb nothing', async () => {
    const { tracker } = await trackerOf();
    const told: string[] = [];
    tracker.subscribe(() => {
      unsubscribe();
      tracker.subscribe(() => told.push('late'));
    });
    const unsubscribe = tracker.subscribe(() => told.push('gone'));
    await tracker.record(call);
    expect(told).toEqual([]);
    await tracker.record(call);
    expect(told).toEqual(['late']);
  });
});
