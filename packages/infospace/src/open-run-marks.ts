import { basename, dirname, join } from 'node:path';
import { directoryNames, ensureDirectory, removeFile, replaceFile } from './storage/files.js';

/**
 * `.open/<run_id>` beside the run directories: an empty file for each run that is not recorded yet. So to find those that
 * a crash has left, nobody looks into the directories of all the runs that ever were.
 */
const MARKS = '.open';

const RUN_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether it can be the name of a directory, and of nothing else. */
export const isRunId = (text: string): boolean => RUN_ID.test(text);

/** @throws CodedError kind `environment`. */
export async function markOpen(directory: string): Promise<void> {
  const mark = markOf(directory);
  await ensureDirectory(dirname(mark));
  await replaceFile(mark, '');
}

/** @throws CodedError kind `environment`. */
export async function unmarkOpen(directory: string): Promise<void> {
  await removeFile(markOf(directory));
}

/**
 * The directories of the runs that are marked, oldest first: ids sort by time.
 *
 * @throws CodedError `not_a_directory` (kind `input`) or kind `environment`.
 */
export function markedDirectories(baseDirectory: string): string[] {
  const names = directoryNames(join(baseDirectory, MARKS)) ?? [];
  return names.filter(isRunId).map((runId) => join(baseDirectory, runId));
}

function markOf(directory: string): string {
  return join(dirname(directory), MARKS, basename(directory));
}
