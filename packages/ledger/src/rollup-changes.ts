import type { CallSums } from './call-sums.js';
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

/**
 * What is to be added to roll-ups. Each key is there once. Of tasks those of one task, day and adapter stand together, `NEWEST`
 * first; otherwise they are in no order.
 */
export interface RollupChanges<Sums = CallSums> {
  readonly tasks: readonly (readonly [TaskKey, Sums])[];
  readonly totals: readonly (readonly [TotalKey, Sums])[];
  readonly slots: readonly (readonly [SlotKey, Sums])[];
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

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

export function slotOf(atMs: number): number {
  return atMs - (atMs % SLOT_MS);
}
