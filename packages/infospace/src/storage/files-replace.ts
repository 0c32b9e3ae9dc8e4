import { closeSync, fchmodSync, fchownSync, fsyncSync, lstatSync, openSync, renameSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { syncingDirectory } from './files-directory.js';
import { notAFile, writeError } from './files-errors.js';
import { followLinks } from './files-links.js';
import { removeQuietly, temporaryBeside } from './files-temporary.js';
import { writeAll } from './files-write-all.js';

/**
 * Puts `content` in the place of the file, or creates it: at every moment, also after a kill or a power failure, the
 * path holds the whole old file or the whole new one. Mode and, where allowed, owner of the old file are kept. A
 * symbolic link stays, and what it leads to is replaced. Other hard links keep the old file.
 *
 * After an error the old file is untouched, except when the disk reports a fault (EIO) at the very last step: then
 * the new file is in place, and only whether it outlasts a power failure is open.
 *
 * @param content text is written as UTF-8.
 * @throws CodedError `disk_full`, `file_unwritable` (environment); `not_a_file`, `not_a_directory` (input).
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const target = followLinks(path);
    const old = lstatSync(target, { throwIfNoEntry: false });
    if (old !== undefined && !old.isFile()) throw notAFile(path);
    syncingDirectory(dirname(target), (sync) => {
      const temporary = temporaryBeside(target);
      try {
        writeNewFile(temporary, Buffer.from(content), old);
        renameSync(temporary, target);
      } catch (error) {
        removeQuietly(temporary);
        throw error;
      }
      sync();
    });
  } catch (error) {
    throw writeError(path, error);
  }
}

function writeNewFile(path: string, bytes: Uint8Array, old: Stats | undefined): void {
  // Never open it wider than the old file was, not even for a moment.
  const descriptor = openSync(path, 'wx', old === undefined ? 0o666 : 0o600);
  try {
    writeAll(descriptor, bytes);
    if (old !== undefined) keepOwnerAndMode(descriptor, old);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function keepOwnerAndMode(descriptor: number, old: Stats): void {
  try {
    fchownSync(descriptor, old.uid, old.gid);
  } catch {
    // Only root may give a file away; somebody else's file becomes ours, as with any editor.
  }
  // After the owner: changing the owner clears the set-id bits.
  fchmodSync(descriptor, old.mode & 0o7777);
}
