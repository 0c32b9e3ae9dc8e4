import { afterThisTest } from '@budget/test-tools/vitest';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it } from 'vitest';
import { asked, type HubAtWork, hubAtWork, tokenFor } from './hub-at-work.js';
import { tokenEvent } from './token-events.js';

/** The client of the official SDK, connected as it connects by itself. */
async function connected(hub: HubAtWork, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit: { headers } });
  await client.connect(transport as unknown as Transport);
  afterThisTest(() => client.close());
  return client;
}

async function called(hub: HubAtWork, name: string, arguments_: Record<string, unknown>, headers = {}) {
  const answer = await asked(`${hub.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name, arguments: arguments_ } }),
  });
  return answer;
}

describe("the official SDK's client", () => {
  it('lists the two tools and calls them', async () => {
    const hub = await hubAtWork();
    const client = await connected(hub);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['record_token_event', 'get_token_summary']);
    const [record] = tools;
    const model = {
      properties: { input_tokens: { type: 'integer' } },
      required: expect.arrayContaining(['provider', 'model']),
    };
    expect(record?.inputSchema).toMatchObject({
      required: ['event'],
      properties: { event: { properties: { data: { properties: { models: { type: 'array', items: model } } } } } },
    });
    const sent = { name: 'record_token_event', arguments: { event: { ...tokenEvent() } } };
    expect(await client.callTool(sent)).toMatchObject({ structuredContent: { accepted: 1, duplicates: 0 } });
    expect(await client.callTool(sent)).toMatchObject({ structuredContent: { accepted: 0, duplicates: 1 } });
    const asked = { name: 'get_token_summary', arguments: { by: 'day,model', time_zone: 'Europe/Paris' } };
    const summary = await client.callTool(asked);
    expect(summary.structuredContent).toEqual((await hub.summary(asked.arguments)).body);
    expect(summary.structuredContent).toMatchObject({ groups: [{ day: '2026-11-22', model: 'gpt-4o', runs: 1 }] });
  });

  it('is told what is wrong with an event or a question, and nothing is recorded', async () => {
    const hub = await hubAtWork();
    const client = await connected(hub);
    const event = { ...tokenEvent({ total_tokens: 1 }) };
    const refused = await client.callTool({ name: 'record_token_event', arguments: { event } });
    expect(refused).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^MCP error -32602: .*total_tokens/s) }],
    });
    const unclear = await client.callTool({ name: 'get_token_summary', arguments: { by: 'colour' } });
    expect(unclear).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^MCP error -32602: .*by/s) }],
    });
    expect((await hub.summary()).body.totals.runs).toBe(0);
  });

  it('needs a token where there are some, and is kept to its project', async () => {
    const handbook = tokenFor('acme', 'handbook');
    const hub = await hubAtWork({ tokens: [handbook.entry] });
    await expect(connected(hub)).rejects.toThrow();
    const client = await connected(hub, handbook.headers);
    const record = (event: object) =>
      client.callTool({ name: 'record_token_event', arguments: { event: { ...event } } });
    expect(await record(tokenEvent())).toMatchObject({ structuredContent: { accepted: 1 } });
    expect(await record(tokenEvent({ infospace_slug: 'quiz' }))).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^MCP error -32602: .*another project/s) }],
    });
    const arguments_ = { workspace: 'acme', infospace: 'quiz' };
    expect(await client.callTool({ name: 'get_token_summary', arguments: arguments_ })).toMatchObject({
      isError: true,
    });
  });
});

describe('one request that stands alone', () => {
  it('calls a tool without a handshake, and is answered in JSON', async () => {
    const hub = await hubAtWork();
    const answer = await called(hub, 'record_token_event', { event: tokenEvent() });
    expect(answer).toMatchObject({ status: 200, body: { id: 'a', result: { structuredContent: { accepted: 1 } } } });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('mcp-session-id')).toBeNull();
  });

  it('many at once are told apart', async () => {
    const hub = await hubAtWork();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        called(hub, 'record_token_event', { event: tokenEvent({ id: `run-${index % 20}` }) }),
      ),
    );
    const accepted = answers.reduce((sum, { body }) => sum + body.result.structuredContent.accepted, 0);
    expect(accepted).toBe(20);
  });

  it('of another tool, of no JSON or by another method is an error', async () => {
    const hub = await hubAtWork();
    expect((await called(hub, 'drop_everything', {})).body.result).toMatchObject({ isError: true });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    expect(await asked(`${hub.url}/mcp`, { method: 'POST', headers, body: '{"jsonrpc":' })).toMatchObject({
      status: 400,
    });
    expect(await asked(`${hub.url}/mcp`, { headers })).toMatchObject({ status: 405 });
    expect(await asked(`${hub.url}/mcp`, { method: 'DELETE', headers })).toMatchObject({ status: 405 });
  });
});
