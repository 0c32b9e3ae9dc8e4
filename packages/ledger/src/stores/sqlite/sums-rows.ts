import type { Database } from 'better-sqlite3';
import type { BatchSums } from '../../batch-sums.js';
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
import { Remembered } from './remembered.js';

/** The values of the columns that make a key, in the order of these. */
export type RowKey = readonly (string | number)[];

/** Which observations a row sums: all, or those that are not kept any more. */
export type Part = 'all' | 'forgotten';

/** What a query selects for `sumsOfRow`. */
export const sumsColumns = 'sums, hex(latencies)';
export type SumsRow = readonly [sums: string, latencies: string];

interface SumsOfRow {
  readonly id: bigint;
  readonly sums: MutableCallSums;
}

/**
 * A table of sums of calls. To be used inside a transaction.
 *
 * What was added last is remembered, as most batches add to the same sums, and reading them takes as long as all the rest.
 * Whoever uses it says when rows may have changed in another way: `forget`.
 */
export class SumsRows {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #remembered = new Remembered<SumsOfRow>();

  constructor(database: Database, table: string, keyColumns: readonly string[]) {
    this.#statements = prepare(database, table, keyColumns);
  }

  find(key: RowKey, part: Part): MutableCallSums | null {
    return this.#find(key, part)?.sums ?? null;
  }

  add(key: RowKey, added: BatchSums, part: Part): void {
    const text = rememberedAs(key, part);
    const found = this.#remembered.get(text) ?? this.#findToRemember(key, part);
    const sums = found?.sums ?? noCalls();
    added.addTo(sums);
    if (found === null || isEmpty(sums)) this.put(key, sums, part);
    else {
      this.#statements.update.run(sumsText(sums), encodedLatencies(sums.latency), found.id);
      this.#remembered.set(text, found);
    }
  }

  /** A row of nothing goes. */
  put(key: RowKey, sums: CallSums, part: Part): void {
    this.#remembered.remove(rememberedAs(key, part));
    if (isEmpty(sums)) this.#statements.remove.run(...key, partNumber(part));
    else this.#statements.put.run(...key, partNumber(part), sumsText(sums), encodedLatencies(sums.latency));
  }

  /** After a transaction that did not happen, and when others may have written. */
  forget(): void {
    this.#remembered.forget();
  }

  /** Both parts, where nothing is kept of what they sum. */
  removeForgotten(key: RowKey): void {
    const [all, forgotten] = [this.find(key, 'all'), this.find(key, 'forgotten')];
    if ((all?.observations ?? 0) > (forgotten?.observations ?? 0)) return;
    for (const part of ['all', 'forgotten'] as const) this.put(key, noCalls(), part);
  }

  /**
   * A copy. Where V8 sees that objects of one place in a program live long, it puts those that follow among the old ones at
   * once; if what is read were kept here, each advice would leave its sums there, and a collection of young objects would
   * take whatever these refer to for alive.
   */
  #findToRemember(key: RowKey, part: Part): SumsOfRow | null {
    const found = this.#find(key, part);
    if (found === null) return null;
    const sums = noCalls();
    addSums(sums, found.sums);
    return { id: found.id, sums };
  }

  #find(key: RowKey, part: Part): SumsOfRow | null {
    const row = this.#statements.find.get(...key, partNumber(part)) as readonly [bigint, ...SumsRow] | undefined;
    if (row === undefined) return null;
    const [id, ...sums] = row;
    return { id, sums: sumsOfRow(sums) };
  }
}

export function sumsOfRow([sums, latencies]: SumsRow): MutableCallSums {
  return sumsOfText(sums, decodedLatencies(latencies));
}

export function partNumber(part: Part): number {
  return part === 'all' ? 0 : 1;
}

function rememberedAs(key: RowKey, part: Part): string {
  return `${part}\0${key.join('\0')}`;
}

function prepare(database: Database, table: string, keyColumns: readonly string[]) {
  const key = [...keyColumns, 'is_forgotten'];
  const isKey = key.map((column) => `${column} = ?`).join(' AND ');
  return {
    find: database.prepare(`SELECT id, ${sumsColumns} FROM ${table} WHERE ${isKey}`).raw(),
    update: database.prepare(`UPDATE ${table} SET sums = ?, latencies = ? WHERE id = ?`),
    put: database.prepare(
      `INSERT INTO ${table} (${key.join(', ')}, sums, latencies) VALUES (${key.map(() => '?').join(', ')}, ?, ?)
       ON CONFLICT DO UPDATE SET sums = excluded.sums, latencies = excluded.latencies`,
    ),
    remove: database.prepare(`DELETE FROM ${table} WHERE ${isKey}`),
  };
}
