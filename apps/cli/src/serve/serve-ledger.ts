import { CodedError } from '@budget/core';
import { createHttpApp } from '@budget/ledger/http';
import { type LimitedServer, limitedServer } from '@budget/serving';
import { getRequestListener } from '@hono/node-server';
import { openLedger } from '../open-ledger.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';
import { endDueHolds } from './end-due-holds.js';
import type { ServeSettings } from './serve-settings.js';

export interface ServedLedger {
  /** Of the routes. */
  readonly url: string;
  /** Answers what runs, then closes the ledger. */
  close(): Promise<void>;
}

/** Opens the ledger and listens. @throws CodedError as `openLedger`, `address_not_usable` */
export async function serveLedger(settings: ServeSettings, terminal: Terminal, log: Log): Promise<ServedLedger> {
  const { ledger, store } = await openLedger(terminal, (line) => log('note', line));
  const { token, allowedHosts } = settings;
  const app = createHttpApp({ ledger, observations: store, token, allowedHosts, log: (line) => log('warning', line) });
  const server = await listening(app.fetch, settings).catch(async (error) => {
    await ledger.close();
    throw error;
  });
  const ending = new AbortController();
  const ended = endDueHolds(ledger, ending.signal, (line) => log('warning', line));
  return {
    url: `${server.url}/api/v1`,
    async close() {
      ending.abort();
      await server.close();
      await ended;
      await ledger.close();
    },
  };
}

async function listening(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: ServeSettings,
): Promise<LimitedServer> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  return await limitedServer(listener, { host, port }).catch((error) => {
    throw new CodedError({
      ...{ code: 'address_not_usable', kind: 'environment', cause: error },
      message: `The ledger cannot be served on ${host} port ${port} (${error.message}). Another program may listen there: name another --port or --host.`,
    });
  });
}
