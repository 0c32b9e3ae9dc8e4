import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { LedgerRecord } from '../../moving/ledger-record.js';
import { HOLDS_ANYTHING, type RecordTable, recordTables } from '../record-tables.js';
import { recordsTwice } from '../records-twice.js';
import { Expiries } from './expiries.js';
import { scopeLists } from './export-records.js';

/** Which thresholds were told is in the counters; where the next one lies is found when something is used. */
const LOOK_AGAIN = `UPDATE counters SET tells_at = 0 WHERE EXISTS (SELECT 1 FROM limits l WHERE l.scope = counters.scope
  AND l.unit = counters.unit AND l.every = counters.every AND l.time_zone = counters.time_zone)`;

/**
 * Takes records over in one transaction, on a connection of its own: others can read meanwhile, and wait with what they
 * write. `begin` waits for others who write.
 */
export async function importRecords(
  database: Database,
  begin: (work: () => void) => Promise<void>,
  pages: AsyncIterable<readonly LedgerRecord[]>,
): Promise<'imported' | 'not_empty'> {
  database.pragma('synchronous = FULL');
  await begin(() => database.exec('BEGIN IMMEDIATE'));
  try {
    if (database.prepare(HOLDS_ANYTHING).pluck().get() === 1n) return 'not_empty';
    const insert = insertsInto(database);
    for await (const page of pages) {
      for (const record of page) insert(record);
      await nextTurn();
    }
    database.exec(LOOK_AGAIN);
    new Expiries(database).enterAll(0);
    database.exec('COMMIT');
    return 'imported';
  } catch (error) {
    throw isConstraint(error) ? recordsTwice(error) : error;
  } finally {
    // A full disk has ended it already.
    if (database.inTransaction) database.exec('ROLLBACK');
  }
}

function insertsInto(database: Database): (record: LedgerRecord) => void {
  const resets = database.prepare('UPDATE state SET resets = ?');
  const entries = Object.entries(recordTables).map(([kind, { name, columns }]) => {
    const places = columns.map(() => '?').join(', ');
    const insert = `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${places})`;
    return [kind, kind === 'resets' ? resets : database.prepare(insert)] as const;
  });
  const statements = new Map(entries);
  return (record) => {
    const { valuesOf } = recordTables[record.kind] as RecordTable;
    statements.get(record.kind)?.run(...valuesOf(record, scopeLists));
  };
}

function isConstraint(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)$/.test(String((error as { code?: unknown }).code));
}
