import { startReplay } from '@budget/replay';
import { badHubs, startBadHub } from '@budget/replay/hubs';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it, vi } from 'vitest';
import { createHubClient, type HubClientOptions } from './create-hub-client.js';
import { anyEvent } from './testing/runs.js';
import type { Lookup } from './transports/resolving-lookup.js';

vi.setConfig({ testTimeout: 30_000 });

/** Far more than the 150 ms, for busy machines, and far less than any of these hubs takes by itself. */
const PATIENCE_MS = 3000;

function clientFor(url: string, more: HubClientOptions = {}) {
  const environment = { BUDGET_HUB_URL: url, XDG_STATE_HOME: temporaryDirectory() };
  return createHubClient({ environment, ...more });
}

async function emitInTime(client: ReturnType<typeof clientFor>) {
  const startedAt = performance.now();
  const result = await client.emit(anyEvent());
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  return result;
}

describe('a hub that', () => {
  it.each(badHubs)('%s keeps the event waiting, and the run not', async (kind) => {
    const hub = await startBadHub(kind);
    afterThisTest(() => hub.close());
    const client = clientFor(hub.url);
    const result = await emitInTime(client);
    expect(result).toMatchObject({ status: 'queued', reason: expect.any(String) });
    expect(client.status()).toMatchObject({ waiting: 1, inHand: 0, failures: 1, lastFailure: result.reason });
  });

  it('has a name that nobody resolves keeps the event waiting, and the run not', async () => {
    const lookup: Lookup = () => {};
    const result = await emitInTime(clientFor('http://hub.example.com', { lookup }));
    expect(result).toMatchObject({ status: 'queued', reason: expect.stringContaining('in time') });
  });

  it('is asked by a requester that listens to no signal keeps the run no longer', async () => {
    const requester = { send: () => new Promise<never>(() => {}), close: () => {} };
    expect(await emitInTime(clientFor('http://hub.example.com', { requester }))).toMatchObject({ status: 'queued' });
  });
});

describe('an answer', () => {
  const answered = async (answer: Parameters<typeof startReplay>[0]) => {
    const replay = await startReplay(answer);
    afterThisTest(() => replay.close());
    return { replay, client: clientFor(new URL(replay.urlOf('hub')).origin, { deadlineMs: 20_000 }) };
  };

  it.each([200, 201, 202, 204])('of %d says that the hub has it', async (status) => {
    const { client } = await answered({ answer: { status, body: status === 204 ? '' : { accepted: 1 } } });
    expect(await client.emit(anyEvent())).toEqual({ status: 'sent', reason: null });
    expect(client.status()).toMatchObject({ waiting: 0, failures: 0 });
  });

  it.each([400, 401, 403, 404, 413, 422])(
    'of %d makes it a dead letter, which is tried when asked for',
    async (status) => {
      const { client, replay } = await answered({ answer: { status, body: {} } });
      const event = anyEvent();
      expect(await client.emit(event)).toMatchObject({ status: 'dropped', reason: expect.stringContaining('--dead') });
      expect(client.status()).toMatchObject({ waiting: 0, dead: [{ id: event.id, code: `http_${status}` }] });
      replay.answerAll({ status: 202, body: {} });
      expect(await client.flush()).toMatchObject({ sent: 0 });
      expect(await client.flush({ dead: true })).toMatchObject({ sent: 1, waiting: 0 });
      expect(replay.requests.at(-1)?.json).toEqual(event);
    },
  );

  it('that elsewhere is the hub is not followed, and a token goes nowhere but to the hub', async () => {
    const elsewhere = await startReplay({ answer: { status: 202, body: {} } });
    afterThisTest(() => elsewhere.close());
    const location = `${new URL(elsewhere.urlOf('hub')).origin}/token-events`;
    for (const status of [301, 302, 303, 307, 308]) {
      const { client } = await answered({ answer: { status, headers: { location }, body: '' } });
      expect(await client.emit(anyEvent())).toMatchObject({ status: 'queued' });
    }
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('with Retry-After is heeded by flushes and by later runs, whose own event is tried all the same', async () => {
    const { client, replay } = await answered({ answer: { status: 202, body: {} } });
    replay.next({ status: 429, headers: { 'retry-after': '3600' }, body: {} });
    await client.emit(anyEvent());
    expect(client.status().pausedUntil).not.toBeNull();
    expect(await client.flush()).toMatchObject({
      ...{ sent: 0, waiting: 1, notTried: expect.stringContaining('asks to be left alone') },
    });
    expect(replay.requests).toHaveLength(1);
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'sent' });
  });

  it('of 500 to one event keeps no other from being sent', async () => {
    const { client, replay } = await answered({ answer: { status: 202, body: {} } });
    const poison = anyEvent();
    for (const event of [poison, anyEvent(), anyEvent(), anyEvent()]) client.queue(event);
    replay.answerAll(({ json }) => ({ status: json.id === poison.id ? 500 : 202, body: {} }));
    expect(await client.flush()).toMatchObject({ sent: 3, failed: 1, waiting: 1 });
  });

  it('that refuses whoever asks is asked for once, not for all that wait', async () => {
    const { client, replay } = await answered({ answer: { status: 401, body: {} } });
    for (let index = 0; index < 5; index += 1) client.queue(anyEvent());
    expect(await client.flush()).toMatchObject({ sent: 0, buried: 0, failed: 1, waiting: 5 });
    expect(replay.requests).toHaveLength(1);
  });
});
