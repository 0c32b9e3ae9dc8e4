import type { CallSums } from '../../call-sums.js';
import { bucketsOf } from '../../latency-histogram.js';
import type { UsageSums } from '../../usage-sums.js';
import { byColumn, type Column } from './column-lists.js';
import { type RollupStatements, rollupStatements, type SummedColumns } from './rollup-statements.js';
import { callColumns, callValues, usageColumns, usageValues } from './sums-columns.js';
import type { Transaction } from './transaction.js';

/** Which observations a row sums: all, or those that are not kept any more. */
export type Part = 'all' | 'forgotten';

/** The values of the columns that make a key, in the order of these. */
export type RowKey = readonly (string | number)[];

const text = (name: string): Column => ({ name, type: 'text' });
const whole = (name: string): Column => ({ name, type: 'bigint' });

/**
 * A table of roll-ups. Sums are added by the server, in one statement for all rows of a batch and in the order of their
 * keys: so nobody waits for an answer while he holds rows that others want, and no two wait for each other.
 */
class RollupTable<Sums extends UsageSums> {
  readonly #keyWidth: number;
  readonly #width: number;
  readonly #valuesOf: (sums: Sums) => readonly unknown[];
  readonly #statements: RollupStatements;

  constructor(name: string, keyColumns: readonly Column[], summed: Summed<Sums>) {
    this.#keyWidth = keyColumns.length;
    this.#width = keyColumns.length + summed.columns.length;
    this.#valuesOf = summed.valuesOf;
    this.#statements = rollupStatements(name, keyColumns, summed);
  }

  /** Each key once. */
  add(transaction: Transaction, rows: readonly (readonly [RowKey, Sums])[], part: Part): void {
    if (rows.length === 0) return;
    const values = rows.map(([key, sums]) => [...key, ...this.#valuesOf(sums)]);
    transaction.write(this.#statements.add, [part === 'forgotten', ...byColumn(values, this.#width)]);
  }

  /** Both parts, where nothing is kept of what they sum. Others wait until it is known. */
  removeForgotten(transaction: Transaction, keys: readonly RowKey[]): void {
    if (keys.length === 0) return;
    const values = byColumn(keys, this.#keyWidth);
    // Before it is looked at, as others may be adding to it.
    transaction.write(this.#statements.lock, values);
    transaction.write(this.#statements.removeForgotten, values);
  }

  removeEmpty(transaction: Transaction, keys: readonly RowKey[]): void {
    if (keys.length === 0) return;
    transaction.write(this.#statements.removeEmpty, byColumn(keys, this.#keyWidth));
  }
}

interface Summed<Sums> extends SummedColumns {
  /** In the order of the columns. */
  readonly valuesOf: (sums: Sums) => readonly unknown[];
}

const usage: Summed<UsageSums> = {
  columns: usageColumns,
  valuesOf: usageValues,
  added: usageColumns.map(({ name }) => addedUp(name)),
  isEmpty: 'observations = 0',
};

/** Lists of any length: as text within the lists of all rows. */
const latencyColumns = [
  { ...text('latency_buckets'), cast: 'bigint[]' },
  { ...text('latency_counts'), cast: 'bigint[]' },
];
const calls: Summed<CallSums> = {
  columns: [...callColumns, ...latencyColumns],
  valuesOf: (sums) => {
    const buckets = bucketsOf(sums.latency);
    return [...callValues(sums), listOf(buckets.map(([bucket]) => bucket)), listOf(buckets.map(([, count]) => count))];
  },
  added: [
    ...callColumns.map(({ name }) =>
      name === 'last_seen_ms' ? `${name} = greatest(kept.${name}, excluded.${name})` : addedUp(name),
    ),
    `(latency_buckets, latency_counts) = (
      SELECT coalesce(array_agg(bucket), '{}'), coalesce(array_agg(count), '{}') FROM (
        SELECT bucket, sum(count)::bigint AS count FROM (
          SELECT * FROM unnest(kept.latency_buckets, kept.latency_counts)
          UNION ALL SELECT * FROM unnest(excluded.latency_buckets, excluded.latency_counts)) AS both_of (bucket, count)
        GROUP BY bucket HAVING sum(count) <> 0 ORDER BY bucket) AS merged)`,
  ],
  isEmpty: 'observations = 0 AND judged = 0',
};

export const taskSums = new RollupTable(
  'task_sums',
  [text('task'), text('source'), whole('day'), text('adapter')],
  calls,
);
export const usageTotals = new RollupTable('usage_totals', [whole('epoch'), text('dimension'), text('name')], calls);
export const usageSlots = new RollupTable(
  'usage_slots',
  [text('dimension'), whole('slot_at_ms'), text('organisation'), text('name')],
  usage,
);

function addedUp(name: string): string {
  return `${name} = kept.${name} + excluded.${name}`;
}

function listOf(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
