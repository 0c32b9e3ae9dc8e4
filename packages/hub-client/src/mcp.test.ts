import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { startReplay } from '@budget/replay';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createHubClient } from './create-hub-client.js';
import { destinationOf } from './destination.js';
import { examineHub } from './examine-hub.js';
import type { HubConfiguration } from './hub-settings.js';
import { startMcpHub } from './testing/mcp-servers.js';
import { anyEvent } from './testing/runs.js';

vi.setConfig({ testTimeout: 30_000 });

/** What a server gets is asked here, and not how fast. */
const PATIENCE_MS = 20_000;

const clientOf = (url: string, configuration: HubConfiguration = {}, state = temporaryDirectory()) => {
  const environment = { BUDGET_HUB_URL: url, BUDGET_HUB_TRANSPORT: 'mcp', XDG_STATE_HOME: state };
  const options = { environment, configuration, deadlineMs: PATIENCE_MS };
  return { state, client: createHubClient(options), examine: () => examineHub(options) };
};

describe('a server by the official SDK', () => {
  it.each([true, false])('that answers in JSON: %j takes an event by one request', async (json) => {
    const hub = await startMcpHub({ json });
    const { client } = clientOf(hub.url);
    const event = anyEvent();
    expect(await client.emit(event)).toEqual({ status: 'sent', reason: null });
    expect(hub.calls).toEqual([{ event }]);
    expect(hub.requests).toEqual(['POST']);
  });

  it('gets the arguments that the configuration asks for', async () => {
    const shape = { run: z.string(), tokens: z.int(), plan: z.string().optional() };
    const hub = await startMcpHub({ tool: 'tell', shape });
    const mapping = { run: 'event.id', tokens: 'event.data.total_tokens', plan: 'event.data.workplan_id' };
    const { client } = clientOf(hub.url, { tool: 'tell', arguments: mapping });
    const event = anyEvent();
    expect(await client.emit(event)).toMatchObject({ status: 'sent' });
    expect(hub.calls).toEqual([{ run: event.id, tokens: 1500 }]);

    const flat = await startMcpHub({ shape: { run_id: z.uuid(), cost_usd: z.number() } });
    expect(await clientOf(flat.url, { arguments: 'event.data' }).client.emit(event)).toMatchObject({ status: 'sent' });
    expect(flat.calls).toEqual([{ run_id: event.id, cost_usd: 0.00475 }]);
  });

  it('that wants a handshake gets one once doctor has found that out, and no session is left', async () => {
    const hub = await startMcpHub({ sessions: true });
    const { client, examine, state } = clientOf(hub.url);
    const event = anyEvent();
    expect(await client.emit(event)).toMatchObject({ status: 'queued', reason: expect.stringContaining('hub doctor') });
    expect((await examine()).map(({ state: found }) => found)).toEqual(['fine', 'fine', 'fine']);
    const known = join(state, 'budget', `hub-dialect.${destinationOf({ url: hub.url, transport: 'mcp' }).mark}.json`);
    expect(JSON.parse(readFileSync(known, 'utf8')).dialect).toBe('handshake');
    expect(hub.calls).toEqual([]);
    hub.requests.length = 0;
    expect(await client.flush()).toMatchObject({ sent: 1, waiting: 0 });
    expect(hub.calls).toEqual([{ event }]);
    expect(hub.requests).toEqual(['POST', 'POST', 'POST', 'DELETE']);
    expect(hub.countSessions()).toBe(0);
  });

  it('that has no such tool, or another shape of it, refuses for good', async () => {
    const hub = await startMcpHub({ tool: 'another' });
    const { client, examine } = clientOf(hub.url);
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'dropped' });
    expect(client.status().dead).toMatchObject([{ code: 'mcp_32602' }]);
    expect((await examine()).at(-1)).toMatchObject({ state: 'broken', message: expect.stringContaining('no tool') });

    const other = await startMcpHub({ shape: { number: z.number() } });
    expect(await clientOf(other.url).client.emit(anyEvent())).toMatchObject({ status: 'dropped' });
  });

  it('whose tool fails gets the event again', async () => {
    let isBroken = true;
    const work = (): void => {
      if (isBroken) throw new Error('its disk is full');
    };
    const hub = await startMcpHub({ work });
    const { client } = clientOf(hub.url);
    expect(await client.emit(anyEvent())).toEqual({ status: 'queued', reason: "the hub's tool failed" });
    isBroken = false;
    expect(await client.flush()).toMatchObject({ sent: 1 });
  });
});

