import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '@budget/core';
import { getRequestListener } from '@hono/node-server';

type Fetch = (request: Request) => Response | Promise<Response>;

export interface ServerLimits {
  /** Within that long a request has come in whole, its headers in half of it. */
  readonly requestMs: number;
  /** A client that neither sends nor takes anything for so long is cut off. */
  readonly silenceMs: number;
  readonly connections: number;
}

const defaultLimits: ServerLimits = { requestMs: 20_000, silenceMs: 30_000, connections: 500 };
/** Clients keep connections for a few seconds; a proxy in front of the hub is better off with more. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** What still runs when the hub is to end. */
const LAST_REQUESTS_MS = 10_000;
const ANSWERED_EVERY_MS = 20;

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Takes no more requests, and ends once those that run are answered. */
  close(): Promise<void>;
}

/** @throws CodedError `address_not_usable` */
export async function httpServer(
  fetch: Fetch,
  { host, port }: { readonly host: string; readonly port: number },
  limits: ServerLimits = defaultLimits,
): Promise<HttpServer> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      requestTimeout: limits.requestMs,
      headersTimeout: limits.requestMs / 2,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // How punctual the first two are.
      connectionsCheckingInterval: limits.requestMs / 10,
    },
    listener,
  );
  server.maxConnections = limits.connections;
  server.timeout = limits.silenceMs;
  await listening(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // A connection whose request is answered now would be kept for the next one.
      const answered = setInterval(() => server.closeIdleConnections(), ANSWERED_EVERY_MS);
      const patience = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
      await closed;
      clearInterval(answered);
      clearTimeout(patience);
    },
  };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error) => {
    throw new CodedError({
      code: 'address_not_usable',
      kind: 'environment',
      message: `The hub cannot listen on ${host} port ${port} (${error.message}). Another program may do so: name another --port or --host.`,
      cause: error,
    });
  });
}
