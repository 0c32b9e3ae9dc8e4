import { createRequire } from 'node:module';
import { repository } from '../built.mjs';

// The package's own driver, so that both sides run on the same SQLite.
const Sqlite = createRequire(`${repository}/packages/ledger/package.json`)('better-sqlite3');

export function openSqlite(file, options) {
  const database = new Sqlite(file, options);
  database.pragma('page_size = 2048');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  return database;
}

/**
 * The least that a reservation needs: one counter, and one row that outlives the process. No expiry, no ancestors, no
 * windows, no other unit, no history of what was booked. Waits for other processes with the event loop standing still.
 */
export function bareLedger(file) {
  const database = openSqlite(file, { timeout: 60_000 });
  database.exec(`
    CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY, most INTEGER, used INTEGER, held INTEGER);
    CREATE TABLE IF NOT EXISTS holds (id TEXT PRIMARY KEY, amount INTEGER, status TEXT);
    INSERT OR IGNORE INTO counters VALUES (1, 1000000000000000000, 0, 0)`);
  const hold = database.prepare('UPDATE counters SET held = held + ? WHERE id = 1 AND used + held + ? <= most');
  const keep = database.prepare(`INSERT INTO holds VALUES (?, ?, 'held')`);
  const book = database.prepare('UPDATE counters SET used = used + ?, held = held - ? WHERE id = 1');
  const end = database.prepare(`UPDATE holds SET amount = ?, status = 'settled' WHERE id = ?`);
  return {
    reserve: database.transaction((id, amount) => {
      if (hold.run(amount, amount).changes === 0) throw new Error('No room is left.');
      keep.run(id, amount);
    }).immediate,
    settle: database.transaction((id, held, actual) => {
      book.run(actual, held);
      end.run(actual, id);
    }).immediate,
    used: () => database.prepare('SELECT used FROM counters').pluck().get(),
    close: () => database.close(),
  };
}

/** Two transactions that write one row each and nothing else: how long the disk takes. */
export function twoWrites(file) {
  const database = openSqlite(file, { timeout: 60_000 });
  database.exec('CREATE TABLE counters (id INTEGER PRIMARY KEY, used INTEGER); INSERT INTO counters VALUES (1, 0)');
  const add = database.prepare('UPDATE counters SET used = used + 1 WHERE id = 1');
  const write = database.transaction(() => add.run()).immediate;
  return {
    cycle() {
      write();
      write();
    },
    close: () => database.close(),
  };
}
