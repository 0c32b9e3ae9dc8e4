import { addSums, type CallSums, type MutableCallSums, noCalls } from './call-sums.js';
import { latencyCount } from './latency-histogram.js';
import type { RollupDiscrepancy } from './observation-store.js';
import { ALL_DAYS, type SlotKey, type TaskKey, type TotalKey } from './rollup-changes.js';
import { usageAmounts, usageCounts } from './usage-sums.js';

/** Which roll-up, of which table. */
export type RollupKey =
  | ({ readonly table: 'tasks' } & TaskKey)
  | ({ readonly table: 'totals' } & TotalKey)
  | ({ readonly table: 'slots' } & SlotKey);

/** A roll-up as it is, and the sum that it stands for. Of slots only what a slot has. */
export interface ComparedRollup {
  readonly key: RollupKey;
  readonly found: CallSums;
  readonly summed: CallSums;
}

/** Brings together what is found and what is summed of each roll-up. */
export class RollupComparison {
  readonly #rollups = new Map<string, { key: RollupKey; found: MutableCallSums; summed: MutableCallSums }>();

  found(key: RollupKey, sums: CallSums): void {
    addSums(this.#at(key).found, sums);
  }

  summed(key: RollupKey, sums: CallSums): void {
    addSums(this.#at(key).summed, sums);
  }

  *differing(): IterableIterator<ComparedRollup | null> {
    for (const rollup of this.#rollups.values()) yield differences(rollup).length > 0 ? rollup : null;
  }

  #at(key: RollupKey) {
    const text = textOf(key);
    const rollup = this.#rollups.get(text) ?? { key, found: noCalls(), summed: noCalls() };
    this.#rollups.set(text, rollup);
    return rollup;
  }
}

export function discrepancyOf(rollup: ComparedRollup): RollupDiscrepancy {
  return { rollup: inWords(rollup.key), differences: differences(rollup) };
}

/** What is to be added to what is found, for it to be what is summed; also to what it has become meanwhile. */
export function correctionOf({ found, summed }: ComparedRollup): CallSums {
  const correction = noCalls();
  addSums(correction, summed);
  addSums(correction, found, -1);
  return { ...correction, lastSeenMs: summed.lastSeenMs };
}

const slotFields = [...usageCounts, ...usageAmounts] as const;
const allFields = [
  ...slotFields,
  ...(['judged', 'qualityMillionths', 'qualitySquaresMillionths', 'costSquares', 'lastSeenMs'] as const),
] as const;

function differences({ key, found, summed }: ComparedRollup): readonly string[] {
  const fields = key.table === 'slots' ? slotFields : allFields;
  const differing: string[] = fields
    .filter((field) => found[field] !== summed[field])
    .map((field) => `${field}: ${found[field]}, but ${summed[field]}`);
  if (key.table !== 'slots' && !isSameHistogram(found, summed))
    differing.push(`latency: of ${latencyCount(found.latency)} calls, but of ${latencyCount(summed.latency)}`);
  return differing;
}

function isSameHistogram({ latency: first }: CallSums, { latency: second }: CallSums): boolean {
  return first.length === second.length && first.every((count, bucket) => second[bucket] === count);
}

/** One for each roll-up, in whatever order its key was put together. */
function textOf(key: RollupKey): string {
  if (key.table === 'tasks') return ['tasks', key.task, key.source, key.day, key.adapter].join('\0');
  if (key.table === 'totals') return ['totals', key.dimension, key.name].join('\0');
  return ['slots', key.dimension, key.slotAtMs, key.organisation, key.name].join('\0');
}

function inWords(key: RollupKey): string {
  if (key.table === 'tasks') {
    const day = key.day === ALL_DAYS ? 'all days' : new Date(key.day * 86_400_000).toISOString().slice(0, 10);
    return `task ${key.task}, adapter ${key.adapter}, ${day}${key.source === '' ? '' : `, source ${key.source}`}`;
  }
  if (key.table === 'totals') return `totals of ${key.dimension} ${key.name}`.trimEnd();
  const at = new Date(key.slotAtMs).toISOString();
  const organisation = key.organisation === '' ? '' : `, organisation ${key.organisation}`;
  return `${`${key.dimension} ${key.name}`.trimEnd()} at ${at}${organisation}`;
}
