import type { Database } from 'better-sqlite3';
import type { BatchSums } from '../../batch-sums.js';
import type { NamedUsageSums, Span, UsageQuery } from '../../observation-store.js';
import { nameIn, SLOT_MS, type SlotKey } from '../../rollup-changes.js';
import { addUsage, addUsageOf, type Mutable, noUsage, type UsageSums } from '../../usage-sums.js';
import { slotColumns, slotValues, usageOfColumns } from '../slot-columns.js';
import type { ObservationRows } from './observation-rows.js';
import { type Part, partNumber } from './sums-rows.js';

const keyColumns = ['dimension', 'slot_at_ms', 'organisation', 'name'];

/** What was used in each quarter of an hour. To be used inside a transaction. */
export class UsageSlots {
  readonly #observations: ObservationRows;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, observations: ObservationRows) {
    this.#observations = observations;
    this.#statements = prepare(database);
  }

  add(key: SlotKey, sums: BatchSums, part: Part): void {
    const values: unknown[] = [key.dimension, key.slotAtMs, key.organisation, key.name, partNumber(part)];
    sums.pushSlotValues(values);
    this.#statements.add.run(values);
  }

  mend(key: SlotKey, correction: UsageSums): void {
    this.#statements.add.run(...valuesOf(key), partNumber('all'), ...slotValues(correction));
    this.#statements.removeEmpty.run(...valuesOf(key));
  }

  /** Both parts, where nothing is kept of what they sum. */
  removeForgotten(key: SlotKey): void {
    const values = valuesOf(key);
    const rows = this.#statements.counted.all(...values) as readonly (readonly [number, number])[];
    const [all = 0, forgotten = 0] = [0, 1].map((part) => rows.find(([found]) => found === part)?.[1]);
    if (all <= forgotten) this.#statements.remove.run(...values);
  }

  /** By name. */
  read({ by, organisationId }: Omit<UsageQuery, 'spans'>, { fromMs, toMs }: Span): readonly NamedUsageSums[] {
    const byName = new Map<string, Mutable<UsageSums>>();
    const firstMs = Math.ceil(fromMs / SLOT_MS) * SLOT_MS;
    const endMs = Math.floor(toMs / SLOT_MS) * SLOT_MS;
    const statement = by === 'organisation' ? this.#statements.byOrganisation : this.#statements.byName;
    const dimension = by === 'organisation' ? 'overall' : by;
    const rows = statement.iterate(dimension, firstMs, endMs, organisationId, organisationId);
    for (const [name, ...columns] of rows as Iterable<[string, ...bigint[]]>)
      addUsage(usageAt(byName, name), usageOfColumns(columns));
    // What lies before the first whole quarter of an hour, and after the last.
    const parts = firstMs <= endMs ? [fromMs, firstMs, endMs, toMs] : [fromMs, toMs];
    for (let at = 0; at < parts.length; at += 2) {
      for (const { kept } of this.#observations.within(parts[at] as number, parts[at + 1] as number)) {
        const name = nameIn(by, kept);
        const isAsked = organisationId === null || kept.organisationId === organisationId;
        if (isAsked && name !== null) addUsageOf(usageAt(byName, name), kept);
      }
    }
    const names = [...byName.keys()].sort();
    return names.map((name) => ({ ...usageAt(byName, name), name }));
  }
}

function usageAt(byName: Map<string, Mutable<UsageSums>>, name: string): Mutable<UsageSums> {
  const usage = byName.get(name) ?? noUsage();
  byName.set(name, usage);
  return usage;
}

function valuesOf({ dimension, slotAtMs, organisation, name }: SlotKey): readonly (string | number)[] {
  return [dimension, slotAtMs, organisation, name];
}

function prepare(database: Database) {
  const all = [...keyColumns, 'is_forgotten', ...slotColumns];
  const isKey = keyColumns.map((column) => `${column} = ?`).join(' AND ');
  const summed = (name: string) =>
    database
      .prepare(
        `SELECT ${name}, ${slotColumns.map((column) => `sum(${column})`).join(', ')} FROM usage_slots
         WHERE dimension = ? AND slot_at_ms >= ? AND slot_at_ms < ? AND is_forgotten = 0 AND (? IS NULL OR organisation = ?)
         GROUP BY ${name}`,
      )
      .raw();
  return {
    add: database.prepare(
      `INSERT INTO usage_slots (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${slotColumns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`,
    ),
    counted: database
      .prepare(`SELECT is_forgotten, observations FROM usage_slots WHERE ${isKey}`)
      .raw()
      .safeIntegers(false),
    remove: database.prepare(`DELETE FROM usage_slots WHERE ${isKey}`),
    removeEmpty: database.prepare(`DELETE FROM usage_slots WHERE ${isKey} AND is_forgotten = 0 AND observations = 0`),
    byName: summed('name'),
    byOrganisation: summed('organisation'),
  };
}
