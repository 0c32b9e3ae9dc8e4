import pg from 'pg';
import { expect, it } from 'vitest';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { Connections } from './connections.js';

const { server } = postgresForTests();

// Without its settings a connection would look for the ledger's tables in another schema.
it('a connection is not used again where the server refused to set it up', { timeout: 60_000 }, async () => {
  const pool = new pg.Pool({ connectionString: server().address, max: 1 });
  // In a transaction that has failed the server refuses everything.
  pool.once('connect', (client) => void client.query('BEGIN; SELECT 1 / 0').catch(() => {}));
  const connections = new Connections(pool, { schema: 'mine', timeoutMs: 5000 });
  const searchPath = () => connections.transaction((transaction) => transaction.query('SHOW search_path'));
  await expect(searchPath()).rejects.toMatchObject({ code: '25P02' });
  expect(await searchPath()).toEqual([{ search_path: '"mine"' }]);
  await connections.end();
});
