import type { LedgerRecord } from '../../moving/ledger-record.js';
import { HOLDS_ANYTHING, type RecordTable, recordTables } from '../record-tables.js';
import { recordsTwice } from '../records-twice.js';
import type { Connections } from './connections.js';
import { FOR_MANY_ROWS, MOVING_TIMEOUT_MS, scopeLists } from './export-records.js';
import { isTakenKey } from './postgres-errors.js';
import type { Statement, Transaction } from './transaction.js';

/** Whoever imports holds it, so that of two who come at once the second finds what the first one brought. */
const LOCK_STATE = 'SELECT resets FROM state FOR UPDATE';

/**
 * Takes records over in one transaction. Scopes come first: whoever begins to use one of them meanwhile waits for it, and
 * whoever did before keeps this from happening.
 */
export async function importRecords(
  connections: Connections,
  pages: AsyncIterable<readonly LedgerRecord[]>,
): Promise<'imported' | 'not_empty'> {
  try {
    return await connections.transaction(
      async (transaction) => {
        await transaction.query(FOR_MANY_ROWS);
        await transaction.query(LOCK_STATE);
        const [found] = await transaction.query<{ readonly holds_anything: boolean }>(HOLDS_ANYTHING);
        if (found?.holds_anything) return 'not_empty';
        for await (const page of pages) await insertAll(transaction, page);
        return 'imported';
      },
      // Once: the records do not come a second time.
      { timeoutMs: MOVING_TIMEOUT_MS, attempts: 1 },
    );
  } catch (error) {
    throw isTakenKey(error) ? recordsTwice(error) : error;
  }
}

async function insertAll(transaction: Transaction, page: readonly LedgerRecord[]): Promise<void> {
  for (const kind of Object.keys(recordTables) as LedgerRecord['kind'][]) {
    const { valuesOf, columns } = recordTables[kind] as RecordTable;
    const rows = page.filter((record) => record.kind === kind).map((record) => valuesOf(record, scopeLists));
    if (rows.length === 0) continue;
    await transaction.change(
      inserts[kind],
      columns.map((_, column) => rows.map((row) => row[column])),
    );
  }
}

const updateResets: Statement = { name: '', text: 'UPDATE state SET resets = ($1::bigint[])[1]' };
const entries = (Object.entries(recordTables) as [LedgerRecord['kind'], RecordTable][]).map(
  ([kind, table]) => [kind, kind === 'resets' ? updateResets : insertOf(table)] as const,
);
const inserts = Object.fromEntries(entries) as Readonly<Record<LedgerRecord['kind'], Statement>>;

/** A list for each column; in their order, as reservations are numbered in it. */
function insertOf({ name, columns, isNumber }: RecordTable): Statement {
  const lists = columns.map((column, index) => `$${index + 1}::${isNumber(column) ? 'bigint' : 'text'}[]`);
  const values = columns.map((column) => (column === 'scopes' ? `string_to_array(scopes, E'\\n')` : column));
  return {
    name: '',
    text: `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')}
      FROM unnest(${lists.join(', ')}) WITH ORDINALITY AS given (${columns.join(', ')}, nth) ORDER BY nth`,
  };
}