/** As the official SDK in Python answers where it keeps sessions. */
async function startPythonHub(path = '/mcp') {
  const sessions = new Set<string>();
  const calls: string[] = [];
  const error = (status: number, message: string) => ({
    status,
    body: { jsonrpc: '2.0', id: 'server-error', error: { code: -32_600, message } },
  });
  const replay = await startReplay({
    answer({ method, path: asked, headers, json }) {
      if (asked !== path) return { status: 404, body: 'Not Found' };
      const session = String(headers['mcp-session-id'] ?? '');
      const result = (value: object, more = {}) => ({
        ...{ status: 200, headers: more, body: { jsonrpc: '2.0', id: json.id, result: value } },
      });
      if (method === 'DELETE') return { status: 200, body: '' };
      if (json.method === 'initialize') {
        sessions.add(`session-${sessions.size}`);
        return result({ protocolVersion: '2025-06-18' }, { 'mcp-session-id': `session-${sessions.size - 1}` });
      }
      if (session === '') return error(400, 'Bad Request: Missing session ID');
      if (!sessions.has(session)) return error(404, 'Session not found');
      if (json.id === undefined) return { status: 202, body: '' };
      if (json.method === 'tools/list')
        return json.params.cursor === undefined
          ? result({ tools: [{ name: 'another' }], nextCursor: '2' })
          : result({ tools: [{ name: 'record_token_event' }] });
      calls.push(json.params.arguments.event.id);
      // Started anew: it knows no session.
      if (calls.length === 1) sessions.delete(session);
      return result({ content: [] });
    },
  });
  afterThisTest(() => replay.close());
  return { replay, calls, url: `${new URL(replay.urlOf('hub')).origin}${path}` };
}

describe('a server by the SDK in Python', () => {
  it('that wants a session has the event wait for the doctor, and a lost session is begun anew', async () => {
    const { url, calls } = await startPythonHub();
    const { client, examine } = clientOf(url);
    const events = [anyEvent(), anyEvent(), anyEvent()];
    for (const event of events)
      expect(await client.emit(event)).toMatchObject({
        status: 'queued',
        reason: expect.stringContaining('hub doctor'),
      });
    expect(client.status()).toMatchObject({ waiting: 3, dead: [] });
    // Its tool is on the second page.
    expect((await examine()).at(-1)).toMatchObject({ state: 'fine', message: expect.stringContaining('handshake') });
    expect(await client.flush()).toMatchObject({ sent: 3, failed: 0, waiting: 0 });
    expect(calls.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });

  it('is reached at an endpoint with a slash at its end', async () => {
    const { url, calls } = await startPythonHub('/mcp/');
    const { client, examine } = clientOf(url);
    expect((await examine()).at(-1)).toMatchObject({ state: 'fine' });
    const event = anyEvent();
    expect(await client.emit(event)).toEqual({ status: 'sent', reason: null });
    expect(calls).toEqual([event.id]);
  });
});

describe('a server that stalls after the handshake', () => {
  it('has no longer to end the session than the run has for all of it', async () => {
    const replay = await startReplay({
      answer: ({ method, json }) =>
        method === 'DELETE' || json.method === 'tools/call'
          ? { isSilent: true }
          : {
              ...{ status: 200, headers: { 'mcp-session-id': 'one' } },
              body: { jsonrpc: '2.0', id: json.id ?? null, result: { protocolVersion: '2025-06-18' } },
            },
    });
    afterThisTest(() => replay.close());
    const url = `${new URL(replay.urlOf('hub')).origin}/mcp`;
    const stateDirectory = temporaryDirectory();
    mkdirSync(stateDirectory, { recursive: true });
    writeFileSync(join(stateDirectory, 'hub-dialect.json'), JSON.stringify({ url, dialect: 'handshake' }));
    const environment = { BUDGET_HUB_URL: url, BUDGET_HUB_TRANSPORT: 'mcp' };
    const deadlineMs = 1500;
    const startedAt = performance.now();
    const result = await createHubClient({ environment, stateDirectory, deadlineMs }).emit(anyEvent());
    expect(result).toMatchObject({ status: 'queued', reason: 'no answer in time' });
    // Twice that before.
    expect(performance.now() - startedAt).toBeLessThan(1.6 * deadlineMs);
    expect(replay.requests.some(({ json }) => json?.method === 'tools/call')).toBe(true);
  });
});

describe('two MCP servers that each want a handshake', () => {
  it('are both talked to as doctor has found out, in turns', async () => {
    const hubs = [await startMcpHub({ sessions: true }), await startMcpHub({ sessions: true })];
    const state = temporaryDirectory();
    const all = hubs.map(({ url }) => clientOf(url, {}, state));
    for (const { examine } of all) expect((await examine()).at(-1)).toMatchObject({ state: 'fine' });
    for (const { client } of all) expect(await client.emit(anyEvent())).toMatchObject({ status: 'sent' });
  });
});

describe('an answer of an MCP server', () => {
  const answered = async (answer: Parameters<typeof startReplay>[0]) => {
    const replay = await startReplay(answer);
    afterThisTest(() => replay.close());
    return clientOf(`${new URL(replay.urlOf('hub')).origin}/mcp`).client;
  };
  const result = (id: string) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } });
  const stream = { 'content-type': 'text/event-stream' };

  it('may be in a stream that stays open, after other messages', async () => {
    const client = await answered({
      answer: ({ json }) => ({
        ...{ status: 200, headers: stream, cutDelayMs: 5 },
        body: `: hello\n\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\nid: 1\r\ndata: ${result(json.id)}\r\n\r\n${': wait\n\n'.repeat(20)}`,
        cuts: { seed: 1, largest: 40 },
      }),
    });
    expect(await client.emit(anyEvent())).toEqual({ status: 'sent', reason: null });
  });

  it.each([
    ['of another request', () => result('another')],
    ['that is cut off', (id: string) => result(id).slice(0, -1)],
    ['in a page', () => '<html>Please log in</html>'],
    ['that is nothing', () => ''],
  ])('%s is none', async (_, body) => {
    const client = await answered({ answer: ({ json }) => ({ status: 200, body: body(json.id) }) });
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'queued' });
  });

  it.each([401, 403, 413, 422])('of %d is a refusal', async (status) => {
    const client = await answered({ answer: { status, body: {} } });
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'dropped' });
  });
});

