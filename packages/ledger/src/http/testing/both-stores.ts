import type { ObservationStore } from '../../observation-store.js';
import type { LedgerStore } from '../../store.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { temporaryStore } from '../../testing/temporary-store.js';
import { type Served, type ServedOptions, served } from './served.js';

type Store = LedgerStore & ObservationStore;

/** To be called once in a file: for each kind of store its name, and what serves an empty one. */
export function onBothStores(): readonly (readonly [string, (options?: ServedOptions) => Promise<Served>])[] {
  // Nobody pulls the plug here.
  const postgres = postgresForTests({ settings: { fsync: 'off' } });
  const stores: Readonly<Record<string, () => Promise<Store>>> = {
    SQLite: () => temporaryStore(),
    PostgreSQL: () => postgres.store({ maxConnections: 4 }),
  };
  return Object.entries(stores).map(
    ([name, openStore]) => [name, async (options = {}) => served({ store: await openStore(), ...options })] as const,
  );
}
