import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { noCalls } from '../../call-sums.js';
import { ownQualities, type SlotDimension, type UsageDimension } from '../../rollup-changes.js';
import { RollupCollector } from '../../rollup-collector.js';
import { type ComparedRollup, RollupComparison, type RollupKey } from '../../rollup-comparison.js';
import { slotColumns, usageOfColumns } from '../slot-columns.js';
import { JudgementRows } from './judgement-rows.js';
import { allObservations } from './observation-rows.js';
import { type SumsRow, sumsColumns, sumsOfRow } from './sums-rows.js';
import { qualitiesOf } from './task-sums.js';

const ROWS_A_TURN = 500;

/** Of one state of the ledger: `totals` are those of `epoch`. */
export interface AuditedRollups {
  readonly epoch: number;
  readonly differing: readonly ComparedRollup[];
}

/**
 * Compares every roll-up with the sum of its observations and of what is forgotten, on a connection of its own whose
 * transaction sees one state of the ledger, while others write on. Takes time in proportion to the observations that are
 * kept, and memory in proportion to the roll-ups.
 */
export async function auditRollups(database: Database): Promise<AuditedRollups> {
  database.exec('BEGIN');
  try {
    const epoch = database.prepare('SELECT epoch FROM usage_state').pluck().safeIntegers(false).get() as number;
    const comparison = new RollupComparison();
    const everySoOften = turns();
    await readRollups(database, epoch, comparison, everySoOften);
    await sumObservations(database, epoch, comparison, everySoOften);
    const differing: ComparedRollup[] = [];
    for (const rollup of comparison.differing()) {
      if (rollup !== null) differing.push(rollup);
      await everySoOften();
    }
    return { epoch, differing };
  } finally {
    database.exec('COMMIT');
  }
}

/** What is forgotten is part of the sum. */
async function readRollups(
  database: Database,
  epoch: number,
  comparison: RollupComparison,
  everySoOften: () => Promise<void>,
): Promise<void> {
  const rows = (text: string, ...parameters: number[]) =>
    database
      .prepare(text)
      .raw()
      .iterate(...parameters) as Iterable<readonly unknown[]>;
  const take = async (isForgotten: unknown, key: RollupKey, sums: Parameters<RollupComparison['found']>[1]) => {
    if (isForgotten === 0n) comparison.found(key, sums);
    else comparison.summed(key, sums);
    await everySoOften();
  };
  const tasks = `SELECT is_forgotten, task, source, day, adapter, sole_source, ${sumsColumns} FROM task_sums`;
  for (const row of rows(tasks)) {
    const [isForgotten, task, source, day, adapter, soleSource, ...columns] = row as [
      ...[bigint, string, string, bigint, string, string | null],
      ...SumsRow,
    ];
    const sums = sumsOfRow(columns);
    const key = { table: 'tasks', task, source, day: Number(day), adapter } as const;
    await take(isForgotten, key, sums);
    if (soleSource !== null) await take(isForgotten, { ...key, source: soleSource }, qualitiesOf(sums));
  }
  const totals = `SELECT is_forgotten, dimension, name, ${sumsColumns} FROM usage_totals WHERE epoch = ?`;
  for (const row of rows(totals, epoch)) {
    const [isForgotten, dimension, name, ...sums] = row as [bigint, UsageDimension, string, ...SumsRow];
    await take(isForgotten, { table: 'totals', dimension, name }, sumsOfRow(sums));
  }
  const slots = `SELECT is_forgotten, dimension, slot_at_ms, organisation, name, ${slotColumns.join(', ')} FROM usage_slots`;
  for (const row of rows(slots)) {
    const [isForgotten, dimension, slotAtMs, organisation, name, ...columns] = row as [
      ...[bigint, SlotDimension, bigint, string, string],
      ...bigint[],
    ];
    const sums = { ...noCalls(), ...usageOfColumns(columns) };
    await take(isForgotten, { table: 'slots', dimension, slotAtMs: Number(slotAtMs), organisation, name }, sums);
  }
}

async function sumObservations(
  database: Database,
  epoch: number,
  comparison: RollupComparison,
  everySoOften: () => Promise<void>,
): Promise<void> {
  const judgements = new JudgementRows(database);
  let collector = new RollupCollector();
  let collected = 0;
  const take = () => {
    const { tasks, totals, slots } = collector.changes();
    for (const [key, sums] of tasks) comparison.summed({ table: 'tasks', ...key }, sums);
    for (const [key, sums] of totals) comparison.summed({ table: 'totals', ...key }, sums);
    for (const [key, sums] of slots) comparison.summed({ table: 'slots', ...key }, sums);
    collector = new RollupCollector();
    collected = 0;
  };
  for (const { seq, kept, totalsEpoch } of allObservations(database)) {
    const qualities = [...ownQualities(kept), ...judgements.of(seq)];
    collector.add({ kept, qualities }, { isInTotals: totalsEpoch === epoch });
    collected += 1;
    if (collected === ROWS_A_TURN) take();
    await everySoOften();
  }
  take();
}

/** Lets the event loop have its turn after so many rows. */
function turns(): () => Promise<void> {
  let rows = 0;
  return async () => {
    rows += 1;
    if (rows % ROWS_A_TURN === 0) await nextTurn();
  };
}
