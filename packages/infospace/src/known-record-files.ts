import { relative, sep } from 'node:path';
import {
  emptyRecordIndex,
  extendRecordIndex,
  lineFinder,
  type RecordIndex,
  readRecordIndex,
} from './documents/record-index.js';
import type { WorkflowRun } from './documents/run-record.js';
import type { WorkflowIndex } from './documents/workflow-index.js';
import type { InfospacePaths } from './infospace-paths.js';
import type { ReadRecordFile, RecordFile } from './read-run-records.js';
import { unlessUnusable } from './unless-unusable.js';

/** Which files of run records hold nothing new. */
export interface KnownRecordFiles {
  readonly index: RecordIndex;
  readonly has: (file: RecordFile) => boolean;
  /** How many bytes of the index were found to be true so far. */
  readonly trueBytes: () => number;
}

/** May be read without the lock: `index.workflowIndexId` tells afterwards whether it was right. */
export async function readKnownRecordFiles(paths: InfospacePaths): Promise<KnownRecordFiles> {
  const index = (await unlessUnusable(() => readRecordIndex(paths.recordIndex))) ?? emptyRecordIndex;
  const find = lineFinder(index.lines);
  let trueBytes = 0;
  const has = (file: RecordFile): boolean => {
    const line = lineOf(paths, file);
    const isKnown = find(line);
    if (isKnown) trueBytes += line.length;
    return isKnown;
  };
  return { index, has, trueBytes: () => trueBytes };
}

/** Some file systems tell the time of a change to 2 s: a second change within them would not show. */
const SETTLED_AFTER_MS = 2000;

/**
 * Remembers files of which everything is recorded now, or needs not be. Under the lock.
 *
 * @param startedMs when the first of them was looked at.
 * @param remarkable those that are to be read and remarked upon again.
 */
export async function rememberRecordFiles(
  paths: InfospacePaths,
  { index, trueBytes }: KnownRecordFiles,
  { id }: WorkflowIndex,
  files: readonly ReadRecordFile[],
  { startedMs, remarkable }: { startedMs: number; remarkable: ReadonlyMap<WorkflowRun, string> },
): Promise<void> {
  const settled = files.filter(
    ({ stamp, workflow }) => stamp.modifiedMs < startedMs - SETTLED_AFTER_MS && !remarkable.has(workflow),
  );
  const added = settled.map((file) => lineOf(paths, file)).join('');
  await unlessUnusable(() => extendRecordIndex(paths.recordIndex, index, id, { added, trueBytes: trueBytes() }));
}

/** An infospace that is moved as a whole takes what is known of its files along. */
function lineOf({ root }: InfospacePaths, { path, stamp }: RecordFile): string {
  const isInside = path.startsWith(root) && path[root.length] === sep;
  const name = isInside ? path.slice(root.length + 1) : relative(root, path);
  return `${stamp.bytes} ${stamp.modifiedMs} ${JSON.stringify(name)}\n`;
}
