import type { Database } from 'better-sqlite3';
import type { KeptJudgement } from '../../checked-observation.js';
import type { KeptObservation } from '../../kept-observation.js';
import type { JudgeOutcome, ObserveOutcome } from '../../observation-store.js';
import { type JudgedObservation, ownQualities } from '../../rollup-changes.js';
import { RollupCollector } from '../../rollup-collector.js';
import type { ComparedRollup } from '../../rollup-comparison.js';
import { isSameObservation } from '../observation-columns.js';
import { JudgementRows } from './judgement-rows.js';
import { type ObservationRow, ObservationRows } from './observation-rows.js';
import { RollupsInSqlite } from './rollups-in-sqlite.js';
import type { SteadyTime } from './steady-time.js';

/** Beside as many as a batch records, so that what is old vanishes though nothing ever takes a while. */
const FORGOTTEN_MORE = 2;
const OLD_TOTALS_REMOVED = 20;

/** Observations and their roll-ups. Each verb is to be run inside one immediate transaction. */
export class ObservationsInSqlite {
  readonly rows: ObservationRows;
  readonly rollups: RollupsInSqlite;
  readonly #judgements: JudgementRows;
  readonly #time: SteadyTime;
  readonly #keptMs: number;
  readonly #statements: ReturnType<typeof prepare>;
  /** No kept observation was recorded before, as far as was looked. */
  #oldestAtMs = 0;

  constructor(database: Database, time: SteadyTime, { keptMs }: { readonly keptMs: number }) {
    this.rows = new ObservationRows(database);
    this.rollups = new RollupsInSqlite(database, this.rows);
    this.#judgements = new JudgementRows(database);
    this.#time = time;
    this.#keptMs = keptMs;
    this.#statements = prepare(database);
  }

  observe(batch: readonly KeptObservation[], nowMs: number): readonly ObserveOutcome[] {
    const epoch = this.epoch();
    const collector = new RollupCollector();
    // Where one is known many are, as when a batch is sent again: from there on each is asked for by itself.
    const newAtOnce = this.rows.insertNew(batch, nowMs, epoch);
    const outcomes = batch.map((kept, index): ObserveOutcome => {
      const isNew = index < newAtOnce || this.rows.insert(kept, nowMs, epoch);
      if (!isNew) return this.#isKnown(kept) ? 'known' : 'differs';
      collector.add({ kept, qualities: ownQualities(kept) }, { isInTotals: true });
      return 'recorded';
    });
    this.rollups.add(collector.batchChanges(), epoch, 'all');
    this.#forgetOld(batch.length + FORGOTTEN_MORE, epoch, nowMs);
    this.rollups.removeTotalsBefore(epoch, OLD_TOTALS_REMOVED);
    return outcomes;
  }

  judge({ observationId, qualityMillionths, source }: KeptJudgement, nowMs: number): JudgeOutcome {
    const row = this.rows.find(observationId);
    if (row === null) return 'unknown';
    const judged = this.#judged(row);
    const said = judged.qualities.find((each) => each.source === source);
    if (said !== undefined) return said.qualityMillionths === qualityMillionths ? 'known' : 'differs';
    this.#judgements.insert(row.seq, { source, qualityMillionths }, nowMs);
    const collector = new RollupCollector();
    collector.addJudgement(judged, { source, qualityMillionths });
    this.rollups.add(collector.batchChanges(), row.totalsEpoch, 'all');
    return 'judged';
  }

  judgementsOf(ids: readonly string[]): readonly KeptJudgement[] {
    return this.#judgements.ofAll(ids);
  }

  /** How often totals began anew. */
  epoch(): number {
    return this.#statements.epoch.get() as number;
  }

  resetUsage(nowMs: number): number {
    this.#statements.reset.run(nowMs);
    return nowMs;
  }

  readUsageReset(): number | null {
    return this.#statements.resetAt.get() as number | null;
  }

  /** @param epoch of the totals that were compared: those of others are gone. */
  mend(rollups: readonly ComparedRollup[], epoch: number): void {
    const isCurrent = epoch === this.epoch();
    for (const rollup of rollups) if (isCurrent || rollup.key.table !== 'totals') this.rollups.mend(rollup, epoch);
  }

  #isKnown(kept: KeptObservation): boolean {
    const known = this.rows.find(kept.id);
    return known !== null && isSameObservation(known.kept, kept);
  }

  #judged({ seq, kept }: ObservationRow): JudgedObservation {
    return { kept, qualities: [...ownQualities(kept), ...this.#judgements.of(seq)] };
  }

  #forgetOld(max: number, epoch: number, nowMs: number): void {
    if (!this.#time.isSteady(nowMs) || !this.#isFar(this.#oldestAtMs, nowMs)) return;
    const oldest = this.rows.oldest(max);
    const old = oldest.filter(({ recordedAtMs }) => this.#isFar(recordedAtMs, nowMs));
    if (old.length < max) this.#oldestAtMs = oldest[old.length]?.recordedAtMs ?? nowMs;
    if (old.length === 0) return;
    const collector = new RollupCollector();
    for (const row of old) {
      collector.add(this.#judged(row), { isInTotals: row.totalsEpoch === epoch });
      this.#judgements.removeOf(row.seq);
      this.rows.remove(row.seq);
    }
    const changes = collector.batchChanges();
    this.rollups.add(changes, epoch, 'forgotten');
    this.rollups.removeForgotten(changes, epoch);
  }

  /** Also of a time that is not near for long, which a wrong clock left. */
  #isFar(atMs: number, nowMs: number): boolean {
    return Math.abs(nowMs - atMs) > this.#keptMs;
  }
}

function prepare(database: Database) {
  return {
    epoch: database.prepare('SELECT epoch FROM usage_state').pluck().safeIntegers(false),
    resetAt: database.prepare('SELECT reset_at_ms FROM usage_state').pluck().safeIntegers(false),
    reset: database.prepare('UPDATE usage_state SET epoch = epoch + 1, reset_at_ms = ?'),
  };
}
