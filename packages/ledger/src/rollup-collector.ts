import { BatchNumbers, BatchSums, CallFigures } from './batch-sums.js';
import type { CallSums } from './call-sums.js';
import type { KeptObservation } from './kept-observation.js';
import {
  ALL_DAYS,
  dayOf,
  type JudgedObservation,
  NEWEST,
  type RollupChanges,
  type SlotDimension,
  type SlotKey,
  type SourcedQuality,
  slotOf,
  type TaskKey,
  type TotalKey,
  type UsageDimension,
} from './rollup-changes.js';

/**
 * Collects what the calls of one batch add to each roll-up. A call is added where there are the fewest sums of it, and
 * these are added up at the end: most calls that come together share nearly all of their keys.
 */
export class RollupCollector {
  /** By task, and by adapter. */
  readonly #tasks = new Map<string, Map<string, TaskDays>>();
  /** By what they have in common. */
  readonly #usage = new Map<string, UsageGroup>();
  #lastGroup: UsageGroup | null = null;
  readonly #numbers = new BatchNumbers();
  readonly #figures = new CallFigures();

  /** @param isInTotals whether it was recorded since the totals began anew */
  add({ kept, qualities }: JudgedObservation, { isInTotals }: { readonly isInTotals: boolean }): void {
    this.#figures.set(kept);
    const group = this.#groupOf(kept, isInTotals);
    this.#addTo(group.model, kept.model);
    this.#addTo(group.agent, kept.agentId);
    this.#addTo(group.thread, kept.threadId);
    if (kept.task === null || kept.adapter === null) return;
    const bySource = this.#sumsBySource(kept.task, kept.adapter, kept.atMs);
    const newest = this.#sumsAt(bySource, NEWEST);
    newest.add(this.#figures);
    const last = qualities.at(-1);
    if (last !== undefined) newest.addQuality(last.qualityMillionths);
    for (const { source, qualityMillionths } of qualities) this.#sumsAt(bySource, source).addQuality(qualityMillionths);
  }

  /** Another quality of an observation that was added before. */
  addJudgement({ kept, qualities }: JudgedObservation, { source, qualityMillionths }: SourcedQuality): void {
    if (kept.task === null || kept.adapter === null) return;
    const bySource = this.#sumsBySource(kept.task, kept.adapter, kept.atMs);
    const newest = this.#sumsAt(bySource, NEWEST);
    const before = qualities.at(-1);
    if (before !== undefined) newest.addQuality(before.qualityMillionths, -1);
    newest.addQuality(qualityMillionths);
    this.#sumsAt(bySource, source).addQuality(qualityMillionths);
  }

  changes(): RollupChanges {
    const { tasks, totals, slots } = this.batchChanges();
    return { tasks: tasks.map(summed), totals: totals.map(summed), slots: slots.map(summed) };
  }

  /** The same in the numbers of a batch: for stores that add them up themselves. */
  batchChanges(): RollupChanges<BatchSums> {
    const slots = new AddedSums<SlotKey>(this.#numbers);
    const totals = new AddedSums<TotalKey>(this.#numbers);
    for (const group of this.#usage.values()) addUsage(slots, totals, group, new BatchSums(this.#numbers.take()));
    return { tasks: this.#taskChanges(), totals: totals.entries(), slots: slots.entries() };
  }

  #taskChanges(): RollupChanges<BatchSums>['tasks'] {
    const changes: (readonly [TaskKey, BatchSums])[] = [];
    for (const [task, byAdapter] of this.#tasks) {
      for (const [adapter, byDay] of byAdapter) {
        const allDays = new AddedSums<TaskKey>(this.#numbers);
        for (const [day, bySource] of byDay) {
          for (const [source, sums] of bySource) {
            changes.push([{ task, source, day, adapter }, sums]);
            allDays.add(source, { task, source, day: ALL_DAYS, adapter }, sums);
          }
        }
        changes.push(...allDays.entries());
      }
    }
    return changes;
  }

  #groupOf(kept: KeptObservation, isInTotals: boolean): UsageGroup {
    const slotAtMs = slotOf(kept.atMs);
    if (this.#lastGroup?.isOf(kept, slotAtMs, isInTotals)) return this.#lastGroup;
    const { organisationId, phase, application, infospace } = kept;
    const text = [isInTotals, slotAtMs, organisationId ?? '', phase, application, infospace ?? ''].join('\0');
    const group = this.#usage.get(text) ?? new UsageGroup(kept, slotAtMs, isInTotals);
    this.#usage.set(text, group);
    this.#lastGroup = group;
    return group;
  }

  #sumsBySource(task: string, adapter: string, atMs: number): Map<string, BatchSums> {
    return mapAt(mapAt(mapAt(this.#tasks, task), adapter), dayOf(atMs));
  }

  #addTo(sums: Map<string, BatchSums>, name: string | null): void {
    if (name !== null) this.#sumsAt(sums, name).add(this.#figures);
  }

  #sumsAt(sums: Map<string, BatchSums>, name: string): BatchSums {
    const found = sums.get(name);
    if (found !== undefined) return found;
    const none = new BatchSums(this.#numbers.take());
    sums.set(name, none);
    return none;
  }
}

/** Sums by source, of each day. */
type TaskDays = Map<number, Map<string, BatchSums>>;

/** Sums of calls that have all of these in common, as nearly all have that come together, by what they differ in. */
class UsageGroup {
  readonly isInTotals: boolean;
  readonly slotAtMs: number;
  readonly organisation: string;
  readonly phase: string;
  readonly application: string;
  readonly infospace: string | null;
  readonly model = new Map<string, BatchSums>();
  readonly agent = new Map<string, BatchSums>();
  readonly thread = new Map<string, BatchSums>();

  constructor(
    { organisationId, phase, application, infospace }: KeptObservation,
    slotAtMs: number,
    isInTotals: boolean,
  ) {
    this.isInTotals = isInTotals;
    this.slotAtMs = slotAtMs;
    this.organisation = organisationId ?? '';
    this.phase = phase;
    this.application = application;
    this.infospace = infospace;
  }

  isOf(kept: KeptObservation, slotAtMs: number, isInTotals: boolean): boolean {
    return (
      slotAtMs === this.slotAtMs &&
      isInTotals === this.isInTotals &&
      kept.phase === this.phase &&
      kept.application === this.application &&
      kept.infospace === this.infospace &&
      (kept.organisationId ?? '') === this.organisation
    );
  }
}

function mapAt<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  const found = maps.get(key);
  if (found !== undefined) return found;
  const none = new Map<InnerKey, Value>();
  maps.set(key, none);
  return none;
}

/** @param all nothing yet */
function addUsage(slots: AddedSums<SlotKey>, totals: AddedSums<TotalKey>, group: UsageGroup, all: BatchSums): void {
  const { isInTotals, slotAtMs, organisation, phase, application, infospace } = group;
  const addSlot = (dimension: SlotDimension, name: string, sums: BatchSums) =>
    slots.add(`${dimension}\0${slotAtMs}\0${organisation}\0${name}`, { dimension, slotAtMs, organisation, name }, sums);
  const addTotal = (dimension: UsageDimension, name: string, sums: BatchSums) => {
    if (isInTotals) totals.add(`${dimension}\0${name}`, { dimension, name }, sums);
  };
  for (const dimension of ['model', 'agent'] as const) {
    for (const [name, sums] of group[dimension]) {
      addSlot(dimension, name, sums);
      addTotal(dimension, name, sums);
    }
  }
  for (const [name, sums] of group.thread) addTotal('thread', name, sums);
  // All calls have a model, so that the sum over models is the sum over all.
  for (const sums of group.model.values()) all.addAll(sums);
  addSlot('overall', '', all);
  addSlot('phase', phase, all);
  addSlot('application', application, all);
  if (infospace !== null) addSlot('infospace', infospace, all);
  addTotal('overall', '', all);
  addTotal('phase', phase, all);
  if (organisation !== '') addTotal('organisation', organisation, all);
}

function summed<Key>([key, sums]: readonly [Key, BatchSums]): readonly [Key, CallSums] {
  return [key, sums.sums()];
}

/** Sums of sums. Of one alone nothing is copied: most keys have no more. */
class AddedSums<Key> {
  readonly #numbers: BatchNumbers;
  readonly #byText = new Map<string, { readonly key: Key; sums: BatchSums; isCopy: boolean }>();

  constructor(numbers: BatchNumbers) {
    this.#numbers = numbers;
  }

  add(text: string, key: Key, sums: BatchSums): void {
    const found = this.#byText.get(text);
    if (found === undefined) {
      this.#byText.set(text, { key, sums, isCopy: false });
      return;
    }
    if (!found.isCopy) {
      const copy = new BatchSums(this.#numbers.take());
      copy.addAll(found.sums);
      found.sums = copy;
      found.isCopy = true;
    }
    found.sums.addAll(sums);
  }

  entries(): (readonly [Key, BatchSums])[] {
    return Array.from(this.#byText.values(), ({ key, sums }) => [key, sums] as const);
  }
}
