import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerLimits {
  /** Within that long a request has come in whole, its headers in half of it. */
  readonly requestMs: number;
  /** A client that neither sends nor takes anything for so long is cut off. */
  readonly silenceMs: number;
  readonly connections: number;
}

const defaultLimits: ServerLimits = { requestMs: 20_000, silenceMs: 30_000, connections: 500 };
/** Clients keep connections for a few seconds; a proxy in front of the server is better off with more. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** What still runs when the server is to end. */
const LAST_REQUESTS_MS = 10_000;
const ANSWERED_EVERY_MS = 20;

export interface LimitedServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Takes no more requests, and ends once those that run are answered. */
  close(): Promise<void>;
}

/** A server that no client can hold or fill. Rejects with what the system says where it cannot listen. */
export async function limitedServer(
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
  limits: ServerLimits = defaultLimits,
): Promise<LimitedServer> {
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
  });
}
