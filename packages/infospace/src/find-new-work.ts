import type { UsageOverview } from './documents/usage-overview.js';
import type { UsageRun } from './documents/usage-run.js';
import type { InfospacePaths } from './infospace-paths.js';
import { type KnownRecordFiles, readKnownRecordFiles, rememberRecordFiles } from './known-record-files.js';
import { findKnownWorkflows, rememberRun } from './known-workflows.js';
import { type RunRecords, type RunRecordsGiven, readRunRecords } from './read-run-records.js';
import { type NewWork, selectNewWork } from './select-new-work.js';

/** Run records that were read, but for files in which nothing seemed new. */
export interface LookedAtRecords {
  readonly given: RunRecords;
  readonly knownFiles: KnownRecordFiles;
  readonly startedMs: number;
}

/**
 * Reads them, which may take long; so it is done before the lock is taken.
 *
 * @throws CodedError as `readRunRecords`.
 */
export async function lookAtRecords(options: RunRecordsGiven, paths: InfospacePaths): Promise<LookedAtRecords> {
  const startedMs = Date.now();
  const knownFiles = await readKnownRecordFiles(paths);
  return { given: await readRunRecords(options, paths.runRecords, knownFiles.has), knownFiles, startedMs };
}

export interface FoundWork {
  readonly given: RunRecords;
  readonly newWork: NewWork;
  /** How many of the given records held nothing new. */
  readonly alreadyRecorded: number;
  /** To be called when the new work is recorded, with its run, or when there was none: keeps the indexes. */
  readonly remember: (run: UsageRun | null) => Promise<void>;
}

/** Which of the records hold what `usage.yaml` has not recorded. Under the lock. */
export async function findNewWork(
  looked: LookedAtRecords,
  options: RunRecordsGiven,
  paths: InfospacePaths,
  usage: UsageOverview,
): Promise<FoundWork> {
  const { knownFiles, startedMs } = looked;
  let { given } = looked;
  let known = await findKnownWorkflows(paths, usage, given.workflows);
  // Somebody has changed `usage.yaml`: what those files hold may no longer be recorded.
  if (given.knownFiles > 0 && known.index?.id !== knownFiles.index.workflowIndexId) {
    given = await readRunRecords(options, paths.runRecords, () => false);
    known = await findKnownWorkflows(paths, usage, given.workflows);
  }
  const { index } = known;
  const newWork = selectNewWork(given.workflows, known.byIdentity);
  const remember = async (run: UsageRun | null): Promise<void> => {
    if (index === null) return;
    if (run !== null) await rememberRun(paths, index, run);
    await rememberRecordFiles(paths, knownFiles, index, given.readFiles, { startedMs, remarkable: newWork.remarks });
  };
  return { given, newWork, alreadyRecorded: newWork.alreadyRecorded + given.knownFiles, remember };
}
