import { type Amounts, type Unit, units } from '../amounts.js';
import type { LedgerRecord } from '../moving/ledger-record.js';
import type { Scope } from '../scope.js';
import { reservationColumns, reservationIn } from './reservation-columns.js';
import { FOREVER_MS, resetOf, windowColumns, windowOf } from './window-columns.js';

/** How a store keeps a list of scopes in a column: the only thing in which tables of stores differ. */
export interface ScopeLists {
  readonly toColumn: (scopes: readonly Scope[]) => unknown;
  readonly fromColumn: (value: unknown) => readonly Scope[];
}

type Row = readonly unknown[];

/** A table, and what of it goes from one store to another. What is left out each store knows by itself. */
export interface RecordTable<Record extends LedgerRecord = LedgerRecord> {
  readonly name: string;
  readonly columns: readonly string[];
  /** Those of numbers; all others are text. */
  readonly isNumber: (column: string) => boolean;
  readonly order: string;
  /** Integers are bigints, as in every row. */
  readonly recordOf: (row: Row, lists: ScopeLists) => Record;
  readonly valuesOf: (record: Record, lists: ScopeLists) => Row;
}

type RecordTables = { readonly [Kind in LedgerRecord['kind']]: RecordTable<Extract<LedgerRecord, { kind: Kind }>> };

const scopeTable: RecordTables['scope'] = {
  name: 'scopes',
  columns: ['scope', 'parent'],
  order: 'scope',
  isNumber: () => false,
  recordOf: ([scope, parent]) => ({ kind: 'scope', scope: scope as Scope, parent: parent as Scope | null }),
  valuesOf: ({ scope, parent }) => [scope, parent],
};

const limitTable: RecordTables['limit'] = {
  name: 'limits',
  columns: ['scope', 'unit', 'every', 'time_zone', 'amount', 'thresholds'],
  order: 'scope, unit, every, time_zone',
  isNumber: (column) => column === 'amount',
  recordOf: ([scope, unit, every, timeZone, amount, thresholds]) => ({
    kind: 'limit',
    scope: scope as Scope,
    unit: unit as Unit,
    window: windowOf(every as string, timeZone as string),
    limit: amount as bigint,
    thresholds: JSON.parse(thresholds as string),
  }),
  valuesOf: ({ scope, unit, window, limit, thresholds }) => [
    ...[scope, unit, ...windowColumns(window), limit, JSON.stringify(thresholds)],
  ],
};

const counterNames = ['scope', 'unit', 'every', 'time_zone'];
const counterTable: RecordTables['counter'] = {
  name: 'counters',
  columns: [
    ...[...counterNames, 'starts_at_ms', 'ends_at_ms', 'used', 'held', 'overrun'],
    ...['forgotten_used', 'forgotten_overrun', 'reset_at', 'crossed_percent', 'last_used_at_ms'],
  ],
  order: 'scope, ends_at_ms, unit, every, time_zone',
  isNumber: (column) => !counterNames.includes(column),
  recordOf: ([scope, unit, every, timeZone, startsAtMs, endsAtMs, ...counts]) => {
    const [used, held, overrun, forgottenUsed, forgottenOverrun, resetAt, percent, lastUsedAtMs] = counts as bigint[];
    return {
      kind: 'counter',
      scope: scope as Scope,
      unit: unit as Unit,
      window: windowOf(every as string, timeZone as string),
      startsAtMs: Number(startsAtMs),
      endsAtMs: resetOf(Number(endsAtMs)),
      used: used as bigint,
      held: held as bigint,
      overrun: overrun as bigint,
      forgottenUsed: forgottenUsed as bigint,
      forgottenOverrun: forgottenOverrun as bigint,
      resetAt: resetAt as bigint,
      crossedPercent: Number(percent),
      lastUsedAtMs: Number(lastUsedAtMs),
    };
  },
  valuesOf: (counter) => [
    ...[counter.scope, counter.unit, ...windowColumns(counter.window)],
    ...[counter.startsAtMs, counter.endsAtMs ?? FOREVER_MS, counter.used, counter.held, counter.overrun],
    ...[counter.forgottenUsed, counter.forgottenOverrun, counter.resetAt],
    ...[counter.crossedPercent, counter.lastUsedAtMs],
  ],
};

const reservationTexts = ['id', 'status', 'asked_scopes', 'scopes'];
const reservationTable: RecordTables['reservation'] = {
  name: 'reservations',
  columns: reservationColumns,
  // In the order in which they were made, which is the order in which they are forgotten.
  order: 'seq',
  isNumber: (column) => !reservationTexts.includes(column),
  recordOf: (row, { fromColumn }) => {
    const { isEstimated: _, ...reservation } = reservationIn(row, fromColumn);
    const [askedScopes, estimatedAfter] = [JSON.parse(row[2] as string) as Scope[], row[8] as bigint | null];
    return { kind: 'reservation', ...reservation, askedScopes, estimatedAfter };
  },
  valuesOf: (record, { toColumn }) => [
    ...[record.id, record.status, JSON.stringify(record.askedScopes), toColumn(record.scopes)],
    ...[record.reservedAtMs, record.expiresAtMs, record.sentAtMs, record.resolvedAtMs, record.estimatedAfter],
    ...[...amountValues(record.amounts), ...amountValues(record.booked ?? {}), ...amountValues(record.overrun)],
  ],
};

const threadTable: RecordTables['thread'] = {
  name: 'threads',
  columns: ['thread_id', 'prompt_tokens', 'completion_tokens', 'request_count', 'used_at_ms'],
  order: 'thread_id',
  isNumber: (column) => column !== 'thread_id',
  recordOf: ([threadId, promptTokens, completionTokens, requestCount, usedAtMs]) => ({
    kind: 'thread',
    threadId: threadId as string,
    promptTokens: promptTokens as bigint,
    completionTokens: completionTokens as bigint,
    requestCount: requestCount as bigint,
    usedAtMs: Number(usedAtMs),
  }),
  valuesOf: (thread) => [
    ...[thread.threadId, thread.promptTokens, thread.completionTokens, thread.requestCount, thread.usedAtMs],
  ],
};

const resetsTable: RecordTables['resets'] = {
  name: 'state',
  columns: ['resets'],
  order: 'resets',
  isNumber: () => true,
  recordOf: ([count]) => ({ kind: 'resets', count: count as bigint }),
  valuesOf: ({ count }) => [count],
};

/** In the order of an export. */
export const recordTables: RecordTables = {
  resets: resetsTable,
  scope: scopeTable,
  limit: limitTable,
  counter: counterTable,
  reservation: reservationTable,
  thread: threadTable,
};

/** Handed on, and written, together. */
export const RECORDS_A_PAGE = 500;

/** Says whether a ledger holds anything: the tables that are to be empty before an import. */
export const HOLDS_ANYTHING = `SELECT ${Object.values(recordTables)
  .filter(({ name }) => name !== 'state')
  .map(({ name }) => `EXISTS (SELECT 1 FROM ${name})`)
  .join(' OR ')} AS holds_anything`;

function amountValues(amounts: Amounts): Row {
  return units.map((unit) => amounts[unit] ?? null);
}
