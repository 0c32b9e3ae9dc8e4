import { CodedError } from '@budget/core';

/** serialization_failure, deadlock_detected; unique_violation only where several make the tables at once. */
export function failedTogether(error: unknown): boolean {
  return ['40001', '40P01', '23505'].includes(sqlState(error) ?? '');
}

/** The five characters by which PostgreSQL tells errors apart; `null` for any other error. */
function sqlState(error: unknown): string | null {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** By the beginning of their codes; the longest that fits decides. */
const remedies: Readonly<Record<string, readonly [code: string, what: string]>> = {
  '08': ['database_unreachable', 'does not answer. Look whether it runs.'],
  '57P': ['database_unreachable', 'is stopping or starting. Try again in a moment.'],
  '53': ['database_unreachable', 'has no room for more connections or work. Try again.'],
  '53100': ['database_disk_full', 'cannot grow: its disk is full. Make room.'],
  '28': ['database_denied', 'does not let this user in. Look at the user and the password of the address.'],
  '3D': ['database_denied', 'does not have this database. Make it (`createdb`), or name another one.'],
  '42501': ['database_denied', 'does not allow this user to make its tables once, and to read and write them.'],
  '25006': ['database_read_only', 'can be read but not written. Name the server that is written to.'],
  '57014': ['database_busy', 'has been busy for too long with what others do. Try again.'],
  '25P03': ['database_busy', 'ended the session, because this program stood still. Try again.'],
  '40': ['database_busy', 'let others go first too often. Try again.'],
};

/**
 * What PostgreSQL, the driver or the network said in words that help. `where` is host, port and database: no message holds a
 * password. Where a connection is lost while the answer is on its way, it happened or it did not; the same events may be sent
 * again in any case.
 */
export function databaseError(error: unknown, where: string): unknown {
  if (CodedError.isInstance(error)) return error;
  const state = sqlState(error);
  if (state === null && !isOfTheWay(error)) return error;
  const [code, what] = state === null ? unreachable : remedyOf(state);
  // Of several addresses of one name none answered.
  const root = error instanceof AggregateError && error.message === '' ? error.errors[0] : error;
  const detail = root instanceof Error ? root.message : String(root);
  return failure(code, `The hub's database on ${where} ${what} (PostgreSQL: ${detail})`, error);
}

const unreachable = [
  'database_unreachable',
  'cannot be reached. Look whether it runs and the address is right.',
] as const;

function remedyOf(state: string): readonly [code: string, what: string] {
  const fitting = Object.keys(remedies).filter((beginning) => state.startsWith(beginning));
  const longest = fitting.sort((first, second) => second.length - first.length)[0] ?? '';
  return remedies[longest] ?? ['database_failed', 'could not be used. Nothing was changed. Try again.'];
}

/** Of the network, by its call; of the driver, by its words. What else fails is a fault of this program. */
function isOfTheWay(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  const message = error instanceof Error ? error.message : '';
  const isOfDriver = /timeout|Connection terminated|not queryable|SSL|SASL|ECONN|socket/i.test(message);
  return syscall !== undefined || error instanceof AggregateError || isOfDriver || typeof code === 'string';
}

export function addressInvalid(): CodedError {
  return new CodedError({
    code: 'address_invalid',
    kind: 'usage',
    message:
      'The address of the database is no valid postgres:// address. It is like postgres://user:password@host:5432/database, with %-signs for what is special in a password (%40 for @, %2F for /).',
  });
}

export function foreignSchema(where: string, schema: string): CodedError {
  const message = `On ${where} the schema ${schema} has tables of another program. They were left as they are. Name another database.`;
  return failure('database_foreign', message);
}

export function newerSchema(where: string): CodedError {
  const message = `The hub's database on ${where} was written by a newer version of this program. It was left as it is. Update the program.`;
  return failure('database_newer', message);
}

export function driverMissing(cause: unknown): CodedError {
  const message = 'A hub on PostgreSQL needs the package pg, which is not installed here. Run `npm install pg`.';
  return failure('driver_missing', message, cause);
}

function failure(code: string, message: string, cause?: unknown): CodedError {
  return new CodedError({ ...{ code, kind: 'environment', message }, ...(cause !== undefined && { cause }) });
}
