import type { Database } from 'better-sqlite3';
import type { KeptObservation } from '../../kept-observation.js';
import {
  observationColumns,
  observationOfRow,
  putObservation,
  type RowValue,
  rowOfObservation,
} from '../observation-columns.js';
import { isNotUnique } from './sqlite-errors.js';

/** An observation with what the store adds to it. */
export interface ObservationRow {
  readonly seq: number;
  readonly recordedAtMs: number;
  /** How often totals had begun anew. */
  readonly totalsEpoch: number;
  readonly kept: KeptObservation;
}

const list = `seq, recorded_at_ms, totals_epoch, ${observationColumns.join(', ')}`;

/** Of one statement, which takes each row a fifth less than one of its own. More of them bring nothing. */
const INSERTED_AT_ONCE = 8;

/** The table of observations. To be used inside a transaction. */
export class ObservationRows {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #inserted: RowValue[] = [];

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  /** Says whether its id was new; else nothing happens. */
  insert(kept: KeptObservation, recordedAtMs: number, totalsEpoch: number): boolean {
    return this.#statements.insert.run(rowOfObservation(kept), recordedAtMs, totalsEpoch).changes > 0;
  }

  /** Several at once, from the first of them on, up to where an id is not new. Says how many; with the others nothing happens. */
  insertNew(batch: readonly KeptObservation[], recordedAtMs: number, totalsEpoch: number): number {
    let start = 0;
    for (let end = INSERTED_AT_ONCE; end <= batch.length; start = end, end += INSERTED_AT_ONCE) {
      let at = 0;
      for (let index = start; index < end; index += 1) {
        at = putObservation(this.#inserted, at, batch[index] as KeptObservation);
        this.#inserted[at++] = recordedAtMs;
        this.#inserted[at++] = totalsEpoch;
      }
      try {
        this.#statements.insertSeveral.run(this.#inserted);
      } catch (error) {
        if (isNotUnique(error)) break;
        throw error;
      }
    }
    return start;
  }

  find(id: string): ObservationRow | null {
    return rowOrNull(this.#statements.find.get(id));
  }

  /** What was recorded first. */
  oldest(max: number): readonly ObservationRow[] {
    return this.#statements.oldest.all(max).map(rowOf);
  }

  remove(seq: number): void {
    this.#statements.remove.run(seq);
  }

  /** Of the time from `fromMs` until before `toMs`. */
  *within(fromMs: number, toMs: number): IterableIterator<ObservationRow> {
    for (const row of this.#statements.within.iterate(fromMs, toMs)) yield rowOf(row);
  }
}

/** All that there are, in the order in which they were recorded. */
export function* allObservations(database: Database): IterableIterator<ObservationRow> {
  for (const row of prepared(database, `SELECT ${list} FROM observations ORDER BY seq`).iterate()) yield rowOf(row);
}

/** Filters are a condition on the columns, with its parameters. */
export interface ObservationFilter {
  readonly condition: string;
  readonly parameters: readonly (string | number)[];
}

/** Newest first. */
export function pageOfObservations(
  database: Database,
  { condition, parameters }: ObservationFilter,
  page: { readonly offset: number; readonly limit: number },
): readonly KeptObservation[] {
  const statement = prepared(
    database,
    `SELECT ${list} FROM observations WHERE ${condition} ORDER BY at_ms DESC, seq DESC LIMIT ? OFFSET ?`,
  );
  return statement.all(...parameters, page.limit, page.offset).map((row) => rowOf(row).kept);
}

export function countOfObservations(database: Database, { condition, parameters }: ObservationFilter): number {
  const [count] = prepared(database, `SELECT count(*) FROM observations WHERE ${condition}`).get(...parameters) as [
    number,
  ];
  return count;
}

/** Numbers are read as such: no column holds more than 2^53. */
function prepared(database: Database, text: string) {
  return database.prepare(text).raw().safeIntegers(false);
}

function rowOrNull(row: unknown): ObservationRow | null {
  return row === undefined ? null : rowOf(row);
}

function rowOf(row: unknown): ObservationRow {
  const [seq, recordedAtMs, totalsEpoch, ...columns] = row as [number, number, number, ...RowValue[]];
  return { seq, recordedAtMs, totalsEpoch, kept: observationOfRow(columns) };
}

function prepare(database: Database) {
  const columns = [...observationColumns, 'recorded_at_ms', 'totals_epoch'];
  const row = `(${columns.map(() => '?').join(', ')})`;
  const insert = (rows: number) =>
    `INSERT INTO observations (${columns.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')}`;
  return {
    insert: database.prepare(`${insert(1)} ON CONFLICT (id) DO NOTHING`),
    insertSeveral: database.prepare(insert(INSERTED_AT_ONCE)),
    find: prepared(database, `SELECT ${list} FROM observations WHERE id = ?`),
    oldest: prepared(database, `SELECT ${list} FROM observations ORDER BY seq LIMIT ?`),
    remove: database.prepare('DELETE FROM observations WHERE seq = ?'),
    within: prepared(database, `SELECT ${list} FROM observations WHERE at_ms >= ? AND at_ms < ?`),
  };
}
