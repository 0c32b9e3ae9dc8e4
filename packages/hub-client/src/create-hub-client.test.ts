import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startReplay } from '@budget/replay';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { createHubClient, type HubClientOptions } from './create-hub-client.js';
import { memoryTransport } from './testing/memory-transport.js';
import { anyEvent } from './testing/runs.js';
import { failed } from './transports/transport.js';

/** What a hub gets is asked here, and not how fast. */
const PATIENCE_MS = 20_000;

async function world(more: HubClientOptions & { readonly environment?: Record<string, string> } = {}) {
  const replay = await startReplay({ answer: { status: 202, body: {} } });
  afterThisTest(() => replay.close());
  const state = temporaryDirectory();
  const { origin } = new URL(replay.urlOf('hub'));
  const environment = { BUDGET_HUB_URL: origin, XDG_STATE_HOME: state, ...more.environment };
  const outbox = join(state, 'budget', 'outbox');
  return { replay, outbox, state, client: createHubClient({ ...more, environment, deadlineMs: PATIENCE_MS }) };
}

describe('an event', () => {
  it('is sent as it is, under its id, with the token', async () => {
    const { client, replay, outbox } = await world({ environment: { BUDGET_HUB_TOKEN: 'secret-token' } });
    const event = anyEvent();
    expect(await client.emit(event)).toEqual({ status: 'sent', reason: null });
    const [request, ...rest] = replay.requests;
    expect(rest).toEqual([]);
    expect(request).toMatchObject({
      ...{ method: 'POST', path: '/token-events', json: event },
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'idempotency-key': event.id,
        authorization: 'Bearer secret-token',
      },
    });
    expect(readdirSync(outbox)).toEqual([]);
  });

  it('that was queued before is sent once, and older ones with it', async () => {
    const { client, replay } = await world();
    const events = [anyEvent(1_700_000_000_000), anyEvent(), anyEvent()];
    // Too old to be kept, and gone as soon as there is another.
    for (const event of events) expect(client.queue(event)).toMatchObject({ status: 'queued' });
    const own = events[2] as (typeof events)[0];
    expect(await client.emit(own)).toEqual({ status: 'sent', reason: null });
    expect(replay.requests.map(({ json }) => json.id)).toEqual([own.id, events[1]?.id]);
    expect(client.status()).toMatchObject({ waiting: 0, dropped: { tooOld: 1 } });
  });

  it('whose id could lead out of the outbox is not written', async () => {
    const { client, state } = await world();
    for (const id of ['../../elsewhere', '', 'a/b', '.', 'x'.repeat(65)])
      expect(await client.emit({ ...anyEvent(), id })).toMatchObject({ status: 'dropped' });
    expect(existsSync(join(state, 'budget'))).toBe(false);
  });

  it.each([null, 5, {}, { id: 7 }])('that is none, such as %j, is not written', async (given) => {
    const { client, state } = await world();
    expect(await client.emit(given as never)).toMatchObject({ status: 'dropped' });
    expect(client.queue(given as never)).toMatchObject({ status: 'dropped' });
    expect(existsSync(join(state, 'budget'))).toBe(false);
  });
});

describe('who opts out', () => {
  it.each([
    { environment: { DO_NOT_TRACK: '1' } },
    { environment: { BUDGET_DISABLE_HUB_EVENTS: 'true' } },
    { environment: { INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS: '1' } },
    { environment: { BUDGET_HUB_URL: '' } },
    { isDisabledByProject: true },
    { configuration: { disabled: true } },
  ])('%j: nothing is sent and nothing written', async (options) => {
    const { client, replay, state } = await world(options);
    expect(client.disabled).not.toBeNull();
    expect(client.queue(anyEvent())).toMatchObject({ status: 'disabled' });
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'disabled', reason: client.disabled?.reason });
    expect(await client.flush({ dead: true })).toMatchObject({ sent: 0, notTried: client.disabled?.reason });
    expect(client.status()).toMatchObject({ waiting: 0, fault: null });
    expect(replay.requests).toHaveLength(0);
    expect(existsSync(join(state, 'budget'))).toBe(false);
  });

  it('does so for a transport of their own too', async () => {
    const transport = memoryTransport();
    const client = createHubClient({ transport, environment: { DO_NOT_TRACK: '1' } });
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'disabled' });
    expect(transport.events).toEqual([]);
  });
});

describe('the redaction', () => {
  it('sees every event last: nothing else is written or sent', async () => {
    const redact: HubClientOptions['redact'] = (event) => ({ ...event, subject: 'redacted' });
    const { client, replay, outbox } = await world({ redact });
    const [own, other] = [anyEvent(), anyEvent()];
    client.queue(other);
    const [name = ''] = readdirSync(outbox);
    expect(name).toContain(other.id);
    expect(readFileSync(join(outbox, name), 'utf8')).toContain('"subject":"redacted"');
    await client.emit(own);
    expect(replay.requests.map(({ json }) => json.subject)).toEqual(['redacted', 'redacted']);
  });

  it.each([
    ['keeps it back', () => null],
    [
      'fails',
      () => {
        throw new Error('SECRET');
      },
    ],
    ['changes its id', (event: ReturnType<typeof anyEvent>) => ({ ...event, id: 'another' })],
    // As programs in JavaScript may.
    ['gives nothing', () => undefined as never],
    ['gives a number', () => 5 as never],
    ['gives what JSON has no word for', (event: ReturnType<typeof anyEvent>) => ({ ...event, cost: 1n })],
    [
      'gives an event that holds itself',
      (event: ReturnType<typeof anyEvent>) => {
        const own = { ...event, itself: {} };
        own.itself = own;
        return own;
      },
    ],
  ] as const)('that %s keeps it from being written or sent', async (_, redact) => {
    const { client, replay, state } = await world({ redact });
    const result = await client.emit(anyEvent());
    expect(result.status).toBe('dropped');
    expect(result.reason).not.toContain('SECRET');
    expect(client.queue(anyEvent())).toEqual(result);
    expect(replay.requests).toHaveLength(0);
    expect(existsSync(join(state, 'budget'))).toBe(false);
  });
});

describe('a hub in memory', () => {
  it('takes events from a client as a hub does, or does not', async () => {
    const transport = memoryTransport();
    const client = createHubClient({ transport, environment: {}, stateDirectory: temporaryDirectory() });
    const [first, second] = [anyEvent(), anyEvent()];
    transport.answer(failed('it is down'));
    expect(await client.emit(first)).toEqual({ status: 'queued', reason: 'it is down' });
    transport.answer({ kind: 'accepted' });
    expect(await client.emit(second)).toEqual({ status: 'sent', reason: null });
    // The first waits for its pause to be over.
    expect(transport.events.map(({ id }) => id)).toEqual([second.id, first.id]);
  });
});

describe('a mistake', () => {
  it('in the settings is told, and no token with it', async () => {
    const { client } = await world({
      environment: { BUDGET_HUB_URL: 'http://hub.example.com', BUDGET_HUB_TOKEN: 'secret-token' },
    });
    expect(client.disabled).toMatchObject({ isMistake: true });
    expect(JSON.stringify([client.disabled, await client.emit(anyEvent())])).not.toContain('secret-token');
  });
});
