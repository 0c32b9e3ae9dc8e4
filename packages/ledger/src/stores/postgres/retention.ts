import { units } from '../../amounts.js';
import type { Reservation } from '../../reservation.js';
import { threadScope } from '../../thread-record.js';
import type { Connections } from './connections.js';
import type { LockedScopes, Lookup } from './locked-scopes.js';
import type { ReservationColumns } from './reservation-rows.js';
import { nowBehindLocks, stored } from './reservation-rows.js';
import { lockScopesOf } from './reservations-in-postgres.js';
import { removeEmptyScopes } from './scope-removal.js';
import { lockNamed } from './scope-statements.js';
import type { SteadyTime } from './steady-time.js';
import { statements } from './thread-rows.js';
import { removeThreads } from './threads-in-postgres.js';
import type { Statement, Transaction } from './transaction.js';

/** Once for so many new reservations or threads, so that old ones vanish without ever taking a while. */
const MADE_BETWEEN = 32;
/** More than are made in between. */
const FORGOTTEN_AT_ONCE = 100;

export interface RetentionOptions {
  readonly retentionMs: number;
  readonly idleMs: number;
  readonly random?: () => number;
}

const isOver = `status NOT IN ('held', 'sent')`;
/** Also those of a time that is not near for long: a clock was wrong, and what it left must not stay for ever. */
const lockOld: Statement = {
  name: 'lock old',
  text: `SELECT * FROM reservations WHERE ${isOver} AND id IN (
      (SELECT id FROM reservations WHERE reserved_at_ms < $1 AND ${isOver} ORDER BY reserved_at_ms LIMIT $3)
      UNION ALL
      (SELECT id FROM reservations WHERE reserved_at_ms > $2 AND ${isOver} ORDER BY reserved_at_ms DESC LIMIT $3))
    ORDER BY id FOR UPDATE`,
};
const deleteOld: Statement = { name: 'delete old', text: 'DELETE FROM reservations WHERE id = ANY ($1)' };
/** Of windows that nobody can ask for any more. */
const deleteEnded: Statement = {
  name: 'delete ended counters',
  text: `DELETE FROM counters WHERE (scope, ends_at_ms, unit, every, time_zone) IN (
      SELECT scope, ends_at_ms, unit, every, time_zone FROM counters
      WHERE every <> '' AND ends_at_ms < $1 AND held = 0 ORDER BY ends_at_ms LIMIT $2)
    AND held = 0`,
};

/** Forgets reservations that are over, counters of windows that ended, and threads that nobody uses any more. */
export class Retention {
  readonly #connections: Connections;
  readonly #lookup: Lookup;
  readonly #time: SteadyTime;
  readonly #options: RetentionOptions;
  #untilNext: number;

  constructor(connections: Connections, lookup: Lookup, time: SteadyTime, options: RetentionOptions) {
    this.#connections = connections;
    this.#lookup = lookup;
    this.#time = time;
    this.#options = options;
    // Programs that make a few and end take their turn too.
    this.#untilNext = 1 + Math.floor((options.random ?? Math.random)() * MADE_BETWEEN);
  }

  /** Told of each reservation and each thread that is made. Says whether it is time to forget. */
  isNext(): boolean {
    this.#untilNext -= 1;
    if (this.#untilNext > 0) return false;
    this.#untilNext = MADE_BETWEEN;
    return true;
  }

  async forgetOld(): Promise<void> {
    const nowMs = await this.#connections.transaction((transaction) =>
      nowBehindLocks(transaction, this.#lookup.clockMs()),
    );
    if (!(await this.#time.isSteady(nowMs))) return;
    const { retentionMs, idleMs } = this.#options;
    if (Number.isFinite(retentionMs)) {
      await this.#connections.transaction((transaction) => this.#forgetReservations(transaction, nowMs));
    }
    if (Number.isFinite(idleMs)) {
      await this.#connections.transaction((transaction) => this.#removeIdle(transaction, nowMs));
    }
  }

  async #forgetReservations(transaction: Transaction, nowMs: number): Promise<void> {
    const { retentionMs } = this.#options;
    const times = [nowMs - retentionMs, nowMs + retentionMs];
    const rows = await transaction.rows<ReservationColumns>(lockOld, [...times, FORGOTTEN_AT_ONCE]);
    transaction.write(deleteEnded, [times[0], FORGOTTEN_AT_ONCE]);
    if (rows.length === 0) return;
    const old = rows.map((row) => stored(row).reservation);
    const locked = await lockScopesOf(transaction, old, this.#lookup);
    for (const reservation of old) forget(locked, reservation);
    locked.counters.write();
    transaction.write(deleteOld, [old.map(({ id }) => id)]);
    removeEmptyScopes(transaction, [...locked.parents.keys()]);
  }

  async #removeIdle(transaction: Transaction, nowMs: number): Promise<void> {
    const beforeMs = nowMs - this.#options.idleMs;
    const rows = await transaction.rows<{ readonly thread_id: string }>(statements.idle, [beforeMs, FORGOTTEN_AT_ONCE]);
    if (rows.length === 0) return;
    const idle = rows.map(({ thread_id }) => thread_id);
    const scopes = idle.map(threadScope);
    const [, uses] = await Promise.all([
      lockNamed(transaction, scopes),
      transaction.rows<{ readonly scope: string; readonly used_at_ms: bigint; readonly held: bigint }>(
        statements.lastUse,
        [scopes],
      ),
    ]);
    // By reservations on its scope; now, while something is held there.
    const usedAtMs = new Map(uses.map((use) => [use.scope, use.held > 0n ? nowMs : Number(use.used_at_ms)]));
    const unused = idle.filter((threadId) => (usedAtMs.get(threadScope(threadId)) ?? 0) < beforeMs);
    for (const threadId of idle) {
      if (!unused.includes(threadId))
        transaction.write(statements.touch, [threadId, usedAtMs.get(threadScope(threadId))]);
    }
    if (unused.length > 0) removeThreads(transaction, unused);
  }
}

/** What was counted stays, though the reservation behind it goes. */
function forget({ counters }: LockedScopes, { scopes, reservedAtMs, booked, overrun }: Reservation): void {
  for (const scope of scopes) {
    for (const unit of units) {
      const used = booked?.[unit] ?? 0n;
      if (used !== 0n) counters.forget(scope, unit, reservedAtMs, used, overrun[unit] ?? 0n);
    }
  }
}
