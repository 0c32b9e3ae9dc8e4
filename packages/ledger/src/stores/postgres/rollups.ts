import type { RollupChanges, SlotKey, TaskKey, TotalKey } from '../../rollup-changes.js';
import { type Part, type RowKey, taskSums, usageSlots, usageTotals } from './rollup-tables.js';
import type { Statement, Transaction } from './transaction.js';

const findEpoch: Statement = { name: 'find usage epoch', text: 'SELECT epoch FROM usage_state' };

/** How often totals began anew. */
export async function epochIn(transaction: Transaction): Promise<number> {
  const [row] = await transaction.rows<{ readonly epoch: bigint }>(findEpoch);
  return Number(row?.epoch);
}

/** In the order of tables and of keys in which all lock them. */
export function addToRollups(transaction: Transaction, changes: RollupChanges, epoch: number, part: Part): void {
  const { tasks, totals, slots } = changes;
  taskSums.add(transaction, keyed(tasks, taskRowKey), part);
  usageTotals.add(
    transaction,
    keyed(totals, (key) => totalRowKey(epoch, key)),
    part,
  );
  usageSlots.add(transaction, keyed(slots, slotRowKey), part);
}

/** Those of threads and agents of which no observation is kept: of their names there is no end. */
export function removeForgotten(transaction: Transaction, { totals, slots }: RollupChanges, epoch: number): void {
  const endless = totals.filter(([{ dimension }]) => dimension === 'thread' || dimension === 'agent');
  usageTotals.removeForgotten(
    transaction,
    endless.map(([key]) => totalRowKey(epoch, key)),
  );
  const ofAgents = slots.filter(([{ dimension }]) => dimension === 'agent');
  usageSlots.removeForgotten(
    transaction,
    ofAgents.map(([key]) => slotRowKey(key)),
  );
}

export function taskRowKey({ task, source, day, adapter }: TaskKey): RowKey {
  return [task, source, day, adapter];
}

export function totalRowKey(epoch: number, { dimension, name }: TotalKey): RowKey {
  return [epoch, dimension, name];
}

export function slotRowKey({ dimension, slotAtMs, organisation, name }: SlotKey): RowKey {
  return [dimension, slotAtMs, organisation, name];
}

function keyed<Key, Sums>(changes: readonly (readonly [Key, Sums])[], rowKey: (key: Key) => RowKey) {
  return changes.map(([key, sums]) => [rowKey(key), sums] as const);
}
