import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CodedError } from '@budget/core';
import type { NewFile } from '../storage/new-file.js';
import { plainFileBlocks } from '../storage/plain-file.js';
import { wholeLines } from '../storage/whole-lines.js';
import { changedMeanwhile } from './archive-errors.js';
import { type ArchiveManifest, type ArchiveSeal, LIST_NAME, MANIFEST_NAME, manifestText } from './archive-manifest.js';
import type { OnProgress } from './archive-progress.js';
import type { ListedFile } from './file-list.js';
import { gzipBlocks } from './gzip-blocks.js';
import { padding, tarEnd, tarHeader } from './tar-header.js';

export interface ArchiveParts {
  readonly root: string;
  readonly manifest: ArchiveManifest;
  /** The path of the finished list, and its length. */
  readonly list: string;
  readonly listBytes: number;
  /** Of every entry, seconds since 1970. */
  readonly modifiedS: number;
}

/**
 * Writes manifest, list and all files. A file that is no longer as it was listed is an error, so what is written is what
 * the manifest says.
 *
 * @throws CodedError `file_changed`, `disk_full`, `file_unwritable` (environment).
 */
export async function writeArchive(
  parts: ArchiveParts,
  archive: NewFile,
  onProgress: OnProgress,
): Promise<ArchiveSeal> {
  const { root, manifest, modifiedS } = parts;
  const hash = createHash('sha256');
  let archiveBytes = 0;
  const gzip = gzipBlocks((bytes) => {
    archive.write(bytes);
    hash.update(bytes);
    archiveBytes += bytes.length;
  });
  const text = Buffer.from(manifestText(manifest));
  await gzip.write(tarHeader({ name: MANIFEST_NAME, bytes: text.length, modifiedS }));
  await gzip.write(text);
  await gzip.write(padding(text.length));
  // Whoever has the first bytes of the archive can read the manifest, whatever follows.
  await gzip.endBlock();
  await gzip.write(tarHeader({ name: LIST_NAME, bytes: parts.listBytes, modifiedS }));
  for (const block of plainFileBlocks(parts.list)) await gzip.write(block);
  await gzip.write(padding(parts.listBytes));
  let [files, bytes] = [0, 0];
  const pass = async (block: Buffer): Promise<void> => {
    await gzip.write(block);
    bytes += block.length;
    onProgress({ phase: 'writing', files, bytes, totalBytes: manifest.files.bytes });
  };
  for (const line of wholeLines(parts.list)) {
    const file: ListedFile = JSON.parse(line);
    await gzip.write(tarHeader({ name: file.path, bytes: file.bytes, modifiedS }));
    await writeAsListed(join(root, file.path.slice(manifest.slug.length + 1)), file, pass);
    await gzip.write(padding(file.bytes));
    files++;
  }
  await gzip.write(tarEnd);
  await gzip.end();
  archive.finish();
  return { sha256: hash.digest('hex'), bytes: archiveBytes };
}

async function writeAsListed(path: string, file: ListedFile, pass: (block: Buffer) => Promise<void>): Promise<void> {
  const hash = createHash('sha256');
  let left = file.bytes;
  for (const block of blocksOf(path)) {
    left -= block.length;
    if (left < 0) break;
    hash.update(block);
    await pass(block);
  }
  if (left !== 0 || hash.digest('hex') !== file.sha256) throw changedMeanwhile(path);
}

/** A moment ago it could be read. */
function* blocksOf(path: string): Generator<Buffer, void> {
  try {
    yield* plainFileBlocks(path);
  } catch (error) {
    const isGone =
      CodedError.isInstance(error) && ['file_unreadable', 'not_a_file', 'not_a_directory'].includes(error.code);
    throw isGone ? changedMeanwhile(path, error) : error;
  }
}
