import type { Database } from 'better-sqlite3';
import type { LedgerRecord } from '../../moving/ledger-record.js';
import type { Scope } from '../../scope.js';
import { RECORDS_A_PAGE, type RecordTable, recordTables, type ScopeLists } from '../record-tables.js';

/** As JSON. */
export const scopeLists: ScopeLists = {
  toColumn: (scopes) => JSON.stringify(scopes),
  fromColumn: (value) => JSON.parse(value as string) as Scope[],
};

/** All records in one transaction, which sees one state of the ledger, on a connection of its own. */
export async function exportRecords(
  database: Database,
  take: (records: readonly LedgerRecord[]) => Promise<void>,
): Promise<void> {
  database.exec('BEGIN');
  try {
    for (const table of Object.values(recordTables) as RecordTable[]) await exportTable(database, table, take);
  } finally {
    database.exec('COMMIT');
  }
}

async function exportTable(
  database: Database,
  { name, columns, order, recordOf }: RecordTable,
  take: (records: readonly LedgerRecord[]) => Promise<void>,
): Promise<void> {
  const rows = database.prepare(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${order}`).raw();
  let page: LedgerRecord[] = [];
  for (const row of rows.iterate() as Iterable<readonly unknown[]>) {
    page.push(recordOf(row, scopeLists));
    if (page.length < RECORDS_A_PAGE) continue;
    await take(page);
    page = [];
  }
  if (page.length > 0) await take(page);
}
