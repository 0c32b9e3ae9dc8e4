import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '@budget/core';
import { httpServer } from './http-server.js';
import { hubApp } from './hub-app.js';
import { type HubSettings, isServerAddress } from './hub-settings.js';
import { openStore } from './open-store.js';

export interface HubParts {
  readonly version: string;
  readonly log: (line: string) => void;
  readonly clock?: Clock;
}

export interface RunningHub {
  readonly url: string;
  /** Answers what runs, then closes the database. */
  close(): Promise<void>;
}

/** Opens the database, listens, and says where and for whom. @throws CodedError as `openStore` and `httpServer` */
export async function startHub(
  settings: HubSettings,
  { version, log, clock = systemClock }: HubParts,
): Promise<RunningHub> {
  const { host, port, database, tokens } = settings;
  const isNewFile = !isServerAddress(database) && !existsSync(database);
  const store = await openStore(database, clock);
  const app = hubApp({ store, tokens, version, log });
  const server = await httpServer(app.fetch, { host, port }).catch(async (error) => {
    await store.close();
    throw error;
  });
  log(
    tokens === null
      ? 'No tokens are configured: every program on this machine may write and read.'
      : `${tokens.length === 1 ? 'One token is' : `${tokens.length} tokens are`} configured; without one nothing can be written or read.`,
  );
  log(`The hub listens on ${server.url} and keeps its events in ${store.name}${isNewFile ? ', a new database' : ''}.`);
  return {
    url: server.url,
    async close() {
      await server.close();
      await store.close();
    },
  };
}
