import { join, resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { directoryNames } from '../storage/files.js';
import { ARCHIVE_END, SIDECAR_END } from './archive-manifest.js';
import { type ShownArchive, showArchive } from './show-archive.js';

/** One archive of a directory: what it says of itself, or why that cannot be read. */
export type ListedArchive =
  | { readonly name: string; readonly shown: ShownArchive; readonly error: null }
  | { readonly name: string; readonly shown: null; readonly error: string };

/**
 * The archives in a directory, by name, read as `showArchive` does: thousands take seconds. What cannot be read, and a
 * sidecar whose archive is gone, is a row with its error.
 *
 * @throws CodedError `archives_not_found`, `not_a_directory` (input); `file_unreadable` (environment).
 */
export async function listArchives(directory: string): Promise<ListedArchive[]> {
  const root = resolve(directory);
  const names = directoryNames(root);
  if (names === null) throw notFound(root);
  // Beside each file on a disk that knows no attributes, macOS keeps these under its name.
  const visible = names.filter((name) => !name.startsWith('._'));
  const archives = visible.filter((name) => name.endsWith(ARCHIVE_END));
  const known = new Set(archives);
  const alone = visible.filter(
    (name) => name.endsWith(SIDECAR_END) && !known.has(name.slice(0, -SIDECAR_END.length) + ARCHIVE_END),
  );
  const rows: ListedArchive[] = [];
  for (const name of archives) rows.push(await rowOf(root, name));
  for (const name of alone) rows.push({ name, shown: null, error: `${join(root, name)}: its archive is gone.` });
  return rows;
}

async function rowOf(root: string, name: string): Promise<ListedArchive> {
  try {
    return { name, shown: await showArchive(join(root, name)), error: null };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return { name, shown: null, error: error.message };
  }
}

function notFound(file: string): CodedError {
  const message = `${file}: there is no such directory. Name the one in which the archives are.`;
  return new CodedError({ code: 'archives_not_found', kind: 'input', file, message });
}
