import { dirname } from 'node:path';
import { type Clock, CodedError } from '@budget/core';
import type { AnnouncedRun, AnnounceRun } from './announce-run.js';
import { computeVariance, type Variance } from './compute-variance.js';
import { writeVarianceLine } from './documents/report.js';
import { readSummaryFile, writeSummaryFile } from './documents/summary-file.js';
import { readUsageOverview, type UsageOverview } from './documents/usage-overview.js';
import type { RecordedRun } from './documents/usage-run.js';
import { repairTornTail } from './documents/write-usage.js';
import type { InfospacePaths } from './infospace-paths.js';
import { removeLeftovers } from './storage/files.js';
import type { YamlMap } from './yaml/scalars.js';

/**
 * A run is recorded once its entry stands in `usage.yaml`. What follows from it is written afterwards, `summary.yaml`
 * last, so a summary of another run than the last one means that a process died in between.
 */
export function isPending(lastRun: RecordedRun | undefined, summary: YamlMap | null): lastRun is AnnouncedRun {
  // An entry by others is followed by others' files.
  return lastRun !== undefined && lastRun.runId !== null && summary?.['run_id'] !== lastRun.runId;
}

/**
 * Under the lock: cuts off a torn entry, and writes what a killed process left unwritten. What it did is added to
 * `warnings` as it is done, in sentences for people, so that a failure afterwards does not take the notice with it.
 *
 * @returns `usage.yaml` as it is now.
 */
export async function completePendingRun(
  paths: InfospacePaths,
  clock: Clock,
  warnings: string[],
  announce?: AnnounceRun,
): Promise<UsageOverview> {
  let usage = await readUsageOverview(paths.usage);
  const aside = await repairTornTail(usage, clock.nowMs());
  if (aside !== null) {
    warnings.push(
      `${paths.usage}: its last entry was torn by a crash and is not counted; its ${usage.tornBytes} bytes are in ${aside}. Record that run again.`,
    );
    usage = await readUsageOverview(paths.usage);
  }
  const lastRun = usage.recentRuns.at(-1);
  if (isPending(lastRun, await readSummaryFile(paths.summary))) {
    const { failure } = await writeRunFiles(paths, lastRun, announce && ((run) => announce(run, { isLeftOver: true })));
    const done = `Run ${lastRun.runIndex} had been recorded and its summary not yet written; it is now.`;
    warnings.push(failure ?? done);
  }
  return usage;
}

export interface WrittenRunFiles {
  readonly variance: Variance;
  /** Why they could not be written, for people; the next command tries again. `null` when they are. */
  readonly failure: string | null;
}

/**
 * What follows from a recorded run: others are told, and its files written. The summary comes last: it says that the rest
 * is done. The run is recorded whatever becomes of them, so failing to write them is told and not thrown.
 */
export async function writeRunFiles(
  paths: InfospacePaths,
  run: AnnouncedRun,
  announce: ((run: AnnouncedRun) => Promise<void>) | undefined,
): Promise<WrittenRunFiles> {
  const variance = computeVariance(run);
  try {
    await announce?.(run);
    await removeLeftovers(dirname(paths.report));
    await writeVarianceLine(paths.report, variance);
    await writeSummaryFile(paths.summary, variance);
    return { variance, failure: null };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const failure = `Run ${run.runIndex} is recorded, but its report or summary could not be written; the next command tries again. ${error.message}`;
    return { variance, failure };
  }
}