describe('the doctor', () => {
  it('talks to an HTTP hub without an event, and says what is wrong', async () => {
    const replay = await startReplay({ answer: { status: 200, body: {} } });
    afterThisTest(() => replay.close());
    const environment = {
      BUDGET_HUB_URL: new URL(replay.urlOf('hub')).origin,
      XDG_STATE_HOME: temporaryDirectory(),
      BUDGET_HUB_TOKEN: 'secret-token',
    };
    const last = async () => {
      const findings = await examineHub({ environment });
      expect(JSON.stringify(findings)).not.toContain('secret-token');
      return findings.at(-1);
    };
    expect(await last()).toMatchObject({ state: 'fine' });
    expect(replay.requests[0]).toMatchObject({ path: '/token-events', json: [] });
    for (const [status, message] of [
      [401, 'BUDGET_HUB_TOKEN'],
      [403, 'token'],
      [404, 'BUDGET_HUB_URL'],
      [302, 'redirects are not followed'],
      [500, '500'],
    ] as const) {
      replay.answerAll({ status, body: {} });
      expect(await last()).toMatchObject({ state: 'broken', message: expect.stringContaining(message) });
    }
  });

  it('does not take a page for a hub', async () => {
    const replay = await startReplay({ answer: { status: 200, body: '<html>Please log in</html>' } });
    afterThisTest(() => replay.close());
    const environment = { BUDGET_HUB_URL: new URL(replay.urlOf('hub')).origin, XDG_STATE_HOME: temporaryDirectory() };
    expect((await examineHub({ environment })).at(-1)).toMatchObject({
      ...{ state: 'broken', message: expect.stringContaining('is no hub') },
    });
  });

  it.each(['http', 'mcp'])('ends where a hub by %s changes to another protocol', async (transport) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    afterThisTest(() => server.close());
    const { port } = server.address() as AddressInfo;
    const environment = {
      ...{ BUDGET_HUB_URL: `http://127.0.0.1:${port}`, BUDGET_HUB_TRANSPORT: transport },
      XDG_STATE_HOME: temporaryDirectory(),
    };
    expect((await examineHub({ environment })).at(-1)).toMatchObject({
      ...{ state: 'broken', message: expect.stringContaining('ended without an answer') },
    });
  });

  it('does nothing where the events are off', async () => {
    const state = temporaryDirectory();
    const environment = { XDG_STATE_HOME: state, BUDGET_HUB_URL: 'http://127.0.0.1:9', DO_NOT_TRACK: '1' };
    expect(await examineHub({ environment })).toMatchObject([{ state: 'off', what: 'settings' }]);
  });
});
