import type { RollupChanges } from '../../rollup-changes.js';
import { type ComparedRollup, correctionOf, type RollupKey } from '../../rollup-comparison.js';
import { taskSums, usageSlots, usageTotals } from './rollup-tables.js';
import { addToRollups, epochIn, slotRowKey, taskRowKey, totalRowKey } from './rollups.js';
import type { Statement, Transaction } from './transaction.js';

/** What is added never makes the last call an earlier one. Where nobody has seen a later one since. */
const seenEarlier = {
  tasks: {
    name: 'see task earlier',
    text: `UPDATE task_sums SET last_seen_ms = $6 WHERE task = $1 AND source = $2 AND day = $3 AND adapter = $4
      AND NOT is_forgotten AND last_seen_ms = $5`,
  },
  totals: {
    name: 'see total earlier',
    text: `UPDATE usage_totals SET last_seen_ms = $5 WHERE epoch = $1 AND dimension = $2 AND name = $3
      AND NOT is_forgotten AND last_seen_ms = $4`,
  },
} as const satisfies Readonly<Record<string, Statement>>;

/**
 * Makes roll-ups what they should be, though others may have added to them since they were compared.
 *
 * @param epoch of the totals that were compared: those of others are gone
 */
export async function mendRollups(
  transaction: Transaction,
  rollups: readonly ComparedRollup[],
  epoch: number,
): Promise<void> {
  const isCurrent = epoch === (await epochIn(transaction));
  const mended = rollups.filter(({ key }) => isCurrent || key.table !== 'totals');
  const changes: RollupChanges = {
    tasks: of(mended, 'tasks'),
    totals: of(mended, 'totals'),
    slots: of(mended, 'slots'),
  };
  addToRollups(transaction, changes, epoch, 'all');
  for (const { key, found, summed } of mended) {
    const times = [found.lastSeenMs, summed.lastSeenMs];
    if (found.lastSeenMs <= summed.lastSeenMs) continue;
    if (key.table === 'tasks') transaction.write(seenEarlier.tasks, [...taskRowKey(key), ...times]);
    if (key.table === 'totals') transaction.write(seenEarlier.totals, [...totalRowKey(epoch, key), ...times]);
  }
  taskSums.removeEmpty(
    transaction,
    changes.tasks.map(([key]) => taskRowKey(key)),
  );
  usageTotals.removeEmpty(
    transaction,
    changes.totals.map(([key]) => totalRowKey(epoch, key)),
  );
  usageSlots.removeEmpty(
    transaction,
    changes.slots.map(([key]) => slotRowKey(key)),
  );
}

type KeyOf<Table extends RollupKey['table']> = Extract<RollupKey, { readonly table: Table }>;

function of<Table extends RollupKey['table']>(rollups: readonly ComparedRollup[], table: Table) {
  return rollups
    .filter(({ key }) => key.table === table)
    .map((rollup) => [rollup.key as KeyOf<Table>, correctionOf(rollup)] as const);
}
