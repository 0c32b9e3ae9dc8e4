import { type Clock, CodedError, systemClock } from '@budget/core';
import { adviceForRuns, type RunState, readRunState, runStateFile } from './documents/run-state.js';
import { markedDirectories, unmarkOpen } from './open-run-marks.js';
import { costsFile, openCallsFile } from './run-directory.js';
import { fileStamp } from './storage/files.js';
import { livenessOf, parseIdentity } from './storage/process-identity.js';
import { unlessUnusable } from './unless-unusable.js';

export interface UnfinishedRun {
  readonly directory: string;
  readonly state: RunState;
  /** When something was written to it last, in milliseconds since 1970, by the clock of the disk. */
  readonly lastChangeMs: number;
}

export interface UnfinishedRuns {
  /** Their processes are known to be dead. */
  readonly dead: readonly UnfinishedRun[];
  /** Of another machine, container or boot, whose processes cannot be asked; nothing was written for an hour. */
  readonly silent: readonly UnfinishedRun[];
  /** What cannot be read, and why, in a sentence for people. */
  readonly unreadable: readonly { readonly directory: string; readonly message: string }[];
}

const SILENT_AFTER_MS = 60 * 60 * 1000;

/**
 * The runs of a base directory (`output/budget/runs` of an infospace, or another) that are not recorded and are no longer
 * under way, oldest first. It takes as long as there are open ones, however many there ever were.
 *
 * @throws CodedError `not_a_directory` (kind `input`) or kind `environment`: the base directory cannot be read.
 */
export async function unfinishedRuns(
  baseDirectory: string,
  { clock = systemClock }: { readonly clock?: Clock | undefined } = {},
): Promise<UnfinishedRuns> {
  const dead: UnfinishedRun[] = [];
  const silent: UnfinishedRun[] = [];
  const unreadable: { directory: string; message: string }[] = [];
  for (const directory of markedDirectories(baseDirectory)) {
    try {
      const state = await readRunState(directory);
      if (state === null && hasLines(directory)) throw stateGone(runStateFile(directory));
      if (state === null || state.state === 'recorded') {
        // A process died before it could take its mark away, or somebody has deleted the run.
        await unlessUnusable(() => unmarkOpen(directory));
        continue;
      }
      const run = { directory, state, lastChangeMs: lastChangeOf(directory) };
      const identity = parseIdentity(state.process);
      const liveness = identity === null ? 'unknown' : livenessOf(identity);
      if (liveness === 'dead') dead.push(run);
      if (liveness === 'unknown' && clock.nowMs() - run.lastChangeMs >= SILENT_AFTER_MS) silent.push(run);
    } catch (error) {
      // One that cannot be read must not keep the others from being recorded.
      if (!CodedError.isInstance(error)) throw error;
      unreadable.push({ directory, message: error.message });
    }
  }
  return { dead, silent, unreadable };
}

/** What calls may have cost does not go with the file that says whose they are. */
function hasLines(directory: string): boolean {
  return [costsFile(directory), openCallsFile(directory)].some((file) => (fileStamp(file)?.bytes ?? 0) > 0);
}

function stateGone(file: string): CodedError {
  const message = `${file} is not there, and without it the calls of this run cannot be recorded. ${adviceForRuns}`;
  return new CodedError({ code: 'file_corrupt', kind: 'input', file, message });
}

function lastChangeOf(directory: string): number {
  const files = [costsFile(directory), openCallsFile(directory), runStateFile(directory)];
  return Math.max(...files.map((file) => fileStamp(file)?.modifiedMs ?? 0));
}
