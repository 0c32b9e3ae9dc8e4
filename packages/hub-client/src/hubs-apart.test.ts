import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@budget/core';
import { startReplay } from '@budget/replay';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { buildTokenEvent } from './build-token-event.js';
import { createHubClient } from './create-hub-client.js';
import { MAX_WAITING } from './outbox.js';
import { anyEvent, run } from './testing/runs.js';

/** What a hub gets is asked here, and not how fast. */
const PATIENCE_MS = 20_000;
const NOWHERE = 'http://127.0.0.1:9';

async function startHub(answer: NonNullable<Parameters<typeof startReplay>[0]>['answer'] = { status: 202, body: {} }) {
  const replay = await startReplay({ answer });
  afterThisTest(() => replay.close());
  return {
    ...{ replay, url: new URL(replay.urlOf('hub')).origin },
    received: () => replay.requests.map(({ json }) => json.id as string),
  };
}

function userWorld() {
  const state = temporaryDirectory();
  const outbox = join(state, 'budget', 'outbox');
  const clientOf = (url: string, more: Record<string, string> = {}) => {
    const environment = { XDG_STATE_HOME: state, BUDGET_HUB_URL: url, ...more };
    return createHubClient({ environment, deadlineMs: PATIENCE_MS, random: () => 0 });
  };
  return { outbox, clientOf };
}

const eventOf = (infospace: string) => buildTokenEvent({ ...run, runId: uuidv7(), infospace });

describe('an event that waits', () => {
  it('goes to the hub that it was made for and to no other', async () => {
    const { clientOf } = userWorld();
    const [one, other] = [await startHub(), await startHub()];
    const [first, second] = [anyEvent(), anyEvent()];
    clientOf(one.url).queue(first);
    expect(await clientOf(other.url).emit(second)).toMatchObject({ status: 'sent' });
    expect(await clientOf(other.url).flush({ dead: true })).toMatchObject({ sent: 0, waiting: 0, waitingElsewhere: 1 });
    expect(clientOf(other.url).status()).toMatchObject({
      waiting: 1,
      elsewhere: [{ hub: `${one.url} by http`, waiting: 1 }],
    });
    // The same address is another hub to who talks to it in another way.
    expect(clientOf(one.url, { BUDGET_HUB_TRANSPORT: 'mcp' }).status()).toMatchObject({ elsewhere: [{ waiting: 1 }] });
    expect(await clientOf(`${one.url}/`).flush()).toMatchObject({ sent: 1, waiting: 0, waitingElsewhere: 0 });
    expect([one.received(), other.received()]).toEqual([[first.id], [second.id]]);
  });

  it('is not kept from its hub by what another hub asks for', async () => {
    const { clientOf } = userWorld();
    const busy = await startHub({ status: 503, headers: { 'retry-after': '3600' }, body: {} });
    const free = await startHub();
    await clientOf(busy.url).emit(anyEvent());
    clientOf(free.url).queue(anyEvent());
    expect(clientOf(free.url).status()).toMatchObject({ failures: 0, pausedUntil: null });
    expect(await clientOf(free.url).flush()).toMatchObject({ sent: 1, waitingElsewhere: 1 });
    expect(await clientOf(busy.url).flush()).toMatchObject({ notTried: expect.stringContaining('left alone') });
  });

  it('from an earlier version goes to the hub that is configured', async () => {
    const { clientOf, outbox } = userWorld();
    const hub = await startHub();
    const [waiting, dead] = [anyEvent(), anyEvent()];
    mkdirSync(join(outbox, 'dead'), { recursive: true });
    writeFileSync(join(outbox, `${waiting.id}.json`), `${JSON.stringify(waiting)}\n`);
    writeFileSync(join(outbox, 'dead', `${dead.id}.http_403.json`), `${JSON.stringify(dead)}\n`);
    expect(clientOf(hub.url).status()).toMatchObject({ waiting: 1, elsewhere: [], dead: [{ id: dead.id }] });
    expect(await clientOf(NOWHERE).flush({ dead: true })).toMatchObject({ sent: 0, failed: 1 });
    expect(await clientOf(hub.url).flush({ dead: true })).toMatchObject({ sent: 2, waiting: 0 });
    expect(hub.received()).toEqual([waiting.id, dead.id]);
  });
});

describe('a hub with a token for each project', () => {
  const perProject = () =>
    startHub(({ json, headers }) => ({
      status: headers['authorization'] === `Bearer ${json.data.infospace_slug}` ? 202 : 403,
      body: {},
    }));

  it('has each waiting event from its own project, and none is buried for the token of another', async () => {
    const { clientOf } = userWorld();
    const hub = await perProject();
    const as = (project: string) => clientOf(hub.url, { BUDGET_HUB_TOKEN: project });
    for (const project of ['a', 'b', 'a', 'b', 'a']) as(project).queue(eventOf(project));
    expect(await as('b').emit(eventOf('b'))).toEqual({ status: 'sent', reason: null });
    expect(as('b').status()).toMatchObject({ waiting: 3, dead: [] });
    // Its own, one of the other project, which is refused, and its two that waited.
    expect(hub.replay.requests).toHaveLength(4);
    expect(await as('b').flush()).toMatchObject({ sent: 0, buried: 0, failed: 1, waiting: 3 });
    expect(await as('a').flush()).toMatchObject({ sent: 3, buried: 0, failed: 0, waiting: 0 });
  });

  it('has a refused event of the run itself made a dead letter, which its own token brings back', async () => {
    const { clientOf } = userWorld();
    const hub = await perProject();
    const as = (project: string) => clientOf(hub.url, { BUDGET_HUB_TOKEN: project });
    expect(await as('b').emit(eventOf('a'))).toMatchObject({ status: 'dropped' });
    expect(await as('b').flush({ dead: true })).toMatchObject({ sent: 0, buried: 0, failed: 1 });
    expect(as('a').status().dead).toMatchObject([{ code: 'http_403' }]);
    expect(await as('a').flush({ dead: true })).toMatchObject({ sent: 1 });
    expect(as('a').status().dead).toEqual([]);
  });
});

describe('dead letters that are tried again', () => {
  it('push nothing out of a full outbox before it was tried', async () => {
    const { clientOf, outbox } = userWorld();
    const hub = await startHub();
    const client = clientOf(hub.url);
    client.queue(anyEvent());
    const [name = ''] = readdirSync(outbox);
    const mark = name.split('.')[1];
    renameSync(join(outbox, name), join(outbox, 'old'));
    mkdirSync(join(outbox, 'dead'));
    const write = (directory: string, ending: string): void => {
      const event = anyEvent();
      writeFileSync(join(directory, `${event.id}.${mark}.${ending}`), `${JSON.stringify(event)}\n`);
    };
    for (let index = 0; index < MAX_WAITING; index += 1) {
      write(outbox, 'json');
      if (index < 100) write(join(outbox, 'dead'), 'http_403.json');
    }
    hub.replay.answerAll({ status: 503, body: {} });
    expect(await client.flush({ dead: true })).toMatchObject({ sent: 0, failed: 1, waiting: MAX_WAITING });
    hub.replay.answerAll({ status: 202, body: {} });
    expect(await client.flush({ dead: true })).toMatchObject({ sent: MAX_WAITING + 100, waiting: 0 });
    expect(client.status().dropped).toMatchObject({ tooMany: 0, tooOld: 0 });
  }, 60_000);
});
