import type { Database, Statement } from 'better-sqlite3';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Whether the clock may decide that something is so old that it goes. A clock that jumps far ahead, as after a boot without
 * a battery, would make everything old at once, and what was forgotten would be missing when the clock is set right. So a
 * file remembers the time, once an hour, and after a jump the clock is not believed for a day.
 */
export class SteadyTime {
  readonly #find: Statement;
  readonly #remember: Statement;
  readonly #jumpMs: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #steadySinceMs = 0;

  /** A jump is more than `jumpMs`: shorter ones make nothing old that still counts. */
  constructor(database: Database, jumpMs: number) {
    this.#find = database.prepare('SELECT seen_at_ms, steady_since_ms FROM state').safeIntegers(false);
    this.#remember = database.prepare('UPDATE state SET seen_at_ms = ?, steady_since_ms = ?');
    this.#jumpMs = jumpMs;
  }

  /** Inside a transaction that writes. */
  isSteady(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#lookedAtMs) >= HOUR_MS) this.#look(nowMs);
    return nowMs - this.#steadySinceMs >= DAY_MS;
  }

  #look(nowMs: number): void {
    const found = this.#find.get() as { readonly seen_at_ms: number; readonly steady_since_ms: number };
    const hasJumped = Math.abs(nowMs - found.seen_at_ms) > this.#jumpMs;
    this.#steadySinceMs = hasJumped ? nowMs : found.steady_since_ms;
    this.#remember.run(nowMs, this.#steadySinceMs);
    this.#lookedAtMs = nowMs;
  }
}
