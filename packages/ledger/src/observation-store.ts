import type { CallSums } from './call-sums.js';
import type { KeptJudgement } from './checked-observation.js';
import type { KeptObservation } from './kept-observation.js';
import type { SlotDimension, UsageDimension } from './rollup-changes.js';
import type { TaskSummary } from './task-summary.js';
import type { UsageSums } from './usage-sums.js';

/**
 * Where observations are kept, and the roll-ups that answer without looking at them: whole verbs, as those of
 * `LedgerStore`. Arguments are checked before; a promise rejects only when the store could not do its work, and then the
 * verb may be repeated: what was recorded is recorded once.
 *
 * **Roll-ups** change in the same transaction as what they sum. A `RollupCollector` says what a batch adds to each; a
 * store adds it, to as many rows as there are different keys. So a batch costs the same whatever was recorded before.
 *
 * **Forgetting.** Observations go a time after they were recorded, a few with every batch. What they added stays in the
 * roll-ups, and is also added to a second set of sums, `forgotten`: so at any time a roll-up is the sum of what is
 * forgotten and of the observations that are kept, which `auditRollups` proves and `rebuildRollups` restores.
 * Only the names of threads and agents are as many as a program likes to make: their roll-ups go when the last of their
 * observations does.
 *
 * **Time** is that of the observations, as instants; what a store decides by its own is when to forget.
 */
export interface ObservationStore {
  /**
   * Records at most `MAX_BATCH` observations, all or none. Says of each, in their order: `recorded`; `known`, where the
   * same had been recorded under this id, also earlier in the batch; `differs`, where another one had: that one stays.
   */
  observe(batch: readonly KeptObservation[]): Promise<readonly ObserveOutcome[]>;
  /**
   * Adds a quality to an observation: `judged`; or nothing, where this source said the same (`known`) or something else
   * (`differs`) of it before, or there is none (`unknown`).
   */
  judge(judgement: KeptJudgement): Promise<JudgeOutcome>;
  readObservation(id: string): Promise<KeptObservation | null>;
  /** What was said of at most `MAX_BATCH` observations after they were recorded: of each in the order in which it was said. */
  readJudgements(observationIds: readonly string[]): Promise<readonly KeptJudgement[]>;
  /** Newest first by `at`; of the same moment, what was recorded last. `total` counts all that fit the filters. */
  listObservations(query: ObservationQuery): Promise<ObservationPage>;

  /** Of one adapter, or of all that were observed for the task, by name. */
  readTaskSummaries(query: TaskSummaryQuery): Promise<readonly TaskSummary[]>;
  /** Since the last reset. By name; `after`: only later names. */
  listUsageTotals(query: UsageTotalsQuery): Promise<readonly NamedTotalSums[]>;
  /** Of how many names there are any since the last reset; not counted further than `atMost`. */
  countUsageTotals(dimension: UsageDimension, atMost: number): Promise<number>;
  /** `null` for what was not used since the last reset. */
  readUsageTotal(dimension: UsageDimension, name: string): Promise<TotalSums | null>;
  /**
   * What was used within each of these spans, in their order, by name. A span need not begin and end with a quarter of
   * an hour: the parts of one are summed from the observations that are kept.
   */
  readUsage(query: UsageQuery): Promise<readonly (readonly NamedUsageSums[])[]>;
  /** From now on totals are those of what is recorded from now on. Everything is kept. Resolves to when this was. */
  resetUsage(): Promise<number>;
  /** When totals began anew; `null` where they never did. */
  readUsageReset(): Promise<number | null>;

  /** Compares every roll-up with the sum that it stands for, of one moment, while others write on. */
  auditRollups(): Promise<readonly RollupDiscrepancy[]>;
  /** Mends what `auditRollups` finds, while others write on. Resolves to what it mended. */
  rebuildRollups(): Promise<readonly RollupDiscrepancy[]>;
}

/** Of one call of `observe`. */
export const MAX_BATCH = 1000;

export type ObserveOutcome = 'recorded' | 'known' | 'differs';
export type JudgeOutcome = 'judged' | 'known' | 'differs' | 'unknown';

export interface Span {
  readonly fromMs: number;
  /** The first moment after it. */
  readonly toMs: number;
}

export interface ObservationQuery {
  readonly span: Span;
  readonly organisationId: string | null;
  readonly agentId: string | null;
  readonly model: string | null;
  readonly offset: number;
  readonly limit: number;
}

export interface ObservationPage {
  readonly observations: readonly KeptObservation[];
  readonly total: number;
}

export interface TaskSummaryQuery {
  readonly task: string;
  /** `null`: all. */
  readonly adapter: string | null;
  /** A day since 1970 in UTC; `null`: since ever, which is one row for each adapter. */
  readonly sinceDay: number | null;
  /** Whose judgements count; `null`: the newest of each observation. */
  readonly source: string | null;
}

export interface UsageTotalsQuery {
  readonly dimension: UsageDimension;
  readonly after: string | null;
  readonly limit: number;
}

export interface UsageQuery {
  readonly by: SlotDimension | 'organisation';
  readonly spans: readonly Span[];
  /** `null`: all. */
  readonly organisationId: string | null;
}

/** Qualities, and the squares of costs, are summed for tasks alone. */
export type TotalSums = Omit<CallSums, 'judged' | 'qualityMillionths' | 'qualitySquaresMillionths' | 'costSquares'>;

/** `name` is empty for `overall`, and for the calls that named none. */
export interface NamedTotalSums extends TotalSums {
  readonly name: string;
}

export interface NamedUsageSums extends UsageSums {
  readonly name: string;
}

/** A roll-up that is not the sum of its observations. */
export interface RollupDiscrepancy {
  /** Which, in words: `task summarise, adapter fast, day 2026-11-28`. */
  readonly rollup: string;
  /** As `field: kept, but summed`, for each field that differs. */
  readonly differences: readonly string[];
}
