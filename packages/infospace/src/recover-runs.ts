import { type Clock, CodedError, systemClock } from '@budget/core';
import { aggregateMeteredCalls } from './aggregate-metered-calls.js';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import { closeDeadRun, howItFellSilent, howItWasLeft, whatItUsed, whyItIsLeft } from './close-dead-run.js';
import type { Variance } from './compute-variance.js';
import { lookAtCovered } from './covered-run-records.js';
import type { UsageRun } from './documents/usage-run.js';
import { type EnteringMeteredRun, enterMeteredRun } from './enter-metered-run.js';
import { infospacePaths } from './infospace-paths.js';
import { callsIn } from './read-run-directory.js';
import { type UnfinishedRun, unfinishedRuns } from './unfinished-runs.js';

export interface RecoverRunsOptions {
  readonly infospace: string;
  /**
   * Also those of another machine, container or boot that have written nothing for an hour. Default: they are only told,
   * since nobody here can say whether they live.
   */
  readonly recordSilent?: boolean | undefined;
  /** Told of each run. */
  readonly announce?: AnnounceRun | undefined;
  readonly clock?: Clock | undefined;
}

export interface RecoveredRun {
  readonly directory: string;
  readonly run: UsageRun;
  readonly variance: Variance;
  /** How it came about, in sentences for people. */
  readonly message: string;
}

export interface UnrecoveredRun {
  readonly directory: string;
  /** Why it was not recorded and what to do, in sentences for people. */
  readonly message: string;
}

export interface RecoveredRuns {
  /** Those that were recorded just now, oldest first. */
  readonly recovered: readonly RecoveredRun[];
  /** Those that are left: their files or those of the infospace cannot be used, or they may be under way elsewhere. */
  readonly unrecovered: readonly UnrecoveredRun[];
  /** All that a person should know, the messages of both included. */
  readonly warnings: readonly string[];
}

/**
 * Records the metered runs of an infospace whose processes died before they could. Where there is none, which is nearly
 * always, it takes no lock and creates nothing. It may be done by several processes at once.
 *
 * @throws CodedError kind `input`: the directory of the runs is none; kind `environment`: the disk or the lock.
 */
export async function recoverRuns(options: RecoverRunsOptions): Promise<RecoveredRuns> {
  const { recordSilent = false, clock = systemClock, announce } = options;
  const paths = infospacePaths(options.infospace);
  const { dead, silent, unreadable } = await unfinishedRuns(paths.meteredRuns, { clock });
  const left = [
    ...unreadable,
    ...(recordSilent ? [] : silent.map((run) => ({ directory: run.directory, message: howItFellSilent(run) }))),
  ];
  const unfinished = recordSilent ? [...dead, ...silent] : dead;
  if (unfinished.length === 0)
    return { recovered: [], unrecovered: left, warnings: left.map(({ message }) => message) };
  return await changingInfospace(paths, async (warnings) => {
    const recovered: RecoveredRun[] = [];
    const unrecovered = [...left];
    for (const run of unfinished) {
      // One that cannot be recorded must not keep the others from it.
      const result = await recoverUnlessImpossible(run, { paths, clock, warnings, announce });
      if (result !== null && 'run' in result) recovered.push(result);
      else if (result !== null) unrecovered.push(result);
    }
    warnings.push(...[...recovered, ...unrecovered].map(({ message }) => message));
    return { recovered, unrecovered, warnings };
  });
}

async function recoverUnlessImpossible(
  run: UnfinishedRun,
  recovering: EnteringMeteredRun,
): Promise<RecoveredRun | UnrecoveredRun | null> {
  const { directory } = run;
  try {
    return await recover(run, recovering);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return { directory, message: whyItIsLeft(run, error) };
  }
}

async function recover(unfinished: UnfinishedRun, entering: EnteringMeteredRun): Promise<RecoveredRun | null> {
  const { directory } = unfinished;
  const closed = await closeDeadRun(unfinished);
  if (closed === null) return null;
  const { before, end } = closed;
  const aggregated = await aggregateMeteredCalls(callsIn(directory));
  const metered = {
    runId: before.runId,
    directory,
    startedAt: before.startedAt,
    snapshot: before.snapshotId ?? 'none',
    end,
    aggregated,
    covered: await lookAtCovered({ sinceMs: before.beganOnDiskMs, untilMs: end.recordsUntilMs }, entering.paths),
  };
  const { run, variance } = await enterMeteredRun(metered, entering);
  // It had been recorded, and only the mark was missing.
  if (run === null || variance === null) return null;
  const used = whatItUsed({ rollup: run.rollup, callsWithoutEnd: aggregated.callsWithoutEnd });
  return { directory, run, variance, message: `${howItWasLeft(before)}. It is now, as run ${run.runIndex}: ${used}` };
}
