import { type Clock, isoTime } from '@budget/core';
import type { AnnounceRun } from './announce-run.js';
import { chooseSnapshot } from './choose-snapshot.js';
import { writeRunFiles } from './complete-pending-run.js';
import type { Variance } from './compute-variance.js';
import { readPlansFile } from './documents/plans-file.js';
import type { Settings } from './documents/settings-values.js';
import type { UsageOverview } from './documents/usage-overview.js';
import type { UsageRun } from './documents/usage-run.js';
import { appendRun } from './documents/write-usage.js';
import type { InfospacePaths } from './infospace-paths.js';
import { runRemarks } from './run-remarks.js';
import { addRun, budgetStatus } from './usage-totals.js';

/** What a run is made of; the rest follows from the infospace. */
export type RunParts = Omit<
  UsageRun,
  'runIndex' | 'completedAt' | 'snapshotId' | 'plan' | 'budgetStatus' | 'totalsToDate'
> & {
  /** The plan it ran against: a `snapshot_id`, `latest` or `none`. */
  readonly snapshot: string;
};

export interface EnteringRun {
  readonly paths: InfospacePaths;
  readonly usage: UsageOverview;
  readonly settings: Settings;
  readonly clock: Clock;
  /** Done as soon as the entry is on disk, and before what may fail. */
  readonly remember: (run: UsageRun) => Promise<void>;
  readonly announce: AnnounceRun | undefined;
}

export interface EnteredRun {
  readonly run: UsageRun;
  readonly variance: Variance;
  readonly warnings: readonly string[];
}

/**
 * Under the lock: appends a run to `usage.yaml`, which is what records it, and writes what follows from its entry: the
 * indexes, the line in the report, the summary.
 *
 * @throws CodedError, and nothing is recorded: `file_corrupt`, … (kind `input`) of the plans, or kind `environment`.
 */
export async function enterRun(
  parts: RunParts,
  { paths, usage, settings, clock, remember, announce }: EnteringRun,
): Promise<EnteredRun> {
  const { snapshot: wanted, ...given } = parts;
  const plans = await readPlansFile(paths.plans);
  const snapshot = chooseSnapshot(plans.snapshots, wanted);
  const totalsToDate = addRun(usage.totals, given);
  const run: UsageRun = {
    runIndex: nextRunIndex(usage),
    completedAt: isoTime(clock),
    snapshotId: snapshot.id,
    ...given,
    budgetStatus: budgetStatus(totalsToDate, settings),
    plan: snapshot.found?.estimates ?? null,
    totalsToDate,
  };
  await appendRun(usage, run);
  await remember(run);
  const { variance, failure } = await writeRunFiles(
    paths,
    run,
    announce && ((told) => announce(told, { isLeftOver: false })),
  );
  return {
    run,
    variance,
    warnings: [...runRemarks(run, settings), ...(failure === null ? [] : [failure])],
  };
}

/** Counts on from the last entry; where it has no index, or branches were merged, from their number. */
function nextRunIndex({ recentRuns, totals }: UsageOverview): number {
  return Math.max(recentRuns.at(-1)?.runIndex ?? 0, totals.runs) + 1;
}
