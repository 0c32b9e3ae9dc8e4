import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { type Unit, units } from '../../amounts.js';
import type { Discrepancy } from '../../store.js';
import { heldIn, type ReservationRow } from '../reservation-columns.js';
import { reservationList, reservationOf } from './reservation-rows.js';

const ROWS_A_TURN = 500;

interface CounterSum {
  readonly scope: string;
  readonly unit: Unit;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly counted: { readonly used: bigint; readonly held: bigint; readonly overrun: bigint };
  readonly summed: { used: bigint; held: bigint; overrun: bigint };
}

/**
 * Compares every counter with the sum of its reservations, on a connection of its own whose transaction sees one state
 * of the ledger, while others write on. Takes time in proportion to the reservations that are kept.
 */
export async function auditCounters(database: Database): Promise<Discrepancy[]> {
  database.exec('BEGIN');
  try {
    const sums = await countersBySubject(database);
    let rows = 0;
    for (const row of database.prepare(`SELECT ${reservationList} FROM reservations`).raw().iterate()) {
      const reservation = reservationOf(row as ReservationRow);
      for (const scope of reservation.scopes) {
        for (const unit of units) {
          for (const sum of sums.get(subject(scope, unit)) ?? []) {
            if (reservation.reservedAtMs < sum.startsAtMs || reservation.reservedAtMs >= sum.endsAtMs) continue;
            sum.summed.used += reservation.booked?.[unit] ?? 0n;
            sum.summed.held += heldIn(reservation, unit);
            sum.summed.overrun += reservation.overrun[unit] ?? 0n;
          }
        }
      }
      rows += 1;
      if (rows % ROWS_A_TURN === 0) await nextTurn();
    }
    const discrepancies: Discrepancy[] = [];
    for (const counters of sums.values()) {
      discrepancies.push(...counters.flatMap(discrepanciesOf));
      rows += 1;
      if (rows % ROWS_A_TURN === 0) await nextTurn();
    }
    return discrepancies;
  } finally {
    database.exec('COMMIT');
  }
}

async function countersBySubject(database: Database): Promise<Map<string, CounterSum[]>> {
  const sums = new Map<string, CounterSum[]>();
  let rows = 0;
  for (const row of database.prepare('SELECT * FROM counters').iterate() as Iterable<Record<string, bigint | string>>) {
    const sum: CounterSum = {
      scope: row['scope'] as string,
      unit: row['unit'] as Unit,
      startsAtMs: Number(row['starts_at_ms']),
      endsAtMs: Number(row['ends_at_ms']),
      counted: { used: row['used'] as bigint, held: row['held'] as bigint, overrun: row['overrun'] as bigint },
      summed: { used: row['forgotten_used'] as bigint, held: 0n, overrun: row['forgotten_overrun'] as bigint },
    };
    const key = subject(sum.scope, sum.unit);
    const others = sums.get(key);
    if (others === undefined) sums.set(key, [sum]);
    else others.push(sum);
    rows += 1;
    if (rows % ROWS_A_TURN === 0) await nextTurn();
  }
  return sums;
}

function subject(scope: string, unit: Unit): string {
  return `${unit} ${scope}`;
}

function discrepanciesOf({ scope, unit, startsAtMs, counted, summed }: CounterSum): Discrepancy[] {
  return (['used', 'held', 'overrun'] as const)
    .filter((what) => counted[what] !== summed[what])
    .map((what) => ({
      scope,
      unit,
      windowStartsAtMs: startsAtMs,
      what,
      counted: counted[what],
      summed: summed[what],
    }));
}
