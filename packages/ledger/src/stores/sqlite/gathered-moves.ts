import type { Database, Statement } from 'better-sqlite3';
import type { Unit } from '../../amounts.js';
import type { Move } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { joinLimit } from './counter-row.js';

/** A counter of a scope, as an admission asks for it, beside the parent of the scope. None of them: nobody knows the scope. */
export type RoomRow = readonly [
  ...[parent: Scope | null, hasWindows: bigint],
  ...[id: bigint | null, unit: Unit, used: bigint, held: bigint, limit: bigint | null],
];

export type MovedRow = readonly [id: bigint, unit: Unit, used: bigint, held: bigint, tellsAt: bigint | null];

/** What is added to a counter and not written yet. */
interface Gathered {
  used: bigint;
  held: bigint;
  overrun: bigint;
  atMs: number;
}

/**
 * What reservations and settlements add to counters. Those of one transaction mostly move the same counters, by the dozen:
 * so each is read once and written once, whoever looks at it in between. Where a verb is none of these, or one of these
 * does more than that, what was gathered is written first (`write`), and everything is read anew.
 *
 * Every statement runs inside the caller's transaction, which ends with `write`, or where it fails with `forget`.
 */
export class GatheredMoves {
  readonly #rooms: Statement;
  readonly #moving: Statement;
  readonly #move: Statement;
  #isGathering = false;
  #gathered = new Map<bigint, Gathered>();
  /** As they are written, by the moment and the scope. */
  #roomRows = new Map<string, readonly RoomRow[]>();
  #movedRows = new Map<string, readonly MovedRow[]>();

  constructor(database: Database) {
    this.#rooms = database
      .prepare(
        `SELECT s.parent, EXISTS (SELECT 1 FROM limits w WHERE w.scope = s.scope AND w.every <> ''),
           c.id, c.unit, c.used, c.held, l.amount
         FROM scopes s LEFT JOIN counters c
           ON c.scope = s.scope AND c.ends_at_ms > ? AND c.starts_at_ms <= ?
         ${joinLimit} WHERE s.scope = ?`,
      )
      .raw();
    this.#moving = database
      .prepare(
        'SELECT id, unit, used, held, tells_at FROM counters WHERE ends_at_ms > ? AND starts_at_ms <= ? AND scope = ?',
      )
      .raw();
    this.#move = database.prepare(
      `UPDATE counters SET used = used + ?, held = held + ?, overrun = overrun + ?,
         last_used_at_ms = max(last_used_at_ms, ?) WHERE id = ?`,
    );
  }

  /** Before each verb. One that does not gather finds all that was moved in the tables, and writes what it moves at once. */
  begin(isGathering: boolean): void {
    if (!isGathering) this.write();
    this.#isGathering = isGathering;
  }

  /** As they are written; what `of` says of each is to be added. */
  roomRows(scope: Scope, atMs: number): readonly RoomRow[] {
    return this.#readOnce(this.#roomRows, this.#rooms, scope, atMs);
  }

  /** As they are written; what `of` says of each is to be added. */
  movedRows(scope: Scope, atMs: number): readonly MovedRow[] {
    return this.#readOnce(this.#movedRows, this.#moving, scope, atMs);
  }

  of(id: bigint): Move | undefined {
    return this.#gathered.get(id);
  }

  add(id: bigint, { used, held, overrun }: Move, atMs: number): void {
    if (!this.#isGathering) {
      this.#move.run(used, held, overrun, atMs, id);
      return;
    }
    const before = this.#gathered.get(id);
    if (before === undefined) {
      this.#gathered.set(id, { used, held, overrun, atMs });
      return;
    }
    before.used += used;
    before.held += held;
    before.overrun += overrun;
    before.atMs = Math.max(before.atMs, atMs);
  }

  write(): void {
    if (!this.#isGathering) return;
    for (const [id, { used, held, overrun, atMs }] of this.#gathered) this.#move.run(used, held, overrun, atMs, id);
    this.forget();
  }

  forget(): void {
    // Not cleared, but made anew: a map that was cleared refers to what it held, as `InFlight` says of sets.
    this.#gathered = new Map();
    this.#roomRows = new Map();
    this.#movedRows = new Map();
  }

  #readOnce<Row>(known: Map<string, readonly Row[]>, statement: Statement, scope: Scope, atMs: number): readonly Row[] {
    if (!this.#isGathering) return statement.all(atMs, atMs, scope) as Row[];
    const key = `${atMs} ${scope}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const rows = statement.all(atMs, atMs, scope) as Row[];
    known.set(key, rows);
    return rows;
  }
}
