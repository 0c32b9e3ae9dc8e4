import { CodedError } from '@budget/core';

/** SQLite's own code, such as `SQLITE_BUSY`, with what follows it cut off; `null` for any other error. */
function sqliteCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? (code.split('_')[1] ?? null) : null;
}

/** Another process writes. Also what a reader meets while the last connection of another process cleans up. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === 'BUSY' || code === 'LOCKED' || code === 'PROTOCOL';
}

/** A row with the same key is there. Of the statement nothing happened. */
export function isNotUnique(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'SQLITE_CONSTRAINT_UNIQUE';
}

export function ledgerBusy(file: string, waitedMs: number): CodedError {
  return new CodedError({
    code: 'ledger_busy',
    kind: 'environment',
    file,
    message: `The ledger ${file} has been locked by another program for ${Math.round(waitedMs)} ms. Nothing was changed. Find out who holds it (\`fuser ${file}\`), or try again.`,
  });
}

const remedies: Readonly<Record<string, readonly [code: string, what: string]>> = {
  CORRUPT: [
    'ledger_corrupt',
    'is damaged. It was left as it is. Put a backup in its place (`budget ledger backup` makes them), or move it away to begin a new one.',
  ],
  NOTADB: [
    'ledger_corrupt',
    'is no SQLite file, or a damaged one. It was left as it is. Move it away, or name another file in BUDGET_LEDGER.',
  ],
  FULL: ['ledger_disk_full', 'cannot grow: the disk is full. Nothing was changed. Make room and try again.'],
  READONLY: [
    'ledger_read_only',
    'can be read but not written. Nothing was changed. Allow writing to it, to what stands beside it with -wal and -shm, and to its directory, or name another file in BUDGET_LEDGER.',
  ],
  CANTOPEN: [
    'ledger_not_opened',
    'cannot be opened. Look whether its directory exists and may be written, or name another file in BUDGET_LEDGER.',
  ],
  PERM: ['ledger_not_opened', 'may not be opened. Look at its permissions, or name another file in BUDGET_LEDGER.'],
  IOERR: [
    'ledger_disk_failed',
    'could not be read or written. Nothing was changed. Look at the disk (is it full?) and try again.',
  ],
};

const unnamed = [
  'ledger_failed',
  'could not be used. Nothing was changed. Try again; if that does not help, put a backup in its place, or move it away to begin a new one.',
] as const;

/** What SQLite met in words that help. Errors of other kinds, ours included, are handed on as they are. */
export function ledgerError(error: unknown, file: string): unknown {
  // JSON that was damaged inside a page is nothing that SQLite would notice.
  if (isTooLarge(error)) return counterFull(error, file);
  const name = error instanceof SyntaxError ? 'CORRUPT' : sqliteCode(error);
  if (name === null) return error;
  const [code, what] = remedies[name] ?? unnamed;
  return new CodedError({
    code,
    kind: 'environment',
    file,
    cause: error,
    message: `The ledger ${file} ${what} (SQLite: ${detailOf(error)})`,
  });
}

/** It is in the file for everybody to see, but the system does not promise that it survives a loss of power. */
export function logNotKept(file: string, cause: unknown): CodedError {
  return new CodedError({
    code: 'ledger_disk_failed',
    kind: 'environment',
    file,
    cause,
    message: `The disk did not take what was written to the ledger ${file}. Whether it is kept is not known. Look at the disk, open the ledger again, and repeat what was asked with the same id. (${detailOf(cause)})`,
  });
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A sum past 2^63: SQLite refuses it in a strict table, and the driver as a parameter. */
function isTooLarge(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return code === 'SQLITE_CONSTRAINT_DATATYPE' || (error instanceof RangeError && /BigInt/i.test(String(message)));
}

/** Not of kind `environment`: nobody is to go on without a limit because of it. As an answer to whoever asked it names no file. */
function counterFull(error: unknown, file: string): CodedError {
  return new CodedError({
    code: 'counter_full',
    kind: 'input',
    file,
    cause: error,
    message:
      'What is counted in all would pass 2^63, the most that a ledger can count. Nothing was changed. Use another scope, or another ledger.',
  });
}

export function ledgerGone(file: string, missing: string): CodedError {
  return new CodedError({
    code: 'ledger_gone',
    kind: 'environment',
    file,
    message: `${missing} was deleted or replaced while the ledger ${file} was open. Nothing was changed, as nobody else would see it. Put the file back, or close the ledger and open it again to go on with what is there now.`,
  });
}

export function foreignFile(file: string): CodedError {
  return new CodedError({
    code: 'ledger_foreign',
    kind: 'environment',
    file,
    message: `${file} is a database of another program. It was left as it is. Name another file for the ledger.`,
  });
}

export function newerFile(file: string): CodedError {
  return new CodedError({
    code: 'ledger_newer',
    kind: 'environment',
    file,
    message: `The ledger ${file} was written by a newer version of this program. It was left as it is. Update the program, or name another file in BUDGET_LEDGER.`,
  });
}

export function ledgerClosed(file: string): CodedError {
  return new CodedError({
    code: 'ledger_closed',
    kind: 'usage',
    file,
    message: `The ledger ${file} was closed. Open it again before using it.`,
  });
}

export function driverMissing(cause: unknown): CodedError {
  return new CodedError({
    code: 'driver_missing',
    kind: 'environment',
    cause,
    message:
      'A ledger in a file needs the package better-sqlite3, which is not installed here or whose native part was not built. Run `npm install better-sqlite3` (pnpm and others need to be allowed to run its install script).',
  });
}
