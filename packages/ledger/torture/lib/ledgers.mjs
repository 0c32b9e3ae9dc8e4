/**
 * The ledgers that the scripts torture: a file, or tables of a PostgreSQL that a script starts for itself. `place` says
 * which, in words that go to other processes and threads.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '@budget/test-postgres';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { postgresStore } from '../../dist/postgres.js';
import { sqliteStore } from '../../dist/sqlite.js';

/** Long, because every other process and the scheduler of a loaded machine may come first. */
const PATIENCE_MS = 120_000;
const KEPT_DAYS = 1_000_000;
const AGAIN_AFTER_MS = 20;
const BIGINT = 20;
const SCHEMA = 'budget_ledger';

export const storeNames = ['sqlite', 'postgres'];

/** @returns its place, and what is to be done with it at the end; `restart` where it has a server. */
export async function makeLedger(name, home) {
  if (name === 'sqlite') return { place: { file: join(home, 'ledger.db') }, remove: async () => {} };
  const server = await startPostgres();
  return {
    place: { address: server.address },
    remove: () => server.remove(),
    async restart() {
      await server.kill();
      await server.start();
    },
  };
}

export async function openStore({ file, address }, clock) {
  if (file !== undefined) return sqliteStore({ file, clock, busyTimeoutMs: PATIENCE_MS, retentionDays: KEPT_DAYS });
  const patience = { timeoutMs: PATIENCE_MS, maxConnections: 4 };
  const given = { connectionString: address, clock, ...patience, retentionDays: KEPT_DAYS };
  return patient(await untilReached(() => postgresStore(given)));
}

/** Every verb is asked for again, with the same id, as long as the server is gone. */
function patient(store) {
  const verbs = Object.entries(store).map(([name, verb]) => [
    name,
    typeof verb === 'function' ? (...given) => untilReached(() => verb(...given)) : verb,
  ]);
  return Object.fromEntries(verbs);
}

async function untilReached(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error?.code !== 'ledger_unreachable') throw error;
      await pause(AGAIN_AFTER_MS);
    }
  }
}

/** Rows as they are kept, read without the package, scopes as JSON. Whole numbers are bigints. */
export async function openRows(place) {
  return place.file === undefined ? rowsInPostgres(place.address) : rowsInSqlite(place.file);
}

function rowsInSqlite(file) {
  const database = new Sqlite(file, { readonly: true, timeout: 10_000 });
  database.defaultSafeIntegers(true);
  return {
    all: async (text) => database.prepare(text).all(),
    reservations: async () => database.prepare('SELECT * FROM reservations').all(),
    close: async () => database.close(),
  };
}

async function rowsInPostgres(connectionString) {
  let client = null;
  async function all(text) {
    for (;;) {
      try {
        client ??= await connected(connectionString);
        return (await client.query(text)).rows;
      } catch (error) {
        // A server that is started again has ended all sessions.
        if (error.code === '42P01' || error.code === '42703') throw error;
        client = null;
        await pause(AGAIN_AFTER_MS);
      }
    }
  }
  return {
    all,
    async reservations() {
      const rows = await all('SELECT * FROM reservations ORDER BY seq');
      return rows.map((row) => ({ ...row, scopes: JSON.stringify(row.scopes) }));
    },
    close: async () => client?.end(),
  };
}

async function connected(connectionString) {
  const getTypeParser = (oid, format) => (oid === BIGINT ? BigInt : pg.types.getTypeParser(oid, format));
  const client = new pg.Client({ connectionString, types: { getTypeParser } });
  client.on('error', () => {});
  await client.connect();
  await client.query(`SET search_path = ${SCHEMA}`);
  return client;
}
