import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, writeError } from './files-errors.js';
import { formatIdentity, livenessOf, parseIdentity, thisProcess } from './process-identity.js';

const MARK = '.tmp-';
/** In UTF-16 units, so at most 96 bytes; with the mark and the rest it stays under the usual limit of 255. */
const MAX_NAME_LENGTH = 32;
const UNTOUCHED_MS = 60 * 60 * 1000;

/** A new name beside `path`, `.<name>.tmp-<process>.<uuid>`, that tells who is writing there. */
export function temporaryBeside(path: string): string {
  const name = basename(path).slice(0, MAX_NAME_LENGTH);
  return join(dirname(path), `.${name}${MARK}${formatIdentity(thisProcess())}.${randomUUID()}`);
}

/**
 * Removes the temporaries that killed writers left in `directory`; call it under the lock of these files. Those of
 * another machine, container or boot are taken for leftovers when untouched for an hour.
 *
 * @returns the paths that were removed.
 * @throws CodedError `file_unwritable` (environment).
 */
export async function removeLeftovers(directory: string): Promise<string[]> {
  try {
    const leftovers = readdirSync(directory)
      .map((name) => join(directory, name))
      .filter(isLeftover);
    return leftovers.filter(unlinkIfThere);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw writeError(directory, error);
  }
}

/**
 * Removes a file that one can do without, where it is there.
 *
 * @throws CodedError `file_unwritable` (environment); `not_a_file` (input).
 */
export async function removeFile(path: string): Promise<void> {
  try {
    unlinkIfThere(path);
  } catch (error) {
    throw writeError(path, error);
  }
}

function isLeftover(path: string): boolean {
  const [, identity] = /^\..*\.tmp-(.+)\.[0-9a-f-]{36}$/.exec(basename(path)) ?? [];
  const writer = identity === undefined ? null : parseIdentity(identity);
  if (writer === null) return false;
  const liveness = livenessOf(writer);
  if (liveness !== 'unknown') return liveness === 'dead';
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > UNTOUCHED_MS;
}

/** Tidies up after another error, which is the one to report. */
export function removeQuietly(path: string): void {
  try {
    unlinkIfThere(path);
  } catch {
    // A temporary is found again by `removeLeftovers`.
  }
}

function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
