import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { errnoOf, leadsNowhere, writeError } from './files-errors.js';
import { danglingLinkOn } from './files-look.js';

/**
 * Creates the directory and those around it where they are missing, lasting through a power failure. One that is there
 * must let files be created in it: else a run would be appended to a file that may be written, and nothing after it.
 *
 * @throws CodedError `not_a_directory` (input) when a file is in the way, `not_a_file` (input) when a link that leads
 * nowhere is; `disk_full`, `file_unwritable` (environment).
 */
export async function ensureDirectory(path: string): Promise<void> {
  try {
    create(resolve(path));
    accessSync(path, constants.W_OK);
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') throw writeError(path, cause);
    const link = danglingLinkOn(resolve(path));
    if (link !== null) throw leadsNowhere(path, link);
    const message = `${path} is a file where a directory should be. Move it away and run again.`;
    throw new CodedError({ code: 'not_a_directory', kind: 'input', message, file: path, cause });
  }
}

// Not `mkdir` with `recursive`: on a read-only file system that one says ENOENT.
function create(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  create(parent);
  syncingDirectory(parent, (sync) => {
    try {
      mkdirSync(path);
    } catch (error) {
      // Somebody else may have created it meanwhile.
      if (errnoOf(error) !== 'EEXIST' || !isDirectory(path)) throw error;
    }
    sync();
  });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Runs `change`, which renames or creates names in `directory` and then calls `sync`, so that they last through a
 * power failure. The directory is opened first: after the rename nothing may fail for want of a file descriptor.
 */
export function syncingDirectory<T>(directory: string, change: (sync: () => void) => T): T {
  const descriptor = openIfReadable(directory);
  try {
    return change(() => {
      if (descriptor !== null) syncIfPossible(descriptor);
    });
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function openIfReadable(directory: string): number | null {
  try {
    return openSync(directory, 'r');
  } catch (error) {
    // One may write into a directory without being allowed to read it; then it cannot be synced either.
    if (errnoOf(error) === 'EACCES') return null;
    throw error;
  }
}

function syncIfPossible(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some network and user-space file systems have no fsync for directories.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
  }
}
