import { type Clock, CodedError, parseIsoTime, systemClock, uuidv7 } from '@budget/core';
import { aggregateUsage, type RecordedCall } from './aggregate-usage.js';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import { completePendingRun } from './complete-pending-run.js';
import type { Variance } from './compute-variance.js';
import type { UsageRun } from './documents/usage-run.js';
import { enterRun, type RunParts } from './enter-run.js';
import { findNewWork, lookAtRecords } from './find-new-work.js';
import { existingWorkspace, infospacePaths, workspaceOf } from './infospace-paths.js';
import { pricesWith } from './read-prices.js';
import type { RunRecords } from './read-run-records.js';
import { readSettings } from './read-settings.js';
import { isDirectory } from './storage/files.js';

export interface RecordRunOptions {
  /** Its directory; what it lacks is created. */
  readonly infospace: string;
  /**
   * Run records: files, directories, glob patterns. Default: those in `output/workflows/runs/`, in the order of their
   * names. Not together with `records`.
   */
  readonly runs?: readonly string[] | undefined;
  /** What relative names in `runs` are relative to; default the current directory. */
  readonly directory?: string | undefined;
  /** Run records at hand, in the shape that they have on disk. One that is no map is skipped and counted. */
  readonly records?: readonly unknown[] | undefined;
  /** The plan it ran against: a `snapshot_id`, `latest` (the default) or `none`. */
  readonly snapshot?: string | undefined;
  /** Where `model-rates.yaml` is; default two levels above `…/infospaces/<slug>`, else the infospace itself. */
  readonly workspace?: string | undefined;
  /** ISO 8601, in UTC where it names no zone; kept as given. */
  readonly startedAt?: string | null | undefined;
  readonly durationSeconds?: number | null | undefined;
  /** Told of the run, and of one that an earlier process left half-done. */
  readonly announce?: AnnounceRun | undefined;
  readonly clock?: Clock | undefined;
}

export interface RecordRunResult {
  /** `null` when every record had been recorded before, or there was none: then nothing was changed. */
  readonly run: UsageRun | null;
  readonly variance: Variance | null;
  /** Its calls with what each cost, in the order of the records. Empty where `run` is `null`. */
  readonly calls: readonly RecordedCall[];
  /** How many of the given records held nothing new. */
  readonly alreadyRecorded: number;
  readonly warnings: readonly string[];
}

/**
 * Makes one run of the run records that are not yet recorded: an entry in `usage.yaml`, its variance against the plan
 * in `summary.yaml`, and a line in `reports/generation-summary.md`.
 *
 * The run is recorded when its entry is on disk. A process that dies after that loses nothing: the next command on the
 * infospace writes the other files. Recording the same records again changes nothing; of a resumed workflow only the
 * new stages are recorded.
 *
 * @throws CodedError `options_conflict`, `option_invalid` (kind `usage`); kind `input`: a record, or a file of the
 * infospace, cannot be used (nothing is recorded); kind `environment`: the disk or the lock.
 */
export async function recordRun(options: RecordRunOptions): Promise<RecordRunResult> {
  refuseNonsense(options);
  const clock = options.clock ?? systemClock;
  const paths = infospacePaths(options.infospace);
  const { workspace: named } = options;
  const workspace = named === undefined ? workspaceOf(paths.root) : existingWorkspace(named);
  const looked = await lookAtRecords(options, paths);
  // Nothing is made of nothing, in a directory that may be a slip of the pen.
  if (looked.given.workflows.length === 0 && !isDirectory(paths.budgetDirectory))
    return nothingNew(looked.given, 0, looked.given.warnings);
  return await changingInfospace(paths, async (warnings) => {
    const settings = await readSettings(paths.settings);
    const { book } = await pricesWith(settings.models, workspace);
    const usage = await completePendingRun(paths, clock, warnings, options.announce);
    const { given, newWork, alreadyRecorded, remember } = await findNewWork(looked, options, paths, usage);
    warnings.push(...settings.warnings, ...given.warnings, ...newWork.remarks.values());
    if (newWork.workflows.length === 0) {
      await remember(null);
      return nothingNew(given, alreadyRecorded, warnings);
    }

    const { calls, ...aggregated } = aggregateUsage(newWork.workflows, book, {
      callMs: startedMs(options) ?? clock.nowMs(),
      nowMs: clock.nowMs(),
    });
    const parts: RunParts = {
      runId: uuidv7(clock),
      startedAt: options.startedAt ?? null,
      durationSeconds: options.durationSeconds ?? null,
      snapshot: options.snapshot ?? 'latest',
      resumes: newWork.resumes,
      status: null,
      reason: null,
      metered: false,
      ...aggregated,
      skippedWorkflows: given.skippedWorkflows,
    };
    const { announce } = options;
    const entered = await enterRun(parts, { paths, usage, settings, clock, remember, announce });
    const { run, variance } = entered;
    warnings.push(...entered.warnings);
    return { run, variance, calls, alreadyRecorded, warnings };
  });
}

function nothingNew(given: RunRecords, alreadyRecorded: number, warnings: readonly string[]): RecordRunResult {
  const skipped = given.skippedWorkflows;
  const remarks = skipped > 0 ? [`Run records that are no maps were skipped: ${skipped}.`] : [];
  return { run: null, variance: null, calls: [], alreadyRecorded, warnings: [...warnings, ...remarks] };
}

function refuseNonsense({ startedAt, durationSeconds }: RecordRunOptions): void {
  const duration = durationSeconds ?? 0;
  if (!Number.isFinite(duration) || duration < 0) {
    throw wrongOption(
      `durationSeconds is a number of seconds that is not negative, not ${JSON.stringify(durationSeconds)}.`,
    );
  }
  if (startedAt !== undefined && startedAt !== null && parseIsoTime(startedAt) === null) {
    throw wrongOption(`startedAt is a time such as 2026-11-22T01:49:58Z, not ${JSON.stringify(startedAt)}.`);
  }
}

/** Past calls keep the prices of their time. */
function startedMs({ startedAt }: RecordRunOptions): number | null {
  return startedAt === undefined || startedAt === null ? null : parseIsoTime(startedAt);
}

function wrongOption(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}
