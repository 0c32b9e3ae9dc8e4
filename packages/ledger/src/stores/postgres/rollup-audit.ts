import { noCalls } from '../../call-sums.js';
import { ownQualities, type SlotDimension, type UsageDimension } from '../../rollup-changes.js';
import { RollupCollector } from '../../rollup-collector.js';
import { type ComparedRollup, RollupComparison, type RollupKey } from '../../rollup-comparison.js';
import { findJudgements } from './judgement-rows.js';
import { type ObservationColumns, observationIn, observationList } from './observation-rows.js';
import { epochIn } from './rollups.js';
import { callsOfRow, type SumsRow, usageOfRow } from './sums-columns.js';
import type { Transaction } from './transaction.js';

const ROWS_AT_ONCE = 1000;

/** Of one state of the ledger: `totals` are those of `epoch`. */
export interface AuditedRollups {
  readonly epoch: number;
  readonly comparison: RollupComparison;
}

/**
 * Brings together every roll-up with the sum of its observations and of what is forgotten, in a transaction that sees one
 * state of the ledger, while others write on. Takes time in proportion to the observations that are kept, and memory in
 * proportion to the roll-ups.
 */
export async function auditRollups(transaction: Transaction): Promise<AuditedRollups> {
  // The time of other verbs would be too short, and their plans are for few rows.
  const [, epoch] = await Promise.all([
    transaction.query('SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on'),
    epochIn(transaction),
  ]);
  const comparison = new RollupComparison();
  await readRollups(transaction, epoch, comparison);
  await sumObservations(transaction, epoch, comparison);
  return { epoch, comparison };
}

export function differingIn({ comparison }: AuditedRollups): readonly ComparedRollup[] {
  return [...comparison.differing()].filter((each) => each !== null);
}

/** What is forgotten is part of the sum. */
async function readRollups(transaction: Transaction, epoch: number, comparison: RollupComparison): Promise<void> {
  const take = (row: SumsRow, key: RollupKey, sums: Parameters<RollupComparison['found']>[1]) => {
    if (row['is_forgotten'] === true) comparison.summed(key, sums);
    else comparison.found(key, sums);
  };
  const text = (row: SumsRow, column: string) => row[column] as string;
  await eachRow(transaction, 'SELECT * FROM task_sums', (row) => {
    const key = { task: text(row, 'task'), source: text(row, 'source'), adapter: text(row, 'adapter') };
    take(row, { table: 'tasks', ...key, day: Number(row['day']) }, callsOfRow(row));
  });
  await eachRow(transaction, `SELECT * FROM usage_totals WHERE epoch = ${epoch}`, (row) => {
    const dimension = text(row, 'dimension') as UsageDimension;
    take(row, { table: 'totals', dimension, name: text(row, 'name') }, callsOfRow(row));
  });
  await eachRow(transaction, 'SELECT * FROM usage_slots', (row) => {
    const key = { organisation: text(row, 'organisation'), name: text(row, 'name') };
    const dimension = text(row, 'dimension') as SlotDimension;
    const slot = { table: 'slots', ...key, dimension, slotAtMs: Number(row['slot_at_ms']) } as const;
    take(row, slot, { ...noCalls(), ...usageOfRow(row) });
  });
}

async function sumObservations(transaction: Transaction, epoch: number, comparison: RollupComparison): Promise<void> {
  const query = `SELECT ${observationList} FROM observations o`;
  await inParts<ObservationColumns>(transaction, query, async (rows) => {
    const observations = rows.map(observationIn);
    const judgements = await findJudgements(
      transaction,
      observations.map(({ kept }) => kept.id),
    );
    const collector = new RollupCollector();
    for (const { kept, totalsEpoch } of observations) {
      const qualities = [...ownQualities(kept), ...(judgements.get(kept.id) ?? [])];
      collector.add({ kept, qualities }, { isInTotals: totalsEpoch === epoch });
    }
    const { tasks, totals, slots } = collector.changes();
    for (const [key, sums] of tasks) comparison.summed({ table: 'tasks', ...key }, sums);
    for (const [key, sums] of totals) comparison.summed({ table: 'totals', ...key }, sums);
    for (const [key, sums] of slots) comparison.summed({ table: 'slots', ...key }, sums);
  });
}

async function eachRow(transaction: Transaction, query: string, take: (row: SumsRow) => void): Promise<void> {
  await inParts<SumsRow>(transaction, query, async (rows) => rows.forEach(take));
}

/** Of any number of rows only a part is here at once. */
async function inParts<Row extends Readonly<Record<string, unknown>>>(
  transaction: Transaction,
  query: string,
  take: (rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  await transaction.query(`DECLARE audited NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const rows = await transaction.query<Row>(`FETCH ${ROWS_AT_ONCE} FROM audited`);
    if (rows.length === 0) break;
    await take(rows);
  }
  await transaction.query('CLOSE audited');
}
