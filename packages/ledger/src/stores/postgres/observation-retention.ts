import { ownQualities } from '../../rollup-changes.js';
import { RollupCollector } from '../../rollup-collector.js';
import type { Connections } from './connections.js';
import { findJudgements, removeJudgements } from './judgement-rows.js';
import { lockOldObservations, removeObservations } from './observation-rows.js';
import { nowBehindLocks } from './reservation-rows.js';
import { addToRollups, epochIn, removeForgotten } from './rollups.js';
import type { SteadyTime } from './steady-time.js';
import type { Statement, Transaction } from './transaction.js';

/** Once for so many that are recorded, so that old ones vanish without ever taking a while. */
const RECORDED_BETWEEN = 500;
/** More than are recorded in between; at once, as many as sums of a batch may be of. */
const FORGOTTEN_FOR_EACH = 2;
const FORGOTTEN_AT_ONCE = 1000;
const OLD_TOTALS_REMOVED = 1000;

/** Of totals that began anew since. */
const removeTotals: Statement = {
  name: 'remove old totals',
  text: `DELETE FROM usage_totals WHERE (epoch, dimension, name, is_forgotten) IN (
    SELECT epoch, dimension, name, is_forgotten FROM usage_totals WHERE epoch < $1 LIMIT $2)`,
};

export interface ObservationRetentionOptions {
  readonly connections: Connections;
  readonly time: SteadyTime;
  readonly keptMs: number;
  /** For tests; `null` for the server's time. */
  readonly clockMs: () => number | null;
  readonly random?: () => number;
}

/** Forgets observations that are old. What they added stays in the roll-ups, and is written down as forgotten. */
export class ObservationRetention {
  readonly #options: ObservationRetentionOptions;
  #untilNext: number;
  #owed = 0;
  #isForgetting = false;

  constructor(options: ObservationRetentionOptions) {
    this.#options = options;
    // Programs that record a few and end take their turn too.
    this.#untilNext = Math.floor((options.random ?? Math.random)() * RECORDED_BETWEEN);
  }

  /** Told of how many were recorded. Says whether it is time to forget. */
  isNext(recorded: number): boolean {
    this.#untilNext -= recorded;
    this.#owed += recorded * FORGOTTEN_FOR_EACH;
    if (this.#untilNext > 0 || this.#isForgetting) return false;
    this.#untilNext = RECORDED_BETWEEN;
    return true;
  }

  async forgetOld(): Promise<void> {
    const { connections, time, keptMs, clockMs } = this.#options;
    this.#isForgetting = true;
    try {
      const nowMs = await connections.transaction((transaction) => nowBehindLocks(transaction, clockMs()));
      let isOver = !Number.isFinite(keptMs) || !(await time.isSteady(nowMs));
      while (!isOver && this.#owed > 0) {
        const max = Math.min(this.#owed, FORGOTTEN_AT_ONCE);
        const forgotten = await connections.transaction((transaction) => this.#forget(transaction, nowMs, max));
        this.#owed -= max;
        isOver = forgotten < max;
      }
      this.#owed = 0;
      await connections.transaction(removeOldTotals);
    } finally {
      this.#isForgetting = false;
    }
  }

  /** Says how many there were. */
  async #forget(transaction: Transaction, nowMs: number, max: number): Promise<number> {
    const { keptMs } = this.#options;
    const old = await lockOldObservations(transaction, { fromMs: nowMs - keptMs, toMs: nowMs + keptMs, max });
    if (old.length === 0) return 0;
    const ids = old.map(({ kept }) => kept.id);
    const [judgements, epoch] = await Promise.all([findJudgements(transaction, ids), epochIn(transaction)]);
    const collector = new RollupCollector();
    for (const { kept, totalsEpoch } of old) {
      const qualities = [...ownQualities(kept), ...(judgements.get(kept.id) ?? [])];
      collector.add({ kept, qualities }, { isInTotals: totalsEpoch === epoch });
    }
    const changes = collector.changes();
    removeJudgements(transaction, ids);
    removeObservations(transaction, ids);
    addToRollups(transaction, changes, epoch, 'forgotten');
    removeForgotten(transaction, changes, epoch);
    return old.length;
  }
}

async function removeOldTotals(transaction: Transaction): Promise<void> {
  transaction.write(removeTotals, [await epochIn(transaction), OLD_TOTALS_REMOVED]);
}
