import { CodedError } from '@budget/core';

/** SQLite's own code, such as `SQLITE_BUSY`, with what follows it cut off; `null` for any other error. */
function sqliteCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? (code.split('_')[1] ?? null) : null;
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === 'BUSY' || code === 'LOCKED' || code === 'PROTOCOL';
}

const remedies: Readonly<Record<string, readonly [code: string, what: string]>> = {
  BUSY: [
    'database_busy',
    'has been locked by another program for too long. Nothing was changed. Find out who holds it, or try again.',
  ],
  CORRUPT: [
    'database_corrupt',
    'is damaged. It was left as it is. Put a backup in its place, or move it away to begin a new one.',
  ],
  NOTADB: [
    'database_corrupt',
    'is no SQLite file, or a damaged one. It was left as it is. Move it away, or name another file.',
  ],
  FULL: ['database_disk_full', 'cannot grow: the disk is full. Nothing was changed. Make room.'],
  READONLY: [
    'database_read_only',
    'can be read but not written. Nothing was changed. Allow writing to it, to what stands beside it with -wal and -shm, and to its directory, or name another file.',
  ],
  CANTOPEN: [
    'database_not_opened',
    'cannot be opened. Look whether its directory exists and may be written, or name another file.',
  ],
  PERM: ['database_not_opened', 'may not be opened. Look at its permissions, or name another file.'],
  IOERR: ['database_disk_failed', 'could not be read or written. Nothing was changed. Look at the disk (is it full?).'],
};

const unnamed = [
  'database_failed',
  'could not be used. Nothing was changed. If that does not pass, put a backup in its place, or move it away to begin a new one.',
] as const;

/** What SQLite met in words that help. Errors of other kinds, ours included, are handed on as they are. */
export function databaseError(error: unknown, file: string): unknown {
  const name = isBusy(error) ? 'BUSY' : sqliteCode(error);
  if (name === null) return error;
  const [code, what] = remedies[name] ?? unnamed;
  const detail = error instanceof Error ? error.message : String(error);
  return failure(code, `The hub's database ${file} ${what} (SQLite: ${detail})`, file, error);
}

export function foreignFile(file: string): CodedError {
  const message = `${file} is a database of another program. It was left as it is. Name another file for the hub.`;
  return failure('database_foreign', message, file);
}

export function newerFile(file: string): CodedError {
  const message = `The hub's database ${file} was written by a newer version of this program. It was left as it is. Update the program, or name another file.`;
  return failure('database_newer', message, file);
}

export function databaseGone(file: string): CodedError {
  const message = `The hub's database ${file} was deleted or replaced while it was open. Nothing was changed, as nobody else would see it. Start the hub anew to go on with what is there now.`;
  return failure('database_gone', message, file);
}

export function driverMissing(cause: unknown): CodedError {
  const message =
    'A hub needs the package better-sqlite3, which is not installed here or whose native part was not built. Run `npm install better-sqlite3` (pnpm and others need to be allowed to run its install script).';
  return new CodedError({ code: 'driver_missing', kind: 'environment', message, cause });
}

function failure(code: string, message: string, file: string, cause?: unknown): CodedError {
  return new CodedError({ code, kind: 'environment', file, message, ...(cause !== undefined && { cause }) });
}
