import { type OpenFile, readingFile } from '../storage/files.js';
import { readUsageFile } from './usage-file.js';

const BLOCK_BYTES = 1024 * 1024;
/** Longer than what the search looks for. */
const OVERLAP_BYTES = 1024;

/**
 * The `run_index` of the entry that has this `run_id`, or `null` where `usage.yaml` has none.
 *
 * @param fromByte how long the file was before the entry can have been written, so that a long history is not read. Where
 * no entry begins there any more, somebody has changed the file, and all of it is searched.
 * @throws CodedError as `readUsageFile`.
 */
export async function entryOfRun(path: string, runId: string, fromByte: number): Promise<number | null> {
  const found = await readingFile(path, (file) => search(file, runId, beginsEntry(file, fromByte) ? fromByte : 0));
  if (found === null || found === 'nowhere') return null;
  if (found !== 'in another layout') return found;
  const { runs } = await readUsageFile(path);
  return runs.find((run) => run.runId === runId)?.runIndex ?? null;
}

function search(file: OpenFile, runId: string, from: number): number | 'in another layout' | 'nowhere' {
  const entry = new RegExp(`- run_index: (\\d+)\\n *run_id: ['"]?${runId}['"]?\\n`);
  let isMentioned = false;
  for (let start = from; start < file.size; start += BLOCK_BYTES) {
    const block = file.read(start, Math.min(file.size, start + BLOCK_BYTES + OVERLAP_BYTES));
    // Nearly every block lacks it, and looking for bytes is the fastest way to know.
    if (!block.includes(runId)) continue;
    isMentioned = true;
    const runIndex = entry.exec(block.toString('latin1'))?.[1];
    if (runIndex !== undefined) return Number(runIndex);
  }
  return isMentioned ? 'in another layout' : 'nowhere';
}

function beginsEntry(file: OpenFile, at: number): boolean {
  if (at === 0 || at === file.size) return true;
  return (
    at < file.size && /^\n *- run_index: /.test(file.read(at - 1, Math.min(file.size, at + 200)).toString('latin1'))
  );
}
