import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '@budget/core';

/** What SQLite keeps beside a file, and deletes or reads as its own. */
const besideLedger = ['', '-wal', '-shm', '-journal'];

/**
 * Whoever writes a file beside a ledger may not give it a name of the ledger's own, by whichever links the path leads there.
 * SQLite goes by the real name of the ledger.
 *
 * @throws CodedError `file_exists`
 */
export function expectNotOfLedger(target: string, ledger: string): void {
  const real = join(realOr(dirname(target)), basename(target));
  const file = realOr(ledger);
  if (!besideLedger.some((ending) => file + ending === real)) return;
  throw new CodedError({
    code: 'file_exists',
    kind: 'input',
    file: target,
    message: `${target} belongs to the ledger ${basename(ledger)} itself: what lies there is deleted as it is used. Name another file.`,
  });
}

/** The path itself where nothing is there: who writes or opens it says so. */
function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
