import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from './outbox-names.js';

/** Who may read the directory reads what the runs of its user cost. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown';
}

/**
 * The names in a directory, or none where there is no such directory. Other errors are thrown, and so is that of a link to a
 * disk that is not mounted: what it holds is only not here.
 */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
    throw error;
  }
}

/** Of a file that cannot be read nothing: it may be somebody else's, or a directory, and must not keep the others waiting. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** When a file was last changed, or `null` where there is none. */
export function changedMs(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
}

/**
 * Creates a file that is there whole or not at all, also after a kill or a power failure, and never replaces one.
 *
 * @returns false where there was one already.
 */
export function createWhole(directory: string, name: string, content: string): boolean {
  const temporary = join(directory, temporaryName(name.replace(/\..*$/s, ''), randomUUID()));
  const descriptor = openSync(temporary, 'wx', FILE_MODE);
  try {
    try {
      writeWhole(descriptor, Buffer.from(content));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    // Not a rename, which would replace what is there: of two who create the same file, one is told.
    linkSync(temporary, join(directory, name));
    syncDirectory(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    removeIfThere(temporary);
  }
}

/** @returns false where there is no such file (any more): somebody else was faster. */
export function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export function removeIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A disk that is nearly full takes a part of what it is given. */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some network and user-space file systems have no fsync for directories.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS', 'EPERM'].includes(codeOf(error))) throw error;
  } finally {
    closeSync(descriptor);
  }
}
