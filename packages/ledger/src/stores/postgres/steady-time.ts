import type { Connections } from './connections.js';
import type { Statement } from './transaction.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const look: Statement = {
  name: 'look at the time',
  text: `UPDATE state SET seen_at_ms = $1,
      steady_since_ms = CASE WHEN abs($1 - seen_at_ms) > $2 THEN $1 ELSE steady_since_ms END
    RETURNING steady_since_ms`,
};

/**
 * Whether the clock may decide that something is so old that it goes. A clock that jumps far ahead would make everything
 * old at once, and what was forgotten would be missing when the clock is set right. So a ledger remembers the time, once
 * an hour, and after a jump the clock is not believed for a day.
 */
export class SteadyTime {
  readonly #connections: Connections;
  readonly #jumpMs: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #steadySinceMs = 0;

  /** A jump is more than `jumpMs`: shorter ones make nothing old that still counts. */
  constructor(connections: Connections, jumpMs: number) {
    this.#connections = connections;
    this.#jumpMs = jumpMs;
  }

  async isSteady(nowMs: number): Promise<boolean> {
    if (Math.abs(nowMs - this.#lookedAtMs) >= HOUR_MS) await this.#look(nowMs);
    return nowMs - this.#steadySinceMs >= DAY_MS;
  }

  async #look(nowMs: number): Promise<void> {
    const [row] = await this.#connections.transaction((transaction) =>
      transaction.change<{ readonly steady_since_ms: bigint }>(look, [nowMs, this.#jumpMs]),
    );
    this.#steadySinceMs = Number(row?.steady_since_ms);
    this.#lookedAtMs = nowMs;
  }
}
