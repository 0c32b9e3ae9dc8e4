import { type Clock, CodedError } from '@budget/core';
import type { AggregatedCalls } from './aggregate-metered-calls.js';
import type { AnnounceRun } from './announce-run.js';
import { completePendingRun } from './complete-pending-run.js';
import type { Variance } from './compute-variance.js';
import { findCoveredWork, type LookedAtCovered } from './covered-run-records.js';
import { entryOfRun } from './documents/entry-of-run.js';
import { type RunEnd, readRunState } from './documents/run-state.js';
import type { UsageRun } from './documents/usage-run.js';
import { enterRun } from './enter-run.js';
import type { InfospacePaths } from './infospace-paths.js';
import { markRecorded } from './mark-run-recorded.js';
import { readSettings } from './read-settings.js';

export interface MeteredRun {
  readonly runId: string;
  /** Its run directory, whether or not it is there. */
  readonly directory: string;
  readonly startedAt: string | null;
  readonly snapshot: string;
  readonly end: RunEnd;
  readonly aggregated: AggregatedCalls;
  readonly covered: LookedAtCovered;
}

export interface EnteringMeteredRun {
  readonly paths: InfospacePaths;
  readonly clock: Clock;
  readonly warnings: string[];
  readonly announce: AnnounceRun | undefined;
}

export interface EnteredMeteredRun {
  /** `null` when the run had been recorded before; then nothing was changed. */
  readonly run: UsageRun | null;
  readonly runIndex: number;
  readonly variance: Variance | null;
}

/**
 * Under the lock: makes the entry of a metered run, unless there is one. The append to `usage.yaml` is what records it;
 * the mark in `run.json` follows, and is made up for where a process died in between.
 */
export async function enterMeteredRun(
  metered: MeteredRun,
  { paths, clock, warnings, announce }: EnteringMeteredRun,
): Promise<EnteredMeteredRun> {
  const { runId, directory, end, aggregated, covered } = metered;
  const settings = await readSettings(paths.settings);
  const usage = await completePendingRun(paths, clock, warnings, announce);
  const state = await readRunState(directory);
  const known = state?.runIndex ?? (await entryOfRun(paths.usage, runId, state?.usageBytes ?? 0));
  if (known !== null) {
    await mark(directory, known, warnings);
    return { run: null, runIndex: known, variance: null };
  }
  const { workflows, resumes, remember, ...work } = await findCoveredWork(covered, paths, usage);
  warnings.push(...settings.warnings, ...covered.warnings, ...work.warnings);
  const { callsWithoutEnd: _, ...figures } = aggregated;
  const parts = {
    runId,
    startedAt: metered.startedAt,
    durationSeconds: end.durationSeconds,
    snapshot: metered.snapshot,
    resumes,
    status: end.status,
    reason: end.reason,
    metered: true,
    workflows,
    ...figures,
    skippedWorkflows: 0,
    skippedStages: 0,
  };
  const entered = await enterRun(parts, { paths, usage, settings, clock, remember, announce });
  const { run, variance } = entered;
  warnings.push(...entered.warnings);
  await mark(directory, run.runIndex, warnings);
  return { run, runIndex: run.runIndex, variance };
}

/** The run is recorded; that its directory does not say so yet is told, and is mended by `recoverRuns`. */
async function mark(directory: string, runIndex: number, warnings: string[]): Promise<void> {
  try {
    await markRecorded(directory, runIndex);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    warnings.push(
      `Run ${runIndex} is recorded, but its directory does not say so yet; a later command writes it. ${error.message}`,
    );
  }
}
