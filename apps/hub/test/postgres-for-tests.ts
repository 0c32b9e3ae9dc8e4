import { type PostgresServer, startPostgres } from '@budget/test-postgres';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Databases } from './hub-at-work.js';

export interface PostgresForTests extends Databases {
  readonly server: () => PostgresServer;
  newDatabase(): Promise<string>;
  query(database: string, text: string): Promise<pg.QueryResultRow[]>;
}

/** One server for the tests of a file, with a database of its own for each hub. */
export function postgresForTests(settings: Readonly<Record<string, string>> = {}): PostgresForTests {
  let server: PostgresServer;
  let databases = 0;
  beforeAll(async () => {
    server = await startPostgres({ settings });
  }, 60_000);
  afterAll(() => server.remove(), 60_000);

  async function query(connectionString: string, text: string): Promise<pg.QueryResultRow[]> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  return {
    server: () => server,
    query,
    async newDatabase() {
      databases += 1;
      await query(server.address, `CREATE DATABASE hub_${databases}`);
      const url = new URL(server.address);
      url.pathname = `hub_${databases}`;
      return url.href;
    },
    async keptIn(database) {
      const tables = ['events', 'event_models'].map((name) => query(database, `SELECT * FROM budget_hub.${name}`));
      return Buffer.from(JSON.stringify(await Promise.all(tables)));
    },
  };
}
