import type { Database } from 'better-sqlite3';
import type { BatchSums } from '../../batch-sums.js';
import { addSums, noCalls } from '../../call-sums.js';
import type { NamedTotalSums, TaskSummaryQuery, TotalSums, UsageTotalsQuery } from '../../observation-store.js';
import { ALL_DAYS, NEWEST, type RollupChanges, type TotalKey, type UsageDimension } from '../../rollup-changes.js';
import { type ComparedRollup, correctionOf } from '../../rollup-comparison.js';
import { mergedSummaries, type TaskSummary, taskSummary } from '../../task-summary.js';
import type { ObservationRows } from './observation-rows.js';
import { type Part, type RowKey, type SumsRow, SumsRows, sumsColumns, sumsOfRow } from './sums-rows.js';
import { TaskSums } from './task-sums.js';
import { UsageSlots } from './usage-slots.js';

/** The three tables of roll-ups. To be used inside a transaction. */
export class RollupsInSqlite {
  readonly tasks: TaskSums;
  readonly totals: SumsRows;
  readonly slots: UsageSlots;
  readonly #statements: ReturnType<typeof prepare>;
  /** When another connection had last written, as far as is known. */
  #othersWrote = -1;
  /** No totals are left that began before this epoch. */
  #removedBefore = 0;

  constructor(database: Database, observations: ObservationRows) {
    this.tasks = new TaskSums(database);
    this.totals = new SumsRows(database, 'usage_totals', ['epoch', 'dimension', 'name']);
    this.slots = new UsageSlots(database, observations);
    this.#statements = prepare(database);
  }

  add(changes: RollupChanges<BatchSums>, epoch: number, part: Part): void {
    this.#forgetWhatOthersWrote();
    this.tasks.add(changes.tasks, part);
    for (const [key, sums] of changes.totals) this.totals.add(totalRowKey(epoch, key), sums, part);
    for (const [key, sums] of changes.slots) this.slots.add(key, sums, part);
  }

  #forgetWhatOthersWrote(): void {
    const othersWrote = this.#statements.othersWrote.get() as number;
    if (othersWrote !== this.#othersWrote) this.forget();
    this.#othersWrote = othersWrote;
  }

  /** What is remembered: after a transaction that did not happen. */
  forget(): void {
    this.tasks.forget();
    this.totals.forget();
    this.#removedBefore = 0;
  }

  /** Makes a roll-up what it should be, though others may have added to it since it was compared. */
  mend(rollup: ComparedRollup, epoch: number): void {
    const { key, found, summed } = rollup;
    const correction = correctionOf(rollup);
    this.#forgetWhatOthersWrote();
    if (key.table === 'slots') {
      this.slots.mend(key, correction);
      return;
    }
    // The sums of its only source would otherwise be mended with it, and once more by themselves.
    if (key.table === 'tasks') this.tasks.split(key, 'all');
    const now =
      (key.table === 'tasks' ? this.tasks.find(key, 'all') : this.totals.find(totalRowKey(epoch, key), 'all')) ??
      noCalls();
    const lastSeenMs =
      now.lastSeenMs === found.lastSeenMs ? summed.lastSeenMs : Math.max(now.lastSeenMs, summed.lastSeenMs);
    addSums(now, correction);
    const mended = { ...now, lastSeenMs };
    if (key.table === 'tasks') this.tasks.put(key, mended, 'all');
    else this.totals.put(totalRowKey(epoch, key), mended, 'all');
  }

  /** Those of threads and agents of which no observation is kept: of their names there is no end. */
  removeForgotten(changes: RollupChanges<BatchSums>, epoch: number): void {
    for (const [key] of changes.totals)
      if (key.dimension === 'thread' || key.dimension === 'agent') this.totals.removeForgotten(totalRowKey(epoch, key));
    for (const [key] of changes.slots) if (key.dimension === 'agent') this.slots.removeForgotten(key);
  }

