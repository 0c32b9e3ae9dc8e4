import { type Clock, CodedError, formatUsd, systemClock } from '@budget/core';
import { type AggregatedCalls, aggregateMeteredCalls } from './aggregate-metered-calls.js';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import type { Variance } from './compute-variance.js';
import { lookAtCovered } from './covered-run-records.js';
import { costLine } from './documents/call-lines.js';
import { callWithoutEnd } from './documents/metered-call.js';
import { type RunState, readRunState } from './documents/run-state.js';
import type { UsageRun } from './documents/usage-run.js';
import { type EnteringMeteredRun, enterMeteredRun } from './enter-metered-run.js';
import { infospacePaths } from './infospace-paths.js';
import { noteEnd } from './mark-run-recorded.js';
import { callsIn, callsWithoutEnd } from './read-run-directory.js';
import { costsFile } from './run-directory.js';
import { removeLeftovers } from './storage/files.js';
import { openLineFile } from './storage/line-file.js';
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
  const left = [...unreadable, ...(recordSilent ? [] : silent.map(silentRun))];
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
    // It was found before the lock was held: somebody else may have been faster.
    const state = await readRunState(directory);
    return state?.state === 'open' ? await recover(run, state, recovering) : null;
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const message = `Run ${run.state.runId} is over and could not be recorded; the next command tries again. ${error.message}`;
    return { directory, message };
  }
}

/** Until then an engine that outlived the meter may have written what it did while there was one. */
const RECORDS_AFTER_DEATH_MS = 60_000;
const KILLED = 'the command that ran it was killed';

async function recover(
  { directory, lastChangeMs }: UnfinishedRun,
  before: RunState,
  entering: EnteringMeteredRun,
): Promise<RecoveredRun | null> {
  const recordsUntilMs = lastChangeMs + RECORDS_AFTER_DEATH_MS;
  const end = before.end ?? { status: 'cancelled', reason: KILLED, durationSeconds: null, recordsUntilMs };
  // First of all: what is written from here on would count as a sign of life.
  await noteEnd(directory, end);
  await removeLeftovers(directory);
  await finishOpenCalls(directory, before.runId);
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
  return { directory, run, variance, message: recoveredRun(run, before, aggregated) };
}

/** So that `costs.jsonl` alone tells what the run cost. A line that was torn off is cut off first. */
async function finishOpenCalls(directory: string, runId: string): Promise<void> {
  const open = callsWithoutEnd(directory);
  const costs = openLineFile(costsFile(directory));
  try {
    for (const call of open) await costs.append(costLine(callWithoutEnd(call), runId));
  } finally {
    await costs.close();
  }
}

function recoveredRun(run: UsageRun, before: RunState, { callsWithoutEnd }: AggregatedCalls): string {
  const { totalCalls, costNanoUsdKnown, costNanoUsdEstimated, unpricedCalls } = run.rollup;
  const cost = `${unpricedCalls > 0 ? '≥' : ''}$${formatUsd(costNanoUsdKnown + (costNanoUsdEstimated ?? 0n))}`;
  const what = `Run ${run.runId}${before.command === null ? '' : ` (${before.command})`}`;
  const state = before.end === null ? 'was killed before it was recorded' : 'was over, and was not recorded yet';
  const open =
    callsWithoutEnd === 0
      ? ''
      : ` Of ${callsWithoutEnd} of them nobody saw the end: they count as what they were estimated to cost.`;
  return `${what} ${state}. It is now, as run ${run.runIndex}: ${totalCalls} calls, ${cost}.${open}`;
}

function silentRun({ directory, state, lastChangeMs }: UnfinishedRun): UnrecoveredRun {
  const since = new Date(lastChangeMs).toISOString();
  const message = `Run ${state.runId} was begun by another machine, container or boot and is not recorded; ${directory} has been silent since ${since}. If it is over, \`budget doctor\` records it.`;
  return { directory, message };
}
