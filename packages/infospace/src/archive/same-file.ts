import { createHash } from 'node:crypto';
import { fileStamp } from '../storage/files.js';
import { plainFileBlocks } from '../storage/plain-file.js';
import type { ArchiveSeal } from './archive-manifest.js';

/**
 * Whether a file is the one with this length and hash.
 *
 * @throws CodedError `not_a_file` (input), `file_unreadable` (environment).
 */
export function isSameFile(path: string, { sha256, bytes }: ArchiveSeal): boolean {
  const stamp = fileStamp(path);
  if (stamp !== null && stamp.bytes !== bytes) return false;
  const hash = createHash('sha256');
  for (const block of plainFileBlocks(path)) hash.update(block);
  return hash.digest('hex') === sha256;
}
