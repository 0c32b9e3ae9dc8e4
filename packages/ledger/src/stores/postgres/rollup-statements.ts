import { type Column, namesOf, rowsOf } from './column-lists.js';
import type { Statement } from './transaction.js';

/** What a table of roll-ups sums. */
export interface SummedColumns {
  readonly columns: readonly Column[];
  /** How what is given (`excluded`) is added to what is there (`kept`). */
  readonly added: readonly string[];
  /** When nothing is lost with a row. */
  readonly isEmpty: string;
}

export interface RollupStatements {
  /** `$1`: whether it is what is not kept any more; then a list for each column. */
  readonly add: Statement;
  /** The others take a list for each column of the key. */
  readonly lock: Statement;
  readonly removeForgotten: Statement;
  readonly removeEmpty: Statement;
}

export function rollupStatements(
  table: string,
  keyColumns: readonly Column[],
  { columns, added, isEmpty }: SummedColumns,
): RollupStatements {
  const all = [...keyColumns, ...columns];
  const keys = namesOf(keyColumns);
  // As others sort, whatever the language of the database is.
  const inOrder = keyColumns.map(({ name, type }) => (type === 'text' ? `${name} COLLATE "C"` : name)).join(', ');
  const selected = all.map(({ name, cast }) => (cast === undefined ? name : `${name}::${cast}`)).join(', ');
  const isGiven = `(${keys}) IN (SELECT * FROM ${rowsOf(keyColumns, 1)})`;
  const named = (name: string, text: string): Statement => ({ name: `${name} ${table}`, text });
  return {
    add: named(
      'add to',
      `INSERT INTO ${table} AS kept (is_forgotten, ${namesOf(all)})
        SELECT $1::boolean, ${selected} FROM ${rowsOf(all, 2)} AS given (${namesOf(all)}) ORDER BY ${inOrder}
        ON CONFLICT (${keys}, is_forgotten) DO UPDATE SET ${added.join(', ')}`,
    ),
    lock: named('lock', `SELECT 1 FROM ${table} WHERE ${isGiven} AND NOT is_forgotten ORDER BY ${keys} FOR UPDATE`),
    removeForgotten: named(
      'remove forgotten',
      `DELETE FROM ${table} WHERE (${keys}) IN (
        SELECT ${keys} FROM ${table} WHERE ${isGiven} GROUP BY ${keys}
        HAVING sum(CASE WHEN is_forgotten THEN -observations ELSE observations END) <= 0)`,
    ),
    removeEmpty: named('remove empty', `DELETE FROM ${table} WHERE ${isGiven} AND NOT is_forgotten AND ${isEmpty}`),
  };
}
