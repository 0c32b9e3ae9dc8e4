import { setTimeout as sleep } from 'node:timers/promises';
import { type Choices, choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import { observationOf, queryOf } from '../../testing/contract/observation-tools.js';
import { cutWay } from '../../testing/cut-way.js';
import { failureOf } from '../../testing/failure-of.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { DAY_MS, TestClock } from '../../testing/test-clock.js';
import type { PostgresStore } from './postgres-store.js';

const { server, store, query } = postgresForTests();
const STORES = 8;
const RESTARTS = 3;
const seed = Number(process.env['BUDGET_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** Always the same of one id; neighbours share their keys. */
function callOf(id: number) {
  return observationOf(`call-${id}`, {
    ...{ atMs: Date.parse('2026-02-28T23:00:00Z') + id * 60_000, threadId: `t-${id % 17}`, agentId: `g-${id % 5}` },
    ...{ task: `task-${id % 3}`, adapter: `adapter-${id % 4}`, promptTokens: id, latencyMs: id * 7 },
    ...{ organisationId: id % 2 === 0 ? 'even' : null, status: id % 11 === 0 ? 'failed' : 'completed' },
  });
}

function someCalls(choices: Choices, from: number, width: number) {
  return Array.from({ length: choices.between(1, 30) }, () => callOf(choices.between(from, from + width)));
}

/** How often each was said to be recorded. */
class Recorded {
  readonly times = new Map<string, number>();

  async observe(opened: PostgresStore, batch: readonly ReturnType<typeof callOf>[]): Promise<void> {
    const outcomes = await opened.observe(batch);
    for (const [index, { id }] of batch.entries())
      if (outcomes[index] === 'recorded') this.times.set(id, (this.times.get(id) ?? 0) + 1);
    expect(outcomes).not.toContain('differs');
  }
}

describe(`machines that observe and judge the same calls at the same time (seed ${seed})`, { timeout: 120_000 }, () => {
  it('record each once, and roll-ups are the sums of what is kept', async () => {
    const first = await store({ maxConnections: 1 });
    const { schema } = first;
    const others = Array.from({ length: STORES - 1 }, () => store({ schema, maxConnections: 1 }));
    const stores = [first, ...(await Promise.all(others))];
    const recorded = new Recorded();
    let judged = 0;
    await Promise.all(
      stores.map(async (opened, index) => {
        const choices = choicesFrom(seed + index);
        for (let round = 0; round < 30; round += 1) {
          await recorded.observe(opened, someCalls(choices, round * 4, 40));
          const judgement = { observationId: `call-${choices.between(round * 4, round * 4 + 40)}` };
          const source = choices.oneOf(['tests', 'user']);
          if ((await opened.judge({ ...judgement, source, qualityMillionths: 500_000 })) === 'judged') judged += 1;
          if (choices.chance(0.05)) await opened.resetUsage();
        }
      }),
    );
    expect(new Set(recorded.times.values())).toEqual(new Set([1]));
    expect((await first.listObservations(queryOf({ limit: 1 }))).total).toBe(recorded.times.size);
    const rows = await query<{ count: number }>(`SELECT count(*)::int AS count FROM ${schema}.judgements`);
    expect(rows[0]?.count).toBe(judged);
    expect(await first.auditRollups()).toEqual([]);
  });

  it('and forget what is old meanwhile, of which nothing is lost from the sums', async () => {
    const clock = new TestClock();
    const options = { clock, observationDays: 1, maxConnections: 2 };
    const first = await store(options);
    const { schema } = first;
    const stores = [first, await store({ ...options, schema }), await store({ ...options, schema })];
    const recorded = new Recorded();
    const all = Array.from({ length: 900 }, (_, id) => callOf(id));
    await recorded.observe(first, all);
    await query(`UPDATE ${schema}.state SET seen_at_ms = $1, steady_since_ms = 0`, [clock.nowMs() + 2 * DAY_MS]);
    clock.forward(2 * DAY_MS);
    await Promise.all(
      stores.map(async (opened, index) => {
        const choices = choicesFrom(seed + index);
        for (let round = 0; round < 40; round += 1) {
          await recorded.observe(opened, someCalls(choices, 0, 900));
          await opened.judge({ observationId: `call-${choices.between(0, 900)}`, source: 's', qualityMillionths: 7 });
        }
      }),
    );
    const total = [...recorded.times.values()].reduce((sum, times) => sum + times, 0);
    expect(total).toBeGreaterThan(all.length);
    expect(await first.readUsageTotal('overall', '')).toMatchObject({ observations: total });
    expect(await first.auditRollups()).toEqual([]);
  });
});

describe('a server that is killed', { timeout: 120_000 }, () => {
  it('has recorded once what is sent until it is acknowledged', async () => {
    const opened = await store({ timeoutMs: 4000 });
    let acknowledged = 0;
    let isOver = false;
    const refused: unknown[] = [];
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let count = 0; !isOver; count += 1) {
        const batch = Array.from({ length: 20 }, (_, index) => callOf(client * 1_000_000 + count * 20 + index));
        for (;;) {
          try {
            await opened.observe(batch);
            break;
          } catch (error) {
            refused.push(error);
            await sleep(20);
          }
        }
        acknowledged += batch.length;
      }
    });
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const before = acknowledged;
      await expect.poll(() => acknowledged, { timeout: 20_000 }).toBeGreaterThan(before + 100);
      await server().kill();
      await sleep(100);
      await server().start();
    }
    isOver = true;
    await Promise.all(clients);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(await opened.readUsageTotal('overall', '')).toMatchObject({ observations: acknowledged });
    expect(await opened.auditRollups()).toEqual([]);
  });
});

describe('a way that is cut before the answer', { timeout: 60_000 }, () => {
  it('leaves open what happened, and sent again nothing is counted twice', async () => {
    const way = await cutWay(server().port);
    const here = await store();
    const address = new URL(server().address);
    address.port = String(way.port);
    const far = await store({ connectionString: address.href, schema: here.schema, timeoutMs: 1000 });
    await far.observe([callOf(1)]);
    const frozen = way.freezeAfter('COMMIT');
    const observing = failureOf(far.observe([callOf(2), callOf(3)]));
    await frozen;
    const failure = await observing;
    expect(failure).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(failure.message).toMatch(/repeat it with the same id/);
    await expect.poll(() => here.readObservation('call-3')).not.toBeNull();
    way.mend();
    expect(await far.observe([callOf(2), callOf(3), callOf(4)])).toEqual(['known', 'known', 'recorded']);
    expect(await here.readUsageTotal('overall', '')).toMatchObject({ observations: 4 });
    expect(await here.auditRollups()).toEqual([]);
  });
});
