import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { recordedWorkflow } from './aggregate-usage.js';
import { runRecordsIn } from './collect-run-records.js';
import type { UsageOverview } from './documents/usage-overview.js';
import type { RecordedWorkflow, UsageRun } from './documents/usage-run.js';
import { findNewWork, type LookedAtRecords, lookAtRecords } from './find-new-work.js';
import type { InfospacePaths } from './infospace-paths.js';
import { readRecord } from './read-run-records.js';
import { fileStamp } from './storage/files.js';

/**
 * Run records of the same calls that were metered: those of `output/workflows/runs/` that were changed within a time, in
 * milliseconds since 1970 by the clock of the disk, or these files.
 */
export type CoveredRunRecords =
  | { readonly sinceMs: number; readonly untilMs?: number | undefined }
  | { readonly files: readonly string[] };

export interface LookedAtCovered {
  readonly files: readonly string[];
  readonly looked: LookedAtRecords;
  readonly warnings: readonly string[];
}

/** Reads them, before the lock is taken. One that cannot be read is told, and is no reason not to record what was paid. */
export async function lookAtCovered(
  covered: CoveredRunRecords | undefined,
  paths: InfospacePaths,
): Promise<LookedAtCovered> {
  const warnings: string[] = [];
  const files: string[] = [];
  for (const file of namedBy(covered, paths, warnings)) {
    const failure = await failureOf(() => readRecord(file));
    if (failure === null) files.push(file);
    else warnings.push(notMarked(failure));
  }
  const looked = await lookAtRecords({ runs: files, directory: paths.root }, paths);
  return { files, looked, warnings };
}

export interface CoveredWork {
  readonly workflows: readonly RecordedWorkflow[];
  /** The newest run that one of them goes on with, or `null`. */
  readonly resumes: number | null;
  readonly warnings: readonly string[];
  readonly remember: (run: UsageRun) => Promise<void>;
}

/** What of them is not recorded yet: stages that the entry of the run names, so that none counts their calls again. */
export async function findCoveredWork(
  { files, looked }: LookedAtCovered,
  paths: InfospacePaths,
  usage: UsageOverview,
): Promise<CoveredWork> {
  const { newWork, remember } = await findNewWork(looked, { runs: files, directory: paths.root }, paths, usage);
  return {
    workflows: newWork.workflows.map((workflow) => recordedWorkflow(workflow, { covered: true })),
    resumes: newWork.resumes,
    warnings: [...newWork.remarks.values()],
    remember,
  };
}

function namedBy(covered: CoveredRunRecords | undefined, paths: InfospacePaths, warnings: string[]): string[] {
  if (covered === undefined) return [];
  if ('files' in covered) return [...new Set(covered.files.map((file) => resolve(paths.root, file)))];
  const { sinceMs, untilMs = Number.POSITIVE_INFINITY } = covered;
  try {
    return runRecordsIn(paths.runRecords).filter((file) => {
      const modifiedMs = fileStamp(file)?.modifiedMs;
      return modifiedMs !== undefined && modifiedMs >= sinceMs && modifiedMs <= untilMs;
    });
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    warnings.push(notMarked(error));
    return [];
  }
}

async function failureOf(step: () => Promise<unknown>): Promise<CodedError | null> {
  try {
    await step();
    return null;
  } catch (error) {
    if (CodedError.isInstance(error)) return error;
    throw error;
  }
}

function notMarked({ file, message }: CodedError): string {
  const advice = `Before you run \`budget run record\`, know that its calls are counted already.`;
  return `A run record of this run cannot be read, and is not marked as counted${file === undefined ? '' : ` (${file})`}: ${message} ${advice}`;
}
