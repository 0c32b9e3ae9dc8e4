import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterThisTest } from '@budget/test-tools/vitest';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import * as z from 'zod';

export interface McpHub {
  readonly url: string;
  /** What the tool was called with. */
  readonly calls: unknown[];
  /** Names of methods of HTTP, in order. */
  readonly requests: string[];
  countSessions(): number;
}

export interface McpHubOptions {
  /** Each answer as JSON, or as an event stream. */
  readonly json?: boolean;
  /** A session is begun by a handshake, and wanted from then on. */
  readonly sessions?: boolean;
  readonly tool?: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  /** What the tool does beside noting its arguments. */
  readonly work?: () => void;
}

/** A server built with the official SDK. */
export async function startMcpHub(options: McpHubOptions = {}): Promise<McpHub> {
  const { json = true, sessions = false } = options;
  const calls: unknown[] = [];
  const requests: string[] = [];
  const open = new Map<string, StreamableHTTPServerTransport>();

  async function newTransport(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      ...(sessions && { sessionIdGenerator: () => randomUUID() }),
      enableJsonResponse: json,
      onsessioninitialized: (id) => void open.set(id, transport),
      onsessionclosed: (id) => void open.delete(id),
    });
    const server = new McpServer({ name: 'hub', version: '1' });
    const shape = options.shape ?? { event: z.looseObject({ id: z.uuid(), specversion: z.literal('1.0') }) };
    server.registerTool(options.tool ?? 'record_token_event', { inputSchema: shape }, (given: unknown) => {
      options.work?.();
      calls.push(given);
      return { content: [{ type: 'text', text: 'recorded' }] };
    });
    // The types of the SDK do not agree with each other where optional fields are exact.
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    return transport;
  }

  const url = await listening(async (request, response) => {
    requests.push(request.method ?? '');
    const session = request.headers['mcp-session-id'];
    const known = typeof session === 'string' ? open.get(session) : undefined;
    await (known ?? (await newTransport())).handleRequest(request, response);
  });
  return { url: `${url}/mcp`, calls, requests, countSessions: () => open.size };
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
