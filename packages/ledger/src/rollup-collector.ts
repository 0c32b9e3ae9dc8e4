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
} from './rollup-changes.js';

/**
 * Collects what the calls of one batch add to each roll-up. A call is added where there are the fewest sums of it, and
 * these are added up at the end: most calls that come together share nearly all of their keys.
 */
export class RollupCollector {
  /** By task, and by adapter. */
  readonly #tasks = new Map<string, Map<string, TaskDays>>();
  /** By whether they are counted in totals, by quarter of an hour and organisation. */
  readonly #usage = new Map<string, UsageGroup>();
  #lastGroup: UsageGroup | null = null;
  readonly #numbers = new BatchNumbers();
  readonly #figures = new CallFigures();

  /** @param isInTotals whether it was recorded since the totals began anew */
  add({ kept, qualities }: JudgedObservation, { isInTotals }: { readonly isInTotals: boolean }): void {
    this.#figures.set(kept);
    const group = this.#groupOf(kept, isInTotals);
    this.#addTo(group.phase, kept.phase);
    this.#addTo(group.model, kept.model);
    this.#addTo(group.agent, kept.agentId);
    this.#addTo(group.thread, kept.threadId);
    this.#addTo(group.application, kept.application);
    this.#addTo(group.infospace, kept.infospace);
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
    for (const group of this.#usage.values()) {
      for (const dimension of groupDimensions) {
        for (const [name, sums] of group[dimension]) addUsage(slots, totals, group, dimension, name, sums);
      }
    }
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

  #groupOf({ atMs, organisationId }: KeptObservation, isInTotals: boolean): UsageGroup {
    const slotAtMs = slotOf(atMs);
    const organisation = organisationId ?? '';
    const last = this.#lastGroup;
    if (last?.slotAtMs === slotAtMs && last.organisation === organisation && last.isInTotals === isInTotals)
      return last;
    const text = `${isInTotals}\0${slotAtMs}\0${organisation}`;
    const group = this.#usage.get(text) ?? usageGroup({ slotAtMs, organisation, isInTotals });
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

const groupDimensions = ['phase', 'model', 'agent', 'thread', 'application', 'infospace'] as const;
type GroupDimension = (typeof groupDimensions)[number];

interface GroupKey {
  readonly slotAtMs: number;
  readonly organisation: string;
  readonly isInTotals: boolean;
}

/** Sums by name, of each dimension. */
type UsageGroup = GroupKey & Readonly<Record<GroupDimension, Map<string, BatchSums>>>;

function usageGroup({ slotAtMs, organisation, isInTotals }: GroupKey): UsageGroup {
  return {
    slotAtMs,
    organisation,
    isInTotals,
    phase: new Map(),
    model: new Map(),
    agent: new Map(),
    thread: new Map(),
    application: new Map(),
    infospace: new Map(),
  };
}

function mapAt<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  const found = maps.get(key);
  if (found !== undefined) return found;
  const none = new Map<InnerKey, Value>();
  maps.set(key, none);
  return none;
}

/** All calls have a phase, so that the sum over phases is the sum over all. */
function addUsage(
  slots: AddedSums<SlotKey>,
  totals: AddedSums<TotalKey>,
  { slotAtMs, organisation, isInTotals }: GroupKey,
  dimension: GroupDimension,
  name: string,
  sums: BatchSums,
): void {
  const addSlot = (slotDimension: SlotDimension, slotName: string) =>
    slots.add(
      `${slotDimension}\0${slotAtMs}\0${organisation}\0${slotName}`,
      { dimension: slotDimension, slotAtMs, organisation, name: slotName },
      sums,
    );
  const addTotal = (key: TotalKey) => {
    if (isInTotals) totals.add(`${key.dimension}\0${key.name}`, key, sums);
  };
  if (dimension !== 'thread') addSlot(dimension, name);
  if (dimension !== 'application' && dimension !== 'infospace') addTotal({ dimension, name });
  if (dimension !== 'phase') return;
  addSlot('overall', '');
  addTotal({ dimension: 'overall', name: '' });
  if (organisation !== '') addTotal({ dimension: 'organisation', name: organisation });
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
