import { limitedServer, type ServerLimits } from '@budget/serving';
import { afterThisTest } from '@budget/test-tools/vitest';
import { getRequestListener } from '@hono/node-server';
import { createLedger, type Ledger } from '../../ledger.js';
import type { ObservationStore } from '../../observation-store.js';
import type { LedgerStore } from '../../store.js';
import { temporaryStore } from '../../testing/temporary-store.js';
import { createHttpApp, type HttpAppOptions } from '../http-app.js';

export interface Served {
  /** Of the server, without the prefix of the routes. */
  readonly origin: string;
  readonly ledger: Ledger;
  readonly log: readonly string[];
  /** Asks for a path under `/api/v1`. */
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was answered, to be looked at
  readonly body: any;
}

export type ServedOptions = Partial<Omit<HttpAppOptions, 'log'>> & {
  /** Where it keeps observations, these are served, too. */
  readonly store?: LedgerStore & Partial<ObservationStore>;
  readonly limits?: ServerLimits;
};

/** A ledger of its own behind a real server on loopback; gone after the test. */
export async function served({ store, limits, ...options }: ServedOptions = {}): Promise<Served> {
  const used = store ?? (await temporaryStore());
  const ledger = options.ledger ?? createLedger({ store: used });
  const observations = 'observe' in used ? (used as ObservationStore) : undefined;
  const log: string[] = [];
  const app = createHttpApp({ ledger, observations, ...options, log: (line) => log.push(line) });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = await limitedServer(listener, { host: '127.0.0.1', port: 0 }, limits);
  afterThisTest(() => server.close());
  return {
    ...{ origin: server.url, ledger, log },
    ask: (method, path, body, headers = {}) => asked(`${server.url}/api/v1${path}`, { method, body, headers }),
  };
}

interface Asked {
  readonly method: string;
  /** A text or bytes go as they are, all else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function asked(url: string, { method, body, headers = {} }: Asked): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    // A connection that is kept would hold the server back when it is to end.
    headers: { connection: 'close', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isRaw ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A reservation of tokens on the scope `run:1`, as it is asked for. */
export function tokensAsked(id: string, tokens: number, more: Readonly<Record<string, unknown>> = {}) {
  return { id, scopes: ['run:1'], amounts: { tokens }, ...more };
}
