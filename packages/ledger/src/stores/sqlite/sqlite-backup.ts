import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '@budget/core';
import type { Database } from 'better-sqlite3';
import { expectNotOfLedger } from './expect-not-of-ledger.js';

/**
 * Copies a ledger to a file that does not exist. The copy is made under a name of its own and put in place when it is whole;
 * what somebody else put there meanwhile stays.
 */
export async function backUp(
  file: string,
  target: string,
  withReader: (work: (reader: Database) => Promise<void>) => Promise<void>,
): Promise<void> {
  expectNotOfLedger(target, file);
  if (existsSync(target)) throw fileExists(target);
  // The driver would complain of a wrong argument, as if the program were at fault.
  if (!existsSync(dirname(target))) throw directoryMissing(target);
  // Short: a name may be as long as the file system allows.
  const unfinished = join(dirname(target), `.unfinished-${randomUUID()}`);
  try {
    await withReader(async (reader) => {
      // Within a transaction that has begun to read the copy is of one state. Without one SQLite starts it anew
      // at every write of somebody else, and is never done while others write.
      reader.exec('BEGIN; SELECT 1 FROM sqlite_schema');
      await reader.backup(unfinished).catch((error) => {
        throw isOfCopy(error) ? notWritten(target, error) : error;
      });
    });
    await putInPlace(unfinished, target).catch((error) => {
      throw CodedError.isInstance(error) ? error : notWritten(target, error);
    });
  } finally {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

/** A link, unlike a renaming, does not replace what is there. Some file systems have none. */
async function putInPlace(unfinished: string, target: string): Promise<void> {
  try {
    await link(unfinished, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw fileExists(target);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    if (existsSync(target)) throw fileExists(target);
    await rename(unfinished, target);
  }
}

/** The ledger itself is only read. Of `IOERR` nobody says which of the two it was; a copy fails far more often. */
function isOfCopy(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return /^SQLITE_(?:FULL|CANTOPEN|READONLY|PERM|IOERR)/.test(String(code));
}

function notWritten(file: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CodedError({
    code: 'output_failed',
    kind: 'environment',
    file,
    cause,
    message: `${file} cannot be written: ${why}. Nothing of it was kept. Look at its disk and its directory, or name another file.`,
  });
}

function directoryMissing(file: string): CodedError {
  return new CodedError({
    code: 'directory_missing',
    kind: 'input',
    file,
    message: `${file} cannot be written: there is no directory ${dirname(file)}. Make it, or name another file.`,
  });
}

function fileExists(file: string): CodedError {
  return new CodedError({
    code: 'file_exists',
    kind: 'input',
    file,
    message: `${file} exists already and was left as it is. Name a file that does not exist.`,
  });
}
