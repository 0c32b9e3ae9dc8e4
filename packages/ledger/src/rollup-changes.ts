import { BatchSums, type CallFigures, figuresOf } from './batch-sums.js';
import { type CallSums, sumOf } from './call-sums.js';
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
 * Collects what the calls of one batch add to each roll-up. A call is added where there are the fewest sums of it, and
 * these are added up at the end: most calls that come together share nearly all of their keys.
 */
export class RollupCollector {
  readonly #tasks = new Map<string, readonly [TaskKey, BatchSums]>();
  /** By whether they are counted in totals, by quarter of an hour and organisation. */
  readonly #usage = new Map<string, UsageGroup>();
  #lastGroup: UsageGroup | null = null;

  /** @param isInTotals whether it was recorded since the totals began anew */
  add({ kept, qualities }: JudgedObservation, { isInTotals }: { readonly isInTotals: boolean }): void {
    const figures = figuresOf(kept);
    const group = this.#groupOf(kept, isInTotals);
    addTo(group.phase, kept.phase, figures);
    addTo(group.model, kept.model, figures);
    addTo(group.agent, kept.agentId, figures);
    addTo(group.thread, kept.threadId, figures);
    addTo(group.application, kept.application, figures);
    addTo(group.infospace, kept.infospace, figures);
    if (kept.task !== null && kept.adapter !== null) this.#addToTask(kept.task, kept.adapter, figures, qualities);
  }

  /** Another quality of an observation that was added before. */
  addJudgement({ kept, qualities }: JudgedObservation, judgement: SourcedQuality): void {
    if (kept.task === null || kept.adapter === null) return;
    const newest = this.#taskSums(kept.task, kept.adapter, NEWEST, kept.atMs);
    const before = qualities.at(-1);
    if (before !== undefined) newest.addQuality(before.qualityMillionths, -1);
    newest.addQuality(judgement.qualityMillionths);
    this.#taskSums(kept.task, kept.adapter, judgement.source, kept.atMs).addQuality(judgement.qualityMillionths);
  }

  changes(): RollupChanges {
    const slots = new AddedSums<SlotKey>();
    const totals = new AddedSums<TotalKey>();
    for (const group of this.#usage.values()) {
      for (const dimension of groupDimensions) {
        for (const [name, sums] of group[dimension]) addUsage(slots, totals, group, dimension, name, sums.sums());
      }
    }
    const tasks = [...this.#tasks.values()].map(([key, sums]) => [key, sums.sums()] as const);
    const allDays = new AddedSums<TaskKey>();
    for (const [key, sums] of tasks)
      allDays.add(`${key.task}\0${key.source}\0${key.adapter}`, { ...key, day: ALL_DAYS }, sums);
    return { tasks: [...tasks, ...allDays.entries()], totals: [...totals.entries()], slots: [...slots.entries()] };
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

  #addToTask(task: string, adapter: string, figures: CallFigures, qualities: readonly SourcedQuality[]): void {
    const { atMs } = figures.call;
    const sums = this.#taskSums(task, adapter, NEWEST, atMs);
    sums.add(figures);
    sums.addCostSquare(figures.call);
    const newest = qualities.at(-1);
    if (newest !== undefined) sums.addQuality(newest.qualityMillionths);
    for (const { source, qualityMillionths } of qualities)
      this.#taskSums(task, adapter, source, atMs).addQuality(qualityMillionths);
  }

  #taskSums(task: string, adapter: string, source: string, atMs: number): BatchSums {
    const day = dayOf(atMs);
    const text = `${task}\0${source}\0${day}\0${adapter}`;
    const found = this.#tasks.get(text);
    if (found !== undefined) return found[1];
    const sums = new BatchSums();
    this.#tasks.set(text, [{ task, source, day, adapter }, sums]);
    return sums;
  }
}

const groupDimensions = ['phase', 'model', 'agent', 'thread', 'application', 'infospace'] as const;
type GroupDimension = (typeof groupDimensions)[number];

interface GroupKey {
  readonly slotAtMs: number;
  readonly organisation: string;
  readonly isInTotals: boolean;
}

/** Sums by name, of each dimension. */
type UsageGroup = GroupKey & Readonly<Record<GroupDimension, Map<string, BatchSums>>>;

function usageGroup(key: GroupKey): UsageGroup {
  const [phase, model, agent] = [new Map(), new Map(), new Map()];
  return { ...key, phase, model, agent, thread: new Map(), application: new Map(), infospace: new Map() };
}

function addTo(sums: Map<string, BatchSums>, name: string | null, figures: CallFigures): void {
  if (name === null) return;
  let found = sums.get(name);
  if (found === undefined) {
    found = new BatchSums();
    sums.set(name, found);
  }
  found.add(figures);
}

/** All calls have a phase, so that the sum over phases is the sum over all. */
function addUsage(
  slots: AddedSums<SlotKey>,
  totals: AddedSums<TotalKey>,
  { slotAtMs, organisation, isInTotals }: GroupKey,
  dimension: GroupDimension,
  name: string,
  sums: CallSums,
): void {
  const addSlot = (key: Pick<SlotKey, 'dimension' | 'name'>) =>
    slots.add(`${key.dimension}\0${slotAtMs}\0${organisation}\0${key.name}`, { ...key, slotAtMs, organisation }, sums);
  const addTotal = (key: TotalKey) => {
    if (isInTotals) totals.add(`${key.dimension}\0${key.name}`, key, sums);
  };
  if (dimension !== 'thread') addSlot({ dimension, name });
  if (dimension !== 'application' && dimension !== 'infospace') addTotal({ dimension, name });
  if (dimension !== 'phase') return;
  addSlot({ dimension: 'overall', name: '' });
  addTotal({ dimension: 'overall', name: '' });
  if (organisation !== '') addTotal({ dimension: 'organisation', name: organisation });
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
