import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { asked, hubAtWork } from './hub-at-work.js';
import { hubProcess, listening } from './hub-process.js';
import { postgresForTests } from './postgres-for-tests.js';
import { tokenEvent } from './token-events.js';

vi.setConfig({ testTimeout: 120_000 });

const { server, newDatabase, query } = postgresForTests();
const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => tokenEvent({ id: `run-${from + index}` }));

async function refused(database: string) {
  const hub = hubProcess(['--port', '0'], { environment: { BUDGET_HUB_DATABASE: database } });
  const code = await hub.ended;
  expect(hub.printed()).not.toContain(encodeURIComponent(server().password));
  expect(hub.printed()).not.toMatch(/\n\s+at /);
  return { code, printed: hub.printed() };
}

describe('a hub on PostgreSQL', () => {
  it('starts where there is nothing, and goes on where there is something', async () => {
    const database = await newDatabase();
    const hub = hubProcess(['--port', '0', '--database', database]);
    const url = await listening(hub);
    const body = JSON.stringify(tokenEvent());
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(await asked(`${url}/token-events`, { method: 'POST', body, headers })).toMatchObject({ status: 200 });
    expect(hub.printed()).toMatch(/keeps its events in 127\.0\.0\.1:\d+\/hub_\d+\./);
    hub.child.kill('SIGTERM');
    expect(await hub.ended).toBe(0);
    expect(hub.printed()).not.toContain(encodeURIComponent(server().password));
    const again = await hubAtWork({ database });
    expect((await again.post([tokenEvent(), tokenEvent({ id: 'run-2' })])).body).toEqual({
      accepted: 1,
      duplicates: 1,
    });
  });

  it('goes on with the tables of the version before, and knows the events in them', async () => {
    const database = await newDatabase();
    const hub = await hubAtWork({ database });
    await hub.post(tokenEvent());
    await hub.close();
    await query(
      database,
      `DROP INDEX budget_hub.events_by_name;
       ALTER TABLE budget_hub.events ADD UNIQUE (workspace, infospace, source, id);
       UPDATE budget_hub.hub_version SET version = 1`,
    );
    // What takes long there, as with many events, has longer than any other statement.
    const longer = query(database, 'BEGIN; LOCK TABLE budget_hub.events; SELECT pg_sleep(7); COMMIT');
    const [again, other] = await Promise.all([hubAtWork({ database }), hubAtWork({ database })]);
    await longer;
    const { body } = await again.post([tokenEvent(), tokenEvent({ id: 'run-2' })]);
    expect(body).toEqual({ accepted: 1, duplicates: 1 });
    expect((await other.post(tokenEvent())).body).toEqual({ accepted: 0, duplicates: 1 });
  });

  it('may be one of several, which start at once and are sent the same events in other orders', async () => {
    const database = await newDatabase();
    const hubs = await Promise.all(Array.from({ length: 4 }, () => hubAtWork({ database })));
    const [forth, back] = [events(200), events(200).reverse()];
    const posted = await Promise.all([1, 2, 3].flatMap(() => hubs.flatMap((hub) => [hub.post(forth), hub.post(back)])));
    expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([200]));
    expect(posted.reduce((sum, { body }) => sum + body.accepted, 0)).toBe(200);
    expect((await hubs[0]?.summary({ by: 'model' }))?.body).toMatchObject({
      totals: { runs: 200, calls: 600, cost_nano_usd: 200 * 1_310_000 },
      groups: [{ runs: 200 }],
    });
  });

  it('sums more than it reads at once, and only what was there when it began', async () => {
    const hub = await hubAtWork({ database: await newDatabase() });
    for (let from = 0; from < 5000; from += 1000) await hub.post(events(1000, from));
    const [{ body }] = await Promise.all([hub.summary({ by: 'infospace' }), hub.post(events(1000, 5000))]);
    expect([5000, 6000]).toContain(body.totals.runs);
    expect(body.groups[0].runs).toBe(body.totals.runs);
    expect((await hub.summary({ by: 'model' })).body.totals.runs).toBe(6000);
  });

  it('acknowledges nothing while the server is gone, loses nothing, and goes on by itself', async () => {
    const hub = await hubAtWork({ database: await newDatabase() });
    await hub.post(events(10));
    let isOver = false;
    const answers: Awaited<ReturnType<typeof hub.post>>[] = [];
    const posting = (async () => {
      for (let from = 10; !isOver; ) {
        const answer = await hub.post(events(5, from));
        answers.push(answer);
        if (answer.status === 200) from += 5;
        else await sleep(20);
      }
    })();
    const acknowledged = () => answers.filter(({ status }) => status === 200).length;
    for (let restart = 0; restart < 2; restart += 1) {
      const before = acknowledged();
      await expect.poll(acknowledged, { timeout: 20_000 }).toBeGreaterThan(before + 3);
      await server().kill();
      expect(await asked(`${hub.url}/healthz`)).toMatchObject({ status: 503 });
      await server().start();
    }
    const before = acknowledged();
    await expect.poll(acknowledged, { timeout: 20_000 }).toBeGreaterThan(before + 3);
    isOver = true;
    await posting;
    const unanswered = answers.filter(({ status }) => status !== 200);
    expect(unanswered.length).toBeGreaterThan(0);
    for (const { status, body } of unanswered) {
      expect([status, body.code]).toEqual([503, 'database_unreachable']);
    }
    expect((await hub.summary()).body.totals.runs).toBe(10 + 5 * acknowledged());
    expect(hub.log.join('\n')).not.toContain(encodeURIComponent(server().password));
  });

  it('does not start, and says why, where it cannot use the database', async () => {
    const unreachable = new URL(server().address);
    unreachable.port = '1';
    expect(await refused(unreachable.href)).toMatchObject({
      code: 5,
      printed: expect.stringMatching(/127\.0\.0\.1:1.* cannot be reached/),
    });
    const wrong = new URL(server().address);
    wrong.password = 'wrong';
    expect(await refused(wrong.href)).toMatchObject({
      code: 5,
      printed: expect.stringMatching(/does not let this user in/),
    });
    const none = server().address.replace(/postgres$/, 'nothing_here');
    expect(await refused(none)).toMatchObject({
      code: 5,
      printed: expect.stringMatching(/does not have this database/),
    });
    expect(await refused('postgres://me:hush@ho st:x/db')).toMatchObject({
      code: 2,
      printed: expect.stringMatching(/no valid postgres/),
    });
    const other = await refused('mysql://me:hush@host/db');
    expect(other).toMatchObject({ code: 2, printed: expect.stringMatching(/mysql:\/\/ address/) });
    expect(other.printed).not.toContain('hush');
  });

  it('leaves tables of another program, and of a newer version, alone', async () => {
    const foreign = await newDatabase();
    await query(foreign, 'CREATE SCHEMA budget_hub; CREATE TABLE budget_hub.events (x int)');
    expect(await refused(foreign)).toMatchObject({
      code: 5,
      printed: expect.stringMatching(/tables of another program/),
    });
    const newer = await newDatabase();
    await (await hubAtWork({ database: newer })).close();
    await query(newer, 'UPDATE budget_hub.hub_version SET version = 99');
    expect(await refused(newer)).toMatchObject({ code: 5, printed: expect.stringMatching(/newer version/) });
  });
});
