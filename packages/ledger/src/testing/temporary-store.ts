import { join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from '../stores/sqlite/index.js';

/** A ledger in a file of its own unless one is named; closed after the test. */
export async function temporaryStore(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
  const store = await sqliteStore({ file: join(temporaryDirectory(), 'ledger.db'), ...options });
  afterThisTest(() => store.close());
  return store;
}

/** A token on the scope `run:1`. */
export function oneToken(id: string, scope = 'run:1') {
  return { id, scopes: [scope], amounts: { tokens: 1n }, expiresInMs: 3_600_000 };
}
