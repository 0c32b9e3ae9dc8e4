import { MAX_COUNTED } from '../../admission.js';
import { units } from '../../amounts.js';
import type { Reservation, ReservationStatus } from '../../reservation.js';
import { type Change, isActive, type Move } from '../../reservation-change.js';
import type { ChangeResult, ReserveRequest, ReserveResult } from '../../store.js';
import { commonValues, type ForeseenMove, RESERVE, RESOLVE } from './foreseen-statements.js';
import { type KnownCounter, type KnownScope, KnownScopes } from './known-scopes.js';
import type { LockedScopes, Lookup } from './locked-scopes.js';
import type { Lone, SharedTransactions } from './shared-transactions.js';

/** Those that are settled by the process that made them, which is nearly all. */
const MAX_RECENT = 10_000;

/**
 * Verbs that come upon what this process knows from before: the same limits and parents, room, nothing that is over, no
 * threshold that is newly reached, no id that is known. Each is one statement, in which the server compares all of that.
 * `null`: something was otherwise, nothing was changed, and the verb is to be done in the way that looks first.
 */
export class ForeseenVerbs {
  readonly #shared: SharedTransactions;
  readonly #lookup: Lookup;
  readonly #scopes = new KnownScopes();
  /** As they were reserved: the amounts and the scopes of one never change. */
  readonly #recent = new Map<string, Reservation>();

  constructor(shared: SharedTransactions, lookup: Lookup) {
    this.#shared = shared;
    this.#lookup = lookup;
  }

  /** What a verb found that was done in the other way, and what it made of its reservation. */
  learn(locked: LockedScopes, reservation: Reservation): void {
    this.#scopes.remember(locked);
    if (isActive(reservation)) this.#keep(reservation);
    else this.#recent.delete(reservation.id);
  }

  /** What changes of this reservation have in common with those of others. */
  inCommonOf(id: string): string {
    return (this.#recent.get(id)?.scopes ?? [id]).join('\n');
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult | null> {
    const { id, scopes: asked, amounts, expiresInMs, isSent = false } = request;
    const known = this.#scopes.findWithAncestors(asked);
    const moves = known && movesOf(known, amounts, holdOn);
    if (known === null || moves === null) return null;
    const own = [JSON.stringify(asked), expiresInMs, isSent, ...units.map((unit) => amounts[unit] ?? null)];
    const row = await this.#run(known, {
      statement: RESERVE,
      values: [...commonValues(id, this.#lookup.clockMs(), known, moves), ...own],
    });
    if (row === null) return null;
    const { nowMs } = row;
    const reservation: Reservation = {
      id,
      status: isSent ? 'sent' : 'held',
      scopes: known.map(({ scope }) => scope),
      amounts,
      reservedAtMs: nowMs,
      expiresAtMs: nowMs + expiresInMs,
      sentAtMs: isSent ? nowMs : null,
      resolvedAtMs: null,
      booked: null,
      overrun: {},
      isEstimated: false,
    };
    this.#keep(reservation);
    return { status: 'reserved', reservation, isRepeated: false, crossings: [] };
  }

  /** Ends a reservation that is in one of the states `from`. */
  async resolve(
    id: string,
    changeOf: (reservation: Reservation, nowMs: number) => Change,
    from: readonly ReservationStatus[],
  ): Promise<ChangeResult | null> {
    const before = this.#recent.get(id);
    const change = before && changeOf(before, before.reservedAtMs);
    if (before === undefined || change === undefined || 'problem' in change || isActive(change.next)) return null;
    const { next } = change;
    const known = this.#scopes.find(before.scopes);
    // What was not reserved may not have been counted before.
    const isReserved = units.every((unit) => change.moves[unit] === undefined || before.amounts[unit] !== undefined);
    const moves = known && isReserved ? movesOf(known, change.moves, resolvedOn) : null;
    if (known === null || moves === null) return null;
    const amounts = [next.booked ?? {}, next.overrun].flatMap((each) => units.map((unit) => each[unit] ?? null));
    const row = await this.#run(known, {
      statement: RESOLVE,
      values: [
        ...commonValues(id, this.#lookup.clockMs(), known, moves),
        ...[before.reservedAtMs, from, next.status, ...amounts],
      ],
    });
    if (row === null) return null;
    this.#recent.delete(id);
    const { nowMs, expiresAtMs, sentAtMs } = row;
    return { status: 'changed', reservation: { ...next, expiresAtMs, sentAtMs, resolvedAtMs: nowMs }, crossings: [] };
  }

  #keep(reservation: Reservation): void {
    this.#recent.set(reservation.id, reservation);
    if (this.#recent.size <= MAX_RECENT) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  async #run(known: readonly KnownScope[], { statement, values }: Omit<Lone, 'scopes'>) {
    const scopes = known.map(({ scope }) => scope);
    // Whatever has the same at its top has a lock in common, and would wait for it.
    const tops = known.filter(({ parent }) => parent === null || !scopes.includes(parent)).map(({ scope }) => scope);
    const row = await this.#shared.run(tops.join('\n'), { statement, values, scopes });
    // Until somebody looked again, the next one would be mistaken too.
    if (row === null) this.#scopes.forget(known);
    return row && readRow(row);
  }
}

type MoveOn<T> = (value: T, counter: KnownCounter) => Omit<ForeseenMove, 'counter'>;

function holdOn(amount: bigint, { limit }: KnownCounter): ReturnType<MoveOn<bigint>> {
  return { used: 0n, held: amount, overrun: 0n, most: limit ?? MAX_COUNTED };
}

/** Whoever used more than was held may pass a limit, but not what can be counted. */
function resolvedOn({ used, held, overrun }: Move): ReturnType<MoveOn<Move>> {
  return { used, held, overrun, most: used + held > 0n ? MAX_COUNTED : null };
}

/** Of all counters of the given units; `null` where they are not all known, or there are none. */
function movesOf<T>(
  known: readonly KnownScope[],
  given: Readonly<Partial<Record<(typeof units)[number], T>>>,
  moveOn: MoveOn<T>,
): ForeseenMove[] | null {
  const moves: ForeseenMove[] = [];
  for (const { counters } of known) {
    for (const unit of units) {
      const value = given[unit];
      if (value === undefined) continue;
      const ofUnit = counters.filter((counter) => counter.unit === unit);
      if (ofUnit.length === 0) return null;
      for (const counter of ofUnit) moves.push({ counter, ...moveOn(value, counter) });
    }
  }
  return moves.length === 0 ? null : moves;
}

function readRow(row: Readonly<Record<string, unknown>>) {
  const timeOrNull = (value: unknown) => (typeof value === 'bigint' ? Number(value) : null);
  return {
    nowMs: Number(row['now_ms']),
    expiresAtMs: Number(row['expires_at_ms']),
    sentAtMs: timeOrNull(row['sent_at_ms']),
  };
}
