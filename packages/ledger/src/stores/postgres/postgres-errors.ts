import { CodedError } from '@budget/core';

/** Others came in the way of this transaction; nothing of it happened, and it may be done again. */
export class Again extends Error {}

/** The connection was lost while the answer to a commit was on its way: it happened, or it did not. */
export class AnswerLost extends Error {
  constructor(cause: unknown) {
    super('The connection was lost before the answer came.', { cause });
  }
}

/** Others took all the time that a verb has, before it could begin. */
export class TimeIsOver extends Error {}

/** Whether the server refused it because its time was over. */
export function isTimeOver(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/**
 * serialization_failure, deadlock_detected, unique_violation (somebody made the same row at the same time),
 * idle_in_transaction_session_timeout (this process stood still for a while).
 */
const codesOfConflicts = new Set(['40001', '40P01', '23505', '25P03']);

export function failedTogether(error: unknown): boolean {
  return error instanceof Again || codesOfConflicts.has(sqlState(error) ?? '');
}

/** Whether there is a row with this key already. */
export function isTakenKey(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** Whether nothing more can be said on the connection: whatever does not come from the server, and what ends sessions. */
export function isGoneConnection(error: unknown): boolean {
  const state = sqlState(error);
  if (error instanceof Again || CodedError.isInstance(error)) return false;
  return state === null || /^(08|57P0|25P03)/.test(state);
}

/** The five characters by which PostgreSQL tells errors apart; `null` for any other error. */
function sqlState(error: unknown): string | null {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

const NOTHING_CHANGED = 'Nothing was changed.';

/** By the beginning of their codes; the longest that fits decides. */
const remedies: Readonly<Record<string, readonly [code: string, what: string]>> = {
  '08': ['ledger_unreachable', `does not answer. ${NOTHING_CHANGED} Look whether it runs, and try again.`],
  '57P': ['ledger_unreachable', `is stopping or starting. ${NOTHING_CHANGED} Try again in a moment.`],
  '53': [
    'ledger_unreachable',
    `has no room for more connections or work. ${NOTHING_CHANGED} Try again, or lower maxConnections.`,
  ],
  '53100': ['ledger_disk_full', `cannot grow: its disk is full. ${NOTHING_CHANGED} Make room and try again.`],
  '28': ['ledger_denied', 'does not let this user in. Look at the user and the password of the address.'],
  '3D': ['ledger_denied', 'does not have this database. Make it (`createdb`), or name another one.'],
  '42501': [
    'ledger_denied',
    'does not allow this user what a ledger needs: to make its tables once, and to read and write them.',
  ],
  '25006': [
    'ledger_read_only',
    `can be read but not written, as a copy that follows another server. ${NOTHING_CHANGED} Name the server that is written to.`,
  ],
  '57014': [
    'ledger_busy',
    `has been busy for too long with what others do. ${NOTHING_CHANGED} Try again, or allow more time.`,
  ],
  '40': ['ledger_busy', `let others go first too often. ${NOTHING_CHANGED} Try again.`],
  '23505': ['ledger_busy', `let others go first too often. ${NOTHING_CHANGED} Try again.`],
  '25P03': ['ledger_busy', `ended the session, because this program stood still. ${NOTHING_CHANGED} Try again.`],
};

const unnamed = ['ledger_failed', `could not be used. ${NOTHING_CHANGED} Try again.`] as const;

/**
 * What PostgreSQL, the driver or the network said in words that help. `where` is host, port and database: never the user's
 * password, which no message holds. Our own errors are handed on as they are.
 */
export function ledgerError(error: unknown, where: string): unknown {
  if (CodedError.isInstance(error)) return error;
  const state = sqlState(error);
  if (state === '22003') return counterFull(error);
  if (state === '22021') return textInvalid(error);
  const [code, what] = error instanceof AnswerLost ? answerLost : state === null ? ofTheWay(error) : remedyOf(state);
  return failure({ code, where, what, cause: error });
}

const answerLost = [
  'ledger_unreachable',
  'broke off before it answered. Whether the last change happened is not known: repeat it with the same id, which changes nothing twice.',
] as const;

/** Of the driver and of the network: their words name a host and a port at most. */
function ofTheWay(error: unknown): readonly [code: string, what: string] {
  if (error instanceof Again) return remedies['40'] as readonly [string, string];
  // The words of the pool and of the driver when their time is over.
  if (
    error instanceof TimeIsOver ||
    /timeout exceeded when trying to connect|Query read timeout/.test(messageOf(error))
  ) {
    return ['ledger_unreachable', `did not answer in time. ${NOTHING_CHANGED} Look whether it runs, and try again.`];
  }
  return ['ledger_unreachable', `cannot be reached. ${NOTHING_CHANGED} Look whether it runs and the address is right.`];
}

function remedyOf(state: string): readonly [code: string, what: string] {
  const fitting = Object.keys(remedies).filter((beginning) => state.startsWith(beginning));
  const longest = fitting.sort((first, second) => second.length - first.length)[0];
  return (longest === undefined ? undefined : remedies[longest]) ?? unnamed;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failure({
  code,
  where,
  what,
  cause,
}: {
  code: string;
  where: string;
  what: string;
  cause?: unknown;
}): CodedError {
  const detail = cause === undefined ? '' : ` (PostgreSQL: ${messageOf(rootOf(cause))})`;
  const message = `The ledger on ${where} ${what}${detail}`;
  return new CodedError({ code, kind: 'environment', message, ...(cause === undefined ? {} : { cause }) });
}

function rootOf(error: unknown): unknown {
  // Of several addresses of one name none answered.
  if (error instanceof AggregateError && error.message === '') return error.errors[0];
  return error instanceof AnswerLost ? error.cause : error;
}

/** Not of kind `environment`: nobody is to go on without a limit because of it. As an answer to whoever asked it names no server. */
function counterFull(cause: unknown): CodedError {
  return new CodedError({
    code: 'counter_full',
    kind: 'input',
    cause,
    message: `What is counted in all would pass 2^63, the most that a ledger can count. ${NOTHING_CHANGED} Use another scope, or another ledger.`,
  });
}

function textInvalid(cause: unknown): CodedError {
  return new CodedError({
    code: 'id_invalid',
    kind: 'input',
    cause,
    message: `PostgreSQL keeps no text with the character U+0000. ${NOTHING_CHANGED} Leave it out.`,
  });
}

export function foreignSchema(where: string, schema: string): CodedError {
  const what = `would stand among the tables of another program: those in the schema ${schema}. They were left as they are. Name another schema.`;
  return failure({ code: 'ledger_foreign', where, what });
}

export function newerSchema(where: string): CodedError {
  const what = 'was written by a newer version of this program. It was left as it is. Update the program.';
  return failure({ code: 'ledger_newer', where, what });
}

export function missingSchema(where: string, schema: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    message: `There is no ledger on ${where} yet: it has no schema ${schema}. The first limit or reservation makes it.`,
  });
}

export function ledgerClosed(where: string): CodedError {
  return new CodedError({
    code: 'ledger_closed',
    kind: 'usage',
    message: `The ledger on ${where} was closed. Open it again before using it.`,
  });
}

export function driverMissing(cause: unknown): CodedError {
  return new CodedError({
    code: 'driver_missing',
    kind: 'environment',
    cause,
    message: 'A ledger on PostgreSQL needs the package pg, which is not installed here. Run `npm install pg`.',
  });
}
