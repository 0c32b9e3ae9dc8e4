import type { Database } from 'better-sqlite3';
import {
  addSums,
  type CallSums,
  isEmpty,
  type MutableCallSums,
  noCalls,
  sumsOfText,
  sumsText,
} from '../../call-sums.js';
import { decodedLatencies, encodedLatencies } from '../../latency-histogram.js';

/** The values of the columns that make a key, in the order of these. */
export type RowKey = readonly (string | number)[];

/** Which observations a row sums: all, or those that are not kept any more. */
export type Part = 'all' | 'forgotten';

/** What a query selects for `sumsOfRow`. */
export const sumsColumns = 'sums, latencies';
export type SumsRow = readonly [sums: string, latencies: Uint8Array];

/** A table of sums of calls. To be used inside a transaction. */
export class SumsRows {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, table: string, keyColumns: readonly string[]) {
    this.#statements = prepare(database, table, keyColumns);
  }

  find(key: RowKey, part: Part): MutableCallSums | null {
    const row = this.#statements.find.get(...key, partNumber(part)) as SumsRow | undefined;
    return row === undefined ? null : sumsOfRow(row);
  }

  add(key: RowKey, sums: CallSums, part: Part): void {
    const next = this.find(key, part) ?? noCalls();
    addSums(next, sums);
    this.put(key, next, part);
  }

  /** A row of nothing goes. */
  put(key: RowKey, sums: CallSums, part: Part): void {
    if (isEmpty(sums)) this.#statements.remove.run(...key, partNumber(part));
    else this.#statements.put.run(...key, partNumber(part), sumsText(sums), encodedLatencies(sums.latency));
  }

  /** Both parts, where nothing is kept of what they sum. */
  removeForgotten(key: RowKey): void {
    const [all, forgotten] = [this.find(key, 'all'), this.find(key, 'forgotten')];
    if ((all?.observations ?? 0) > (forgotten?.observations ?? 0)) return;
    for (const part of ['all', 'forgotten'] as const) this.#statements.remove.run(...key, partNumber(part));
  }
}

export function sumsOfRow([sums, latencies]: SumsRow): MutableCallSums {
  return sumsOfText(sums, decodedLatencies(latencies));
}

export function partNumber(part: Part): number {
  return part === 'all' ? 0 : 1;
}

function prepare(database: Database, table: string, keyColumns: readonly string[]) {
  const key = [...keyColumns, 'is_forgotten'];
  const isKey = key.map((column) => `${column} = ?`).join(' AND ');
  return {
    find: database.prepare(`SELECT ${sumsColumns} FROM ${table} WHERE ${isKey}`).raw(),
    put: database.prepare(
      `INSERT INTO ${table} (${key.join(', ')}, sums, latencies) VALUES (${key.map(() => '?').join(', ')}, ?, ?)
       ON CONFLICT DO UPDATE SET sums = excluded.sums, latencies = excluded.latencies`,
    ),
    remove: database.prepare(`DELETE FROM ${table} WHERE ${isKey}`),
  };
}
