import { createRequire } from 'node:module';
import { repository } from '../built.mjs';

// The package's own driver, so that both sides speak alike.
const pg = createRequire(`${repository}/packages/ledger/package.json`)('pg');

export async function connected(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Two transactions that write one row each and nothing else: how long the server, its disk and the driver take. */
export async function twoTransactions(connectionString) {
  const client = await connected(connectionString);
  await client.query('CREATE TABLE IF NOT EXISTS bare_rows (id bigint PRIMARY KEY, used bigint)');
  await client.query('INSERT INTO bare_rows VALUES (1, 0) ON CONFLICT DO NOTHING');
  const add = { name: 'add', text: 'UPDATE bare_rows SET used = used + $1 WHERE id = 1' };
  async function write() {
    await client.query('BEGIN');
    await client.query({ ...add, values: [1] });
    await client.query('COMMIT');
  }
  return {
    async cycle() {
      await write();
      await write();
    },
    close: () => client.end(),
  };
}

/**
 * The least that a reservation needs: one counter, and one row that outlives the process. No expiry, no ancestors, no
 * windows, no other unit, no thresholds.
 */
export async function bareReservation(connectionString) {
  const client = await connected(connectionString);
  await client.query(
    'CREATE TABLE IF NOT EXISTS bare_counters (id bigint PRIMARY KEY, most bigint, used bigint, held bigint)',
  );
  await client.query('CREATE TABLE IF NOT EXISTS bare_holds (id text PRIMARY KEY, amount bigint, status text)');
  await client.query('INSERT INTO bare_counters VALUES (1, 1000000000000000000, 0, 0) ON CONFLICT DO NOTHING');
  const hold = 'UPDATE bare_counters SET held = held + $1 WHERE id = 1 AND used + held + $1 <= most';
  const statements = {
    hold: { name: 'hold', text: hold },
    keep: { name: 'keep', text: `INSERT INTO bare_holds VALUES ($1, $2, 'held')` },
    book: { name: 'book', text: 'UPDATE bare_counters SET used = used + $1, held = held - $2 WHERE id = 1' },
    end: { name: 'end', text: `UPDATE bare_holds SET amount = $1, status = 'settled' WHERE id = $2` },
  };
  async function transaction(...queries) {
    await client.query('BEGIN');
    for (const [name, values] of queries) await client.query({ ...statements[name], values });
    await client.query('COMMIT');
  }
  let count = 0;
  return {
    async cycle() {
      count += 1;
      const id = `call-${count}`;
      await transaction(['hold', [100_000]], ['keep', [id, 100_000]]);
      await transaction(['book', [90_000, 100_000]], ['end', [90_000, id]]);
    },
    close: () => client.end(),
  };
}
