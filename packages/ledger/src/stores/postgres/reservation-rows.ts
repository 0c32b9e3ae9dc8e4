import { units } from '../../amounts.js';
import type { Reservation } from '../../reservation.js';
import type { Scope } from '../../scope.js';
import { reservationColumns, type StoredReservation, storedReservation, unitColumns } from '../reservation-columns.js';
import type { Connections } from './connections.js';
import { MOMENT } from './scope-statements.js';
import type { Statement, Transaction } from './transaction.js';

/** By their names. */
export type ReservationColumns = Readonly<Record<string, unknown>>;

const amountColumns = (kind: string) => units.map((unit) => `${kind}_${unitColumns[unit]}`);
const changingColumns = [
  ...['status', 'expires_at_ms', 'sent_at_ms', 'resolved_at_ms', 'estimated_after'],
  ...amountColumns('booked'),
  ...amountColumns('overrun'),
];
const columns = ['id', 'asked_scopes', 'scopes', 'reserved_at_ms', ...amountColumns('held'), ...changingColumns];

const insert: Statement = {
  name: 'insert reservation',
  text: `INSERT INTO reservations (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
};
const update: Statement = {
  name: 'update reservation',
  text: `UPDATE reservations SET ${changingColumns.map((name, index) => `${name} = $${index + 2}`).join(', ')} WHERE id = $1`,
};
const find: Statement = { name: 'find reservation', text: 'SELECT * FROM reservations WHERE id = $1' };
const lock: Statement = { name: 'lock reservation', text: `${find.text} FOR UPDATE` };
const findNow: Statement = {
  name: 'find reservation now',
  text: `WITH ${MOMENT} SELECT r.*, m.now_ms FROM moment m, reservations r WHERE r.id = $1`,
};
const findTime: Statement = {
  name: 'find time',
  text: `WITH ${MOMENT} SELECT now_ms, $1::text AS behind FROM moment`,
};
/** Where it is held and its time is not over; the time is taken before the wait for its lock. */
const send: Statement = {
  name: 'send reservation',
  text: `WITH ${MOMENT} UPDATE reservations r SET status = 'sent', sent_at_ms = m.now_ms FROM moment m
    WHERE r.id = $1 AND r.status = 'held' AND r.expires_at_ms > m.now_ms RETURNING r.*`,
};
/** Locked in the order of their ids, so that two who do this wait for each other in turn. */
const lockDue: Statement = {
  name: 'lock due',
  text: `SELECT * FROM reservations WHERE id IN (
      WITH ${MOMENT} SELECT r.id FROM moment m JOIN reservations r ON r.expires_at_ms <= m.now_ms
      WHERE r.status IN ('held', 'sent') ORDER BY r.expires_at_ms, r.seq LIMIT $1)
    ORDER BY id FOR UPDATE`,
};

export async function findReservation(transaction: Transaction, id: string): Promise<StoredReservation | null> {
  return firstStored(await transaction.rows<ReservationColumns>(find, [id]));
}

/** Nobody else changes it until the transaction ends. */
export async function lockReservation(transaction: Transaction, id: string): Promise<StoredReservation | null> {
  return firstStored(await transaction.rows<ReservationColumns>(lock, [id]));
}

/** `null` where it is to be looked at first, and nothing was changed. */
export async function sendHeld(
  connections: Connections,
  id: string,
  clockMs: number | null,
): Promise<Reservation | null> {
  const [rows = []] = await connections.together([{ statement: send, values: [id, clockMs] }]);
  return firstStored(rows)?.reservation ?? null;
}

export async function findReservationNow(
  transaction: Transaction,
  id: string,
  clockMs: number | null,
): Promise<{ readonly reservation: Reservation; readonly nowMs: number } | null> {
  const [row] = await transaction.rows<ReservationColumns>(findNow, [id, clockMs]);
  return row === undefined ? null : { reservation: stored(row).reservation, nowMs: Number(row['now_ms']) };
}

/** The time when the locks that were asked for before are held. */
export async function nowBehindLocks(transaction: Transaction, clockMs: number | null): Promise<number> {
  const [row] = await transaction.rows<{ readonly now_ms: bigint }>(findTime, ['locks', clockMs]);
  return Number(row?.now_ms);
}

/** Those whose time is over, locked; the ones that are over longest come first. */
export async function lockDueReservations(
  transaction: Transaction,
  max: number,
  clockMs: number | null,
): Promise<Reservation[]> {
  const rows = await transaction.rows<ReservationColumns>(lockDue, [max, clockMs]);
  const inTurn = (first: ReservationColumns, second: ReservationColumns) =>
    Number(first['expires_at_ms']) - Number(second['expires_at_ms']) || Number(first['seq']) - Number(second['seq']);
  return rows.sort(inTurn).map((row) => stored(row).reservation);
}

/** Fails where another one has its id. */
export function insertReservation(transaction: Transaction, reservation: Reservation, askedScopes: string): void {
  const { id, scopes, reservedAtMs, amounts } = reservation;
  const held = units.map((unit) => amounts[unit] ?? null);
  transaction.write(insert, [id, askedScopes, scopes, reservedAtMs, ...held, ...changingValues(reservation, null)]);
}

/** `resets`: how many there were until now, where it is booked as an estimate. */
export function updateReservation(transaction: Transaction, reservation: Reservation, resets: bigint | null): void {
  transaction.write(update, [reservation.id, ...changingValues(reservation, resets)]);
}

function changingValues(reservation: Reservation, resets: bigint | null): unknown[] {
  const { status, expiresAtMs, sentAtMs, resolvedAtMs, booked, overrun } = reservation;
  const amounts = [...units.map((unit) => booked?.[unit] ?? null), ...units.map((unit) => overrun[unit] ?? null)];
  return [status, expiresAtMs, sentAtMs, resolvedAtMs, resets, ...amounts];
}

function firstStored([row]: readonly ReservationColumns[]): StoredReservation | null {
  return row === undefined ? null : stored(row);
}

export function stored(row: ReservationColumns): StoredReservation {
  const values = reservationColumns.map((name) => row[name]);
  return storedReservation(values, (scopes) => scopes as Scope[]);
}
