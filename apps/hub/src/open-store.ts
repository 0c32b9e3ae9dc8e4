import type { Clock } from '@budget/core';
import { isServerAddress } from './hub-settings.js';
import type { HubStore } from './store.js';

/** Each store is loaded with its driver, when it is needed. @throws CodedError as `sqliteHubStore` or `postgresHubStore` */
export async function openStore(database: string, clock: Clock): Promise<HubStore> {
  if (isServerAddress(database)) {
    const { postgresHubStore } = await import('./stores/postgres/postgres-hub-store.js');
    return postgresHubStore({ address: database, clock });
  }
  const { sqliteHubStore } = await import('./stores/sqlite/sqlite-hub-store.js');
  return sqliteHubStore({ file: database, clock });
}
