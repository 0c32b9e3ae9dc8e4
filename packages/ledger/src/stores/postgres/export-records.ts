import type { LedgerRecord } from '../../moving/ledger-record.js';
import type { Scope } from '../../scope.js';
import { RECORDS_A_PAGE, type RecordTable, recordTables, type ScopeLists } from '../record-tables.js';
import type { Connections } from './connections.js';
import type { Transaction } from './transaction.js';

/** As `Connections` plans for few rows, and ends who stands still. Whoever takes the records may be a slow disk. */
export const FOR_MANY_ROWS = `SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on;
  SET LOCAL idle_in_transaction_session_timeout = '10min'`;
/** Of many records. */
export const MOVING_TIMEOUT_MS = 3_600_000;

/** Rows hold lists of their own; no name of a scope has an end of a line in it. */
export const scopeLists: ScopeLists = {
  toColumn: (scopes) => scopes.join('\n'),
  fromColumn: (value) => value as Scope[],
};

/** All records in one transaction, which sees one state of the ledger and holds nobody up. */
export async function exportRecords(
  connections: Connections,
  take: (records: readonly LedgerRecord[]) => Promise<void>,
): Promise<void> {
  // Once: what was handed on cannot be taken back.
  const options = {
    begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    timeoutMs: MOVING_TIMEOUT_MS,
    attempts: 1,
  };
  await connections.transaction(async (transaction) => {
    await transaction.query(FOR_MANY_ROWS);
    for (const table of Object.values(recordTables) as RecordTable[]) await exportTable(transaction, table, take);
  }, options);
}

async function exportTable(
  transaction: Transaction,
  { name, columns, order, recordOf }: RecordTable,
  take: (records: readonly LedgerRecord[]) => Promise<void>,
): Promise<void> {
  await transaction.query(
    `DECLARE exported NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${order}`,
  );
  for (;;) {
    const rows = await transaction.query<Record<string, unknown>>(`FETCH ${RECORDS_A_PAGE} FROM exported`);
    if (rows.length === 0) break;
    await take(
      rows.map((row) =>
        recordOf(
          columns.map((column) => row[column]),
          scopeLists,
        ),
      ),
    );
  }
  await transaction.query('CLOSE exported');
}
