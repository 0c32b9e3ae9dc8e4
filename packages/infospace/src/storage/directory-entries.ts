import { type Dirent, readdirSync } from 'node:fs';
import { readError } from './files-errors.js';

/** What stands in a directory under a name; links are not followed. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'pipe' | 'socket' | 'device';
}

/**
 * What is in a directory, in no order.
 *
 * @throws CodedError `file_unreadable` (environment); `not_a_directory` (input).
 */
export function directoryEntries(path: string): DirectoryEntry[] {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  } catch (error) {
    throw readError(path, error);
  }
}

function kindOf(entry: Dirent): DirectoryEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isFIFO()) return 'pipe';
  return entry.isSocket() ? 'socket' : 'device';
}
