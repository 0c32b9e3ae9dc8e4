import { join, resolve } from 'node:path';
import { type Clock, CodedError, parseIsoTime, systemClock } from '@budget/core';
import { aggregateMeteredCalls } from './aggregate-metered-calls.js';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import type { Variance } from './compute-variance.js';
import { type CoveredRunRecords, lookAtCovered } from './covered-run-records.js';
import type { MeteredCall } from './documents/metered-call.js';
import type { RunStatus, UsageRun } from './documents/usage-run.js';
import { enterMeteredRun, type MeteredRun } from './enter-metered-run.js';
import { infospacePaths } from './infospace-paths.js';
import { noteEnd } from './mark-run-recorded.js';
import { isRunId } from './open-run-marks.js';
import type { PriceWarning } from './pricing/price-warnings.js';

export interface RecordMeteredRunOptions {
  /** Its directory; what it lacks is created. */
  readonly infospace: string;
  /** A UUID of version 7, chosen before the first call. */
  readonly runId: string;
  /** `readRunDirectory(…).calls`, or calls at hand. They are gone through once. */
  readonly calls: Iterable<MeteredCall> | AsyncIterable<MeteredCall>;
  /** The run directory; default `output/budget/runs/<run_id>` of the infospace. It need not be there. */
  readonly directory?: string | undefined;
  readonly status: RunStatus;
  /** Why it did not complete, in a sentence for people. */
  readonly reason?: string | null | undefined;
  /** ISO 8601; kept as given. */
  readonly startedAt?: string | null | undefined;
  readonly durationSeconds?: number | null | undefined;
  /** The plan it ran against: a `snapshot_id`, `latest` (the default) or `none`. */
  readonly snapshot?: string | undefined;
  /** Run records of the same calls, as an engine writes them: `run record` does not count these again. */
  readonly covered?: CoveredRunRecords | undefined;
  /** What was found doubtful about prices when the calls were made. */
  readonly priceWarnings?: readonly PriceWarning[] | undefined;
  /** Told of the run, and of one that an earlier process left half-done. */
  readonly announce?: AnnounceRun | undefined;
  readonly clock?: Clock | undefined;
}

export interface RecordMeteredRunResult {
  /** `null` when the run had been recorded before; then nothing was changed. */
  readonly run: UsageRun | null;
  /** Its entry, whenever that was made. */
  readonly runIndex: number;
  readonly variance: Variance | null;
  readonly alreadyRecorded: boolean;
  readonly warnings: readonly string[];
}

/**
 * Makes one entry in `usage.yaml` of the calls of a metered run, its variance against the plan in `summary.yaml`, and a
 * line in `reports/generation-summary.md`. What the calls cost is summed, not computed again.
 *
 * The run is recorded when its entry is on disk; a process that dies after that loses nothing. Recording the same
 * `runId` again changes nothing. Where it fails, `recoverRuns` of a later command records the run from its directory.
 *
 * @throws CodedError `option_invalid` (kind `usage`); kind `input`: a file of the infospace cannot be used (nothing is
 * recorded); kind `environment`: the disk or the lock.
 */
export async function recordMeteredRun(options: RecordMeteredRunOptions): Promise<RecordMeteredRunResult> {
  refuseNonsense(options);
  const { runId, clock = systemClock, announce } = options;
  const paths = infospacePaths(options.infospace);
  const directory = options.directory === undefined ? join(paths.meteredRuns, runId) : resolve(options.directory);
  const end = {
    status: options.status,
    reason: options.reason ?? null,
    durationSeconds: options.durationSeconds ?? null,
    recordsUntilMs: Date.now(),
  };
  await noteEnd(directory, end);
  // Reading may take long, and the lock is for changes.
  const metered: MeteredRun = {
    runId,
    directory,
    startedAt: options.startedAt ?? null,
    snapshot: options.snapshot ?? 'latest',
    end,
    aggregated: await aggregateMeteredCalls(options.calls, options.priceWarnings),
    covered: await lookAtCovered(options.covered, paths),
  };
  return await changingInfospace(paths, async (warnings) => {
    const entered = await enterMeteredRun(metered, { paths, clock, warnings, announce });
    return { ...entered, alreadyRecorded: entered.run === null, warnings };
  });
}

function refuseNonsense({ runId, startedAt, durationSeconds }: RecordMeteredRunOptions): void {
  const duration = durationSeconds ?? 0;
  if (!isRunId(runId)) throw wrongOption(`runId is a UUID in lower case, not ${JSON.stringify(runId)}.`);
  if (!Number.isFinite(duration) || duration < 0) {
    throw wrongOption(`durationSeconds is a number of seconds that is not negative, not ${String(durationSeconds)}.`);
  }
  if (startedAt !== undefined && startedAt !== null && parseIsoTime(startedAt) === null) {
    throw wrongOption(`startedAt is a time such as 2026-11-22T01:49:58Z, not ${JSON.stringify(startedAt)}.`);
  }
}

function wrongOption(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}
