import { type PostgresServer, type PostgresServerOptions, startPostgres } from '@budget/test-postgres';
import { afterThisTest } from '@budget/test-tools/vitest';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type PostgresStore, type PostgresStoreOptions, postgresStore } from '../stores/postgres/postgres-store.js';

export interface PostgresForTests {
  readonly server: () => PostgresServer;
  /** On a connection of its own, as the superuser. */
  readonly query: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  /** In a schema of its own unless one is named; closed after the test. */
  readonly store: (options?: Partial<PostgresStoreOptions>) => Promise<PostgresStore & { readonly schema: string }>;
  readonly newSchema: () => string;
}

/** One server for the tests of a file. */
export function postgresForTests(options: PostgresServerOptions = {}): PostgresForTests {
  let server: PostgresServer;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres(options);
  }, 60_000);
  afterAll(() => server.remove(), 60_000);

  const newSchema = () => {
    schemas += 1;
    return `ledger_${schemas}`;
  };
  return {
    server: () => server,
    newSchema,
    query: (text, values) => queryOn(server.address, text, values),
    async store(given = {}) {
      const schema = given.schema ?? newSchema();
      const store = await postgresStore({ connectionString: server.address, ...given, schema });
      afterThisTest(() => store.close());
      return { ...store, schema };
    },
  };
}

/** On a connection of its own. */
export async function queryOn<Row extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
