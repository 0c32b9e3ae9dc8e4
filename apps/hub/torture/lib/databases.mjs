import { join } from 'node:path';
import { startPostgres } from '@budget/test-postgres';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

export const storeNames = ['sqlite', 'postgres'];

const IDS = 'SELECT id, count(*) AS times FROM events GROUP BY id';
const PARTS = 'SELECT count(*) AS count FROM event_models';

/** Where a hub keeps its events, and how they are looked at without it. */
export function makeDatabase(store, home) {
  return store === 'sqlite' ? fileIn(home) : onServer();
}

function fileIn(home) {
  const where = join(home, 'hub.db');
  return {
    where,
    async look() {
      const database = new Sqlite(where, { readonly: true });
      const ids = database.prepare(IDS).all();
      const { count } = database.prepare(PARTS).get();
      const damage = database.pragma('integrity_check', { simple: true });
      database.close();
      return { ids, partCount: count, damage };
    },
    remove: async () => {},
  };
}

async function onServer() {
  const server = await startPostgres();
  return {
    where: server.address,
    async look() {
      const client = new pg.Client({ connectionString: server.address });
      await client.connect();
      await client.query('SET search_path = budget_hub');
      const { rows: ids } = await client.query(IDS);
      const { rows } = await client.query(PARTS);
      await client.end();
      // The server itself was not killed.
      return { ids, partCount: Number(rows[0].count), damage: 'ok' };
    },
    remove: () => server.remove(),
  };
}