  /** Of totals that began anew since, as long as there are any. */
  removeTotalsBefore(epoch: number, max: number): void {
    if (epoch === this.#removedBefore) return;
    if (this.#statements.removeBefore.run(epoch, max).changes < max) this.#removedBefore = epoch;
  }

  readTaskSummaries({ task, adapter, sinceDay, source }: TaskSummaryQuery): readonly TaskSummary[] {
    const all = this.#summaries(task, NEWEST, adapter, sinceDay);
    if (source === null) return all;
    const judged = new Map(this.#summaries(task, source, adapter, sinceDay).map((each) => [each.adapter, each]));
    return all.map((each) => {
      const { judged: count, qualityMillionths, qualitySquaresMillionths } = judged.get(each.adapter) ?? noneJudged;
      return { ...each, judged: count, qualityMillionths, qualitySquaresMillionths };
    });
  }

  listTotals(epoch: number, { dimension, after, limit }: UsageTotalsQuery): readonly NamedTotalSums[] {
    const rows = this.#statements.totals.all(epoch, dimension, after ?? '', after, limit);
    return (rows as (readonly [string, ...SumsRow])[]).map(([name, ...sums]) => ({ ...sumsOfRow(sums), name }));
  }

  countTotals(epoch: number, dimension: UsageDimension, atMost: number): number {
    return this.#statements.counted.get(epoch, dimension, atMost) as number;
  }

  readTotal(epoch: number, dimension: UsageDimension, name: string): TotalSums | null {
    return this.totals.find(totalRowKey(epoch, { dimension, name }), 'all');
  }

  #summaries(task: string, source: string, adapter: string | null, sinceDay: number | null): readonly TaskSummary[] {
    const [fromDay, toDay] =
      sinceDay === null ? [ALL_DAYS, ALL_DAYS] : [Math.max(0, sinceDay), Number.MAX_SAFE_INTEGER];
    const asked = [task, source, fromDay, toDay, adapter, adapter];
    const rows = this.#statements.tasks.all(asked);
    // Of a row with only one source all that is asked for is the same as in one of its own.
    if (source !== NEWEST) rows.push(...this.#statements.tasksOfSole.all(asked));
    return mergedSummaries(
      (rows as (readonly [string, ...SumsRow])[]).map(([name, ...sums]) => taskSummary(task, name, sumsOfRow(sums))),
    );
  }
}

const noneJudged = { judged: 0, qualityMillionths: 0n, qualitySquaresMillionths: 0n };

function totalRowKey(epoch: number, { dimension, name }: TotalKey): RowKey {
  return [epoch, dimension, name];
}

function prepare(database: Database) {
  const tasksWhere = (condition: string) =>
    database
      .prepare(
        `SELECT adapter, ${sumsColumns} FROM task_sums
         WHERE task = ? AND ${condition} AND day BETWEEN ? AND ? AND is_forgotten = 0 AND (? IS NULL OR adapter = ?)`,
      )
      .raw();
  return {
    othersWrote: database.prepare('PRAGMA data_version').pluck().safeIntegers(false),
    tasks: tasksWhere('source = ?'),
    tasksOfSole: tasksWhere(`source = '${NEWEST}' AND sole_source = ?`),
    totals: database
      .prepare(
        `SELECT name, ${sumsColumns} FROM usage_totals
         WHERE epoch = ? AND dimension = ? AND name >= ? AND name IS NOT ? AND is_forgotten = 0 ORDER BY name LIMIT ?`,
      )
      .raw(),
    counted: database
      .prepare(
        `SELECT count(*) FROM
           (SELECT 1 FROM usage_totals WHERE epoch = ? AND dimension = ? AND is_forgotten = 0 LIMIT ?)`,
      )
      .pluck()
      .safeIntegers(false),
    removeBefore: database.prepare(
      `DELETE FROM usage_totals WHERE (epoch, dimension, name, is_forgotten) IN
         (SELECT epoch, dimension, name, is_forgotten FROM usage_totals WHERE epoch < ? LIMIT ?)`,
    ),
  };
}
