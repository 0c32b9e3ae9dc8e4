import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NewFile } from '../storage/new-file.js';
import { plainFileBlocks } from '../storage/plain-file.js';
import { notArchivable } from './archive-errors.js';
import { LIST_NAME, MANIFEST_NAME } from './archive-manifest.js';
import { type OnProgress, takingTurns } from './archive-progress.js';
import { NamesInOrder, nameProblem } from './entry-name.js';
import { listLine } from './file-list.js';
import { filesToArchive } from './files-to-archive.js';

/** What will be in an archive, summed. */
export interface FileListSums {
  readonly count: number;
  readonly bytes: number;
  readonly listBytes: number;
  readonly listSha256: string;
  /** How many files and directories were left out, and the first of them, relative to the infospace. */
  readonly leftOutCount: number;
  readonly leftOut: readonly string[];
}

const MAX_SHOWN = 100;

/**
 * Reads every file of an infospace once and writes the list of them, line by line: it may be longer than memory.
 *
 * @throws CodedError `not_archivable`, `not_a_file` (input); `file_unreadable`, `disk_full`, … (environment).
 */
export async function writeFileList(
  { root, slug, include }: { root: string; slug: string; include: readonly string[] },
  list: NewFile,
  onProgress: OnProgress,
): Promise<FileListSums> {
  const lines = linesOf(list);
  const names = new NamesInOrder();
  for (const name of [LIST_NAME, MANIFEST_NAME]) names.add(name);
  refuseSlug(root, slug);
  const takeTurn = takingTurns();
  const leftOut: string[] = [];
  let [count, bytes, leftOutCount] = [0, 0, 0];
  for (const { path, state } of filesToArchive(root, include)) {
    if (state === 'left out') {
      leftOutCount++;
      if (leftOut.length < MAX_SHOWN) leftOut.push(path);
      continue;
    }
    const name = `${slug}/${path}`;
    const other = names.add(name);
    if (other !== null) throw collision(join(root, path), other);
    const file = hashOf(join(root, path));
    lines.add(listLine({ path: name, ...file }));
    count++;
    bytes += file.bytes;
    onProgress({ phase: 'reading', files: count, bytes, totalBytes: null });
    await takeTurn();
  }
  return { count, bytes, ...lines.end(), leftOutCount, leftOut };
}

function hashOf(path: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const block of plainFileBlocks(path)) {
    hash.update(block);
    bytes += block.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

const PIECE_LENGTH = 64 * 1024;

/** A line is too little for a write of its own. */
function linesOf(list: NewFile) {
  const hash = createHash('sha256');
  let piece = '';
  let listBytes = 0;
  const flush = (): void => {
    const bytes = Buffer.from(piece);
    hash.update(bytes);
    list.write(bytes);
    listBytes += bytes.length;
    piece = '';
  };
  return {
    add: (line: string): void => {
      piece += line;
      if (piece.length >= PIECE_LENGTH) flush();
    },
    end: (): { listBytes: number; listSha256: string } => {
      flush();
      return { listBytes, listSha256: hash.digest('hex') };
    },
  };
}

function refuseSlug(root: string, slug: string): void {
  const problem = nameProblem(slug);
  if (problem !== null) throw notArchivable(root, `this name ${problem}`, 'Rename the directory and run again.');
}

function collision(file: string, other: string): Error {
  const what = `its name, or that of a directory around it, is the same as "${other}" where case or accents do not count`;
  return notArchivable(file, what, 'One would overwrite the other: rename one and run again.');
}
