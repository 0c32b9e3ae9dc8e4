import { setTimeout } from 'node:timers/promises';
import autocannon from 'autocannon';
import { describe, expect, it } from 'vitest';
import { rawClient } from '../meter/testing/raw-call.js';
import type { LedgerStore } from '../store.js';
import { postgresForTests } from '../testing/postgres-for-tests.js';
import { temporaryStore } from '../testing/temporary-store.js';
import { type Served, served } from './testing/served.js';

const postgres = postgresForTests({ settings: { fsync: 'off' } });
const stores: Readonly<Record<string, () => Promise<LedgerStore>>> = {
  SQLite: () => temporaryStore(),
  PostgreSQL: () => postgres.store(),
};

const CONNECTIONS = 64;
const TOKENS = 7;
const LIMIT = 2000;

describe.each(Object.entries(stores))('at the same time, on %s', (_name, openStore) => {
  it('64 connections on one limit: never over, and the totals are what was acknowledged', async () => {
    const all = await served({ store: await openStore() });
    await all.ledger.setLimit({ scope: 'org', unit: 'tokens', limit: LIMIT });
    let most = 0n;
    const looking = lookOn(all, (spent) => {
      if (spent > most) most = spent;
    });
    const ended = await Promise.all(Array.from({ length: CONNECTIONS }, (_, caller) => hammer(all.origin, caller)));
    await looking.stop();
    const settled = ended.reduce((sum, each) => sum + each.settled, 0);
    const refused = ended.reduce((sum, each) => sum + each.refused, 0);
    const state = await all.ledger.readScope('org');
    expect(most).toBeLessThanOrEqual(BigInt(LIMIT));
    expect(looking.looks()).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(0);
    expect(state?.limits).toMatchObject([{ used: BigInt(settled), held: 0n, overrun: 0n }]);
    // What has room is admitted: at the end not even one more call fits.
    expect(LIMIT - settled).toBeLessThan(TOKENS);
    expect(await all.ledger.store.audit()).toEqual([]);
  }, 120_000);

  it('under load there is no error, and every answer is the right one', async () => {
    const all = await served({ store: await openStore() });
    await all.ledger.setLimit({ scope: 'org', unit: 'calls', limit: 1_000_000 });
    const path = '/api/v1/reservations';
    let next = 0;
    const result = await autocannon({
      ...{ url: all.origin, connections: 32, duration: 3, timeout: 20 },
      requests: [
        {
          ...{ method: 'POST', path, headers: { 'content-type': 'application/json' } },
          setupRequest: (request, context) => {
            next += 1;
            Object.assign(context, { id: `load-${next}` });
            return { ...request, body: JSON.stringify({ id: `load-${next}`, scopes: ['org'], amounts: { calls: 1 } }) };
          },
        },
        {
          ...{
            method: 'POST',
            path: '',
            headers: { 'content-type': 'application/json' },
            body: '{"amounts":{"calls":1}}',
          },
          setupRequest: (request, context) => ({
            ...request,
            path: `${path}/${(context as { id: string }).id}/settle`,
          }),
        },
        { method: 'GET', path: '/api/v1/limits/org' },
        { method: 'GET', path: '/healthz' },
      ],
    });
    expect(result).toMatchObject({ errors: 0, timeouts: 0, non2xx: 0, mismatches: 0, resets: 0 });
    expect(result['2xx']).toBeGreaterThan(50);
    const state = await all.ledger.readScope('org');
    const [limit] = state?.limits ?? [];
    expect(Number(limit?.used) + Number(limit?.held)).toBeLessThanOrEqual(next);
    expect(Number(limit?.used)).toBeGreaterThan(next - 3 * 32);
    expect(all.log).toEqual([]);
    expect(await all.ledger.store.audit()).toEqual([]);
  }, 60_000);
});

/** Reserves and settles until its limit has no room, over a connection of its own that is kept. */
async function hammer(origin: string, caller: number) {
  const send = rawClient();
  const counts = { settled: 0, refused: 0 };
  for (let call = 0; counts.refused < 3; call++) {
    const id = `${caller}-${call}`;
    const asked = { id, scopes: [`run:${caller}`, 'org'], amounts: { tokens: TOKENS } };
    const { status } = await send(`${origin}/api/v1/reservations`, {}, asked);
    expect([201, 402]).toContain(status);
    if (status === 402) {
      counts.refused += 1;
      continue;
    }
    // A part of what was held, so that room comes back meanwhile.
    const tokens = 1 + (call % TOKENS);
    expect(await send(`${origin}/api/v1/reservations/${id}/settle`, {}, { amounts: { tokens } })).toMatchObject({
      status: 200,
    });
    counts.settled += tokens;
  }
  return counts;
}

/** Looks at the limit again and again, as long as the others are at work. */
function lookOn({ ledger }: Served, see: (spent: bigint) => void) {
  let isOver = false;
  let count = 0;
  const looked = (async () => {
    while (!isOver) {
      const [limit] = (await ledger.readScope('org'))?.limits ?? [];
      if (limit !== undefined) see(limit.used + limit.held);
      count += 1;
      await setTimeout(2);
    }
  })();
  return {
    looks: () => count,
    stop: async () => {
      isOver = true;
      await looked;
    },
  };
}
