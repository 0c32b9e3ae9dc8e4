import { addCall, addQuality, type CallSums, type MutableCallSums, noCalls, sumOf } from './call-sums.js';
import type { KeptObservation } from './kept-observation.js';

/** By what usage is summed. `overall` has one name, which is empty. */
export const usageDimensions = ['overall', 'agent', 'model', 'thread', 'phase', 'organisation'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

/** By what usage of a span of time is summed. Of threads there are too many to keep a sum for every quarter of an hour. */
export const slotDimensions = ['overall', 'agent', 'model', 'phase', 'application', 'infospace'] as const;
export type SlotDimension = (typeof slotDimensions)[number];

/** A quarter of an hour. The days of every time zone are whole numbers of these. */
export const SLOT_MS = 900_000;
const DAY_MS = 86_400_000;

/** The day of the sums over all days. Others are days since 1970 in UTC. */
export const ALL_DAYS = -1;
/** The source of the sums that take the newest quality of each observation, and all that has nothing to do with quality. */
export const NEWEST = '';

export interface TaskKey {
  readonly task: string;
  /** Of the judgements; `NEWEST` for the newest of all. */
  readonly source: string;
  readonly day: number;
  readonly adapter: string;
}

export interface TotalKey {
  readonly dimension: UsageDimension;
  readonly name: string;
}

export interface SlotKey {
  readonly dimension: SlotDimension;
  readonly slotAtMs: number;
  /** Empty where the calls named none. */
  readonly organisation: string;
  readonly name: string;
}

/** The name of a call in a dimension; `null` where it has none. */
export function nameIn(dimension: UsageDimension | SlotDimension, kept: KeptObservation): string | null {
  switch (dimension) {
    case 'overall':
      return '';
    case 'agent':
      return kept.agentId;
    case 'thread':
      return kept.threadId;
    case 'organisation':
      return kept.organisationId ?? '';
    default:
      return kept[dimension];
  }
}

/** What is to be added to roll-ups. Each key is there once, in no order. */
export interface RollupChanges {
  readonly tasks: readonly (readonly [TaskKey, CallSums])[];
  readonly totals: readonly (readonly [TotalKey, CallSums])[];
  readonly slots: readonly (readonly [SlotKey, CallSums])[];
}

/** An observation with what was said of its quality, oldest first. Its own comes first, where it has one. */
export interface JudgedObservation {
  readonly kept: KeptObservation;
  readonly qualities: readonly SourcedQuality[];
}

export interface SourcedQuality {
  readonly source: string;
  readonly qualityMillionths: number;
}

export function ownQualities({ qualityMillionths, qualitySource }: KeptObservation): readonly SourcedQuality[] {
  return qualityMillionths === null ? [] : [{ source: qualitySource as string, qualityMillionths }];
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

export function slotOf(atMs: number): number {
  return atMs - (atMs % SLOT_MS);
}

/**
 * Collects what calls add to each roll-up. A call is added where there are the fewest sums of it, and these are added up
 * at the end: most calls that come together share nearly all of their keys.
 */
export class RollupCollector {
  readonly #tasks = new KeyedSums<TaskKey>();
  /** Of those that are counted in totals, and of the others. */
  readonly #usage = [new KeyedSums<UsageKey>(), new KeyedSums<UsageKey>()] as const;

  /** @param isInTotals whether it was recorded since the totals began anew */
  add({ kept, qualities }: JudgedObservation, { isInTotals }: { readonly isInTotals: boolean }): void {
    const slotAtMs = slotOf(kept.atMs);
    const organisation = kept.organisationId ?? '';
    const usage = this.#usage[isInTotals ? 0 : 1];
    const named = (dimension: UsageKey['dimension'], name: string | null) => {
      if (name === null) return;
      addCall(
        usage.at(`${dimension}\0${slotAtMs}\0${organisation}\0${name}`, () => ({
          dimension,
          slotAtMs,
          organisation,
          name,
        })),
        kept,
      );
    };
    named('phase', kept.phase);
    named('model', kept.model);
    named('agent', kept.agentId);
    if (isInTotals) named('thread', kept.threadId);
    named('application', kept.application);
    named('infospace', kept.infospace);
    if (kept.task !== null && kept.adapter !== null) this.#addToTask(kept.task, kept.adapter, kept, qualities);
  }

  /** Another quality of an observation that was added before. */
  addJudgement({ kept, qualities }: JudgedObservation, judgement: SourcedQuality): void {
    if (kept.task === null || kept.adapter === null) return;
    const key = { task: kept.task, adapter: kept.adapter, day: dayOf(kept.atMs) };
    const newest = this.#taskSums({ ...key, source: NEWEST });
    const before = qualities.at(-1);
    if (before !== undefined) addQuality(newest, before.qualityMillionths, -1);
    addQuality(newest, judgement.qualityMillionths);
    addQuality(this.#taskSums({ ...key, source: judgement.source }), judgement.qualityMillionths);
  }

  changes(): RollupChanges {
    const slots = new AddedSums<SlotKey>();
    const totals = new AddedSums<TotalKey>();
    for (const [index, usage] of this.#usage.entries()) {
      for (const [key, sums] of usage.entries()) {
        addToSlots(slots, key, sums);
        if (index === 0) addToTotals(totals, key, sums);
      }
    }
    const tasks = [...this.#tasks.entries()];
    const allDays = new AddedSums<TaskKey>();
    for (const [key, sums] of tasks)
      allDays.add(`${key.task}\0${key.source}\0${key.adapter}`, { ...key, day: ALL_DAYS }, sums);
    return { tasks: [...tasks, ...allDays.entries()], totals: [...totals.entries()], slots: [...slots.entries()] };
  }

  #addToTask(task: string, adapter: string, kept: KeptObservation, qualities: readonly SourcedQuality[]): void {
    const day = dayOf(kept.atMs);
    const sums = this.#taskSums({ task, adapter, day, source: NEWEST });
    addCall(sums, kept);
    const newest = qualities.at(-1);
    if (newest !== undefined) addQuality(sums, newest.qualityMillionths);
    for (const { source, qualityMillionths } of qualities)
      addQuality(this.#taskSums({ task, adapter, day, source }), qualityMillionths);
  }

  #taskSums(key: TaskKey): MutableCallSums {
    return this.#tasks.at(`${key.task}\0${key.source}\0${key.day}\0${key.adapter}`, () => key);
  }
}

interface UsageKey {
  readonly dimension: SlotDimension | 'thread';
  readonly slotAtMs: number;
  readonly organisation: string;
  readonly name: string;
}

/** All calls have a phase, so that the sum over phases is the sum over all. */
function addToSlots(slots: AddedSums<SlotKey>, key: UsageKey, sums: CallSums): void {
  const { dimension, slotAtMs, organisation, name } = key;
  if (dimension === 'thread') return;
  slots.add(`${dimension}\0${slotAtMs}\0${organisation}\0${name}`, { ...key, dimension }, sums);
  if (dimension !== 'phase') return;
  slots.add(`overall\0${slotAtMs}\0${organisation}`, { ...key, dimension: 'overall', name: '' }, sums);
}

function addToTotals(totals: AddedSums<TotalKey>, { dimension, organisation, name }: UsageKey, sums: CallSums): void {
  if (dimension === 'application' || dimension === 'infospace') return;
  totals.add(`${dimension}\0${name}`, { dimension, name }, sums);
  if (dimension !== 'phase') return;
  totals.add('overall', { dimension: 'overall', name: '' }, sums);
  if (organisation === '') return;
  totals.add(`organisation\0${organisation}`, { dimension: 'organisation', name: organisation }, sums);
}

/** Keys as texts: parts with a character between them that no name has. */
class KeyedSums<Key> {
  readonly #byText = new Map<string, readonly [Key, MutableCallSums]>();

  at(text: string, key: () => Key): MutableCallSums {
    let found = this.#byText.get(text);
    if (found === undefined) {
      found = [key(), noCalls()];
      this.#byText.set(text, found);
    }
    return found[1];
  }

  entries(): IterableIterator<readonly [Key, MutableCallSums]> {
    return this.#byText.values();
  }
}

/** Sums of sums. Of one alone nothing is copied: most keys have no more. */
class AddedSums<Key> {
  readonly #byText = new Map<string, readonly [Key, CallSums]>();

  add(text: string, key: Key, sums: CallSums): void {
    const found = this.#byText.get(text);
    this.#byText.set(text, found === undefined ? [key, sums] : [found[0], sumOf(found[1], sums)]);
  }

  entries(): IterableIterator<readonly [Key, CallSums]> {
    return this.#byText.values();
  }
}
