import type { Unit } from '../../amounts.js';
import type { Move } from '../../reservation-change.js';
import type { Scope } from '../../scope.js';
import { unitColumns } from '../reservation-columns.js';
import type { Transaction } from './transaction.js';
import type { WindowSpanMs } from './window-spans.js';

/** Sums of bigints are wider than one, so they come as text. */
type SumRow = Readonly<Record<keyof Move, string>>;

/** Adds up what the kept reservations of a window used and hold on one scope: for a counter that was not there before. */
export async function sumOfWindow(
  transaction: Transaction,
  scope: Scope,
  unit: Unit,
  { startsAtMs, endsAtMs }: WindowSpanMs,
): Promise<Move> {
  const column = unitColumns[unit];
  const [sum] = await transaction.query<SumRow>(
    `SELECT coalesce(sum(booked_${column}), 0)::text AS used, coalesce(sum(overrun_${column}), 0)::text AS overrun,
       coalesce(sum(CASE WHEN status IN ('held', 'sent') THEN held_${column} END), 0)::text AS held
     FROM reservations WHERE reserved_at_ms >= $1 AND reserved_at_ms < $2 AND $3 = ANY (scopes)`,
    [startsAtMs, endsAtMs, scope],
  );
  const { used, held, overrun } = sum as SumRow;
  return { used: BigInt(used), held: BigInt(held), overrun: BigInt(overrun) };
}
