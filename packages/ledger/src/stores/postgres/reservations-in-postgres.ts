import { refusalOf } from '../../admission.js';
import { units } from '../../amounts.js';
import type { Refusal, Reservation, ReservationStatus } from '../../reservation.js';
import {
  type Change,
  expire,
  extend,
  isBooking,
  isDue,
  isSame,
  release,
  send,
  settle,
} from '../../reservation-change.js';
import type { BookRequest, ChangeResult, Crossings, ReserveRequest, ReserveResult } from '../../store.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';
import type { StoredReservation } from '../reservation-columns.js';
import { resetOf } from '../window-columns.js';
import type { Connections } from './connections.js';
import type { Counter } from './counters.js';
import type { ForeseenVerbs } from './foreseen-verbs.js';
import { type LockedScopes, type Lookup, lockScopes, withAncestors } from './locked-scopes.js';
import { OneLooksFirst } from './one-looks-first.js';
import { afterExpiry, bookingMoves, moveCounters, storeChange } from './reservation-moves.js';
import {
  findReservation,
  findReservationNow,
  insertReservation,
  lockDueReservations,
  lockReservation,
  nowBehindLocks,
  sendHeld,
  updateReservation,
} from './reservation-rows.js';
import type { Transaction } from './transaction.js';

/** Enough for the orphans of a crash; the rest is for the next verb. */
export const EXPIRED_AT_ONCE = 16;

type ChangeOf = (reservation: Reservation, nowMs: number) => Change;

/** What is kept under an id that somebody uses again. */
type Known = StoredReservation & Crossings;

interface Ask {
  readonly counter: Counter;
  readonly amount: bigint;
}

export interface ReservationsOptions {
  readonly connections: Connections;
  readonly lookup: Lookup;
  readonly foreseen: ForeseenVerbs;
  /** Takes the thresholds that were reached before a verb failed. */
  readonly keepUntold: (crossings: readonly ThresholdCrossing[]) => void;
}

/** The verbs on reservations, each one transaction, or several that follow each other. */
export class ReservationsInPostgres {
  readonly #connections: Connections;
  readonly #lookup: Lookup;
  readonly #foreseen: ForeseenVerbs;
  readonly #oneLooksFirst = new OneLooksFirst();
  readonly #keepUntold: (crossings: readonly ThresholdCrossing[]) => void;

  constructor({ connections, lookup, foreseen, keepUntold }: ReservationsOptions) {
    this.#connections = connections;
    this.#lookup = lookup;
    this.#foreseen = foreseen;
    this.#keepUntold = keepUntold;
  }

  reserve(request: ReserveRequest): Promise<ReserveResult> {
    return this.#oneLooksFirst.run(
      request.scopes.join('\n'),
      () => this.#foreseen.reserve(request),
      () => this.#reserveLooking(request),
    );
  }

  async #reserveLooking(request: ReserveRequest): Promise<ReserveResult> {
    const crossings: ThresholdCrossing[] = [];
    let found: number | null = null;
    try {
      for (;;) {
        const result: ReserveResult | 'due' = await this.#reserve(request, found !== null);
        // Nobody is refused for the sake of holds that are over, whoever ended those that were found.
        const mayHaveRoom = result !== 'due' && result.status === 'refused' && found === EXPIRED_AT_ONCE;
        if (result !== 'due' && !mayHaveRoom) return { ...result, crossings: [...crossings, ...result.crossings] };
        const done = await this.#endDue(EXPIRED_AT_ONCE);
        crossings.push(...done.crossings);
        found = done.found;
      }
    } catch (error) {
      this.#keepUntold(crossings);
      throw error;
    }
  }

  book({ id, scopes: asked, amounts }: BookRequest): Promise<ChangeResult> {
    return this.#unlessKnown<ChangeResult>(
      id,
      async (transaction) => {
        const locked = await lockScopes(transaction, { kind: 'withAncestors', value: asked }, this.#lookup);
        return { status: 'changed', ...(await this.bookOn(transaction, locked, { id, scopes: asked, amounts })) };
      },
      ({ reservation, askedScopes, crossings }) => {
        const isRequest = askedScopes === JSON.stringify(asked) && isBooking(reservation);
        const isRepeated = isRequest && isSame(reservation.booked ?? {}, amounts);
        return { status: isRepeated ? 'changed' : 'id_taken', reservation, crossings };
      },
    );
  }

  /** Books within a transaction that has locked the scopes and their ancestors. */
  async bookOn(
    transaction: Transaction,
    locked: LockedScopes,
    { id, scopes: asked, amounts }: BookRequest,
  ): Promise<{ readonly reservation: Reservation } & Crossings> {
    const { nowMs, parents, counters } = locked;
    const reservation: Reservation = {
      ...{ id, status: 'settled', scopes: withAncestors(parents, asked), amounts: {} },
      ...{ reservedAtMs: nowMs, expiresAtMs: nowMs, sentAtMs: null, resolvedAtMs: nowMs },
      ...{ booked: amounts, overrun: amounts, isEstimated: false },
    };
    const crossings = await moveCounters(locked, reservation, bookingMoves(amounts));
    counters.write();
    insertReservation(transaction, reservation, JSON.stringify(asked));
    return { reservation, crossings };
  }

  async markSent(id: string): Promise<ChangeResult> {
    const reservation = await sendHeld(this.#connections, id, this.#lookup.clockMs());
    if (reservation !== null) return { status: 'changed', reservation, crossings: [] };
    return this.#changeAlone(id, send);
  }

  extend(id: string, expiresInMs: number): Promise<ChangeResult> {
    return this.#changeAlone(id, (reservation, nowMs) => extend(reservation, nowMs + expiresInMs));
  }

  settle(id: string, amounts: Reservation['amounts']): Promise<ChangeResult> {
    return this.#resolve(id, (reservation, nowMs) => settle(reservation, amounts, nowMs), ['held', 'sent']);
  }

  release(id: string, isNotBilled: boolean): Promise<ChangeResult> {
    const from = isNotBilled ? (['held', 'sent'] as const) : (['held'] as const);
    return this.#resolve(id, (reservation, nowMs) => release(reservation, isNotBilled, nowMs), from);
  }

  /** Shows as expired what is over, but leaves it to the next writer, who tells the thresholds that it reaches. */
  read(id: string): Promise<Reservation | null> {
    return this.#connections.transaction(async (transaction) => {
      const found = await findReservationNow(transaction, id, this.#lookup.clockMs());
      if (found === null) return null;
      const { reservation, nowMs } = found;
      return isDue(reservation, nowMs) ? expire(reservation, nowMs).next : reservation;
    });
  }

  async expireDue(max: number): Promise<Crossings & { readonly count: number }> {
    const { count, crossings } = await this.#endDue(max);
    return { count, crossings };
  }

  /** `found`: how many were over before their locks were waited for. */
  #endDue(max: number): Promise<Crossings & { readonly found: number; readonly count: number }> {
    return this.#connections.transaction(async (transaction) => {
      const found = await lockDueReservations(transaction, max, this.#lookup.clockMs());
      if (found.length === 0) return { found: 0, count: 0, crossings: [] };
      const locked = await lockScopesOf(transaction, found, this.#lookup);
      // Somebody may have been first while the locks were waited for.
      const due = found.filter((reservation) => isDue(reservation, locked.nowMs));
      const crossings: ThresholdCrossing[] = [];
      for (const reservation of due) {
        const change = expire(reservation, locked.nowMs);
        crossings.push(...(await storeChange(transaction, locked, reservation, change)));
      }
      locked.counters.write();
      return { found: found.length, count: due.length, crossings };
    });
  }

  /** Decides first and writes then: who is refused leaves nothing behind, and does not wait for the disk. */
  async #reserve(request: ReserveRequest, mayLeaveDue: boolean): Promise<ReserveResult | 'due'> {
    const { id, scopes: asked, amounts } = request;
    let found: LockedScopes | null = null;
    const result = await this.#unlessKnown<ReserveResult | 'due'>(
      id,
      async (transaction) => {
        const locked = await lockScopes(transaction, { kind: 'withAncestors', value: asked }, this.#lookup);
        const { nowMs, nextExpiryMs, parents, counters } = locked;
        found = locked;
        if (!mayLeaveDue && nextExpiryMs !== null && nextExpiryMs <= nowMs) return 'due';
        const scopes = withAncestors(parents, asked);
        const asks = await asksOf(locked, scopes, amounts);
        const refusal = firstRefusal(locked, asks);
        if (refusal !== null) {
          const isKnown = (await findReservation(transaction, id)) !== null;
          return isKnown ? null : { status: 'refused', refusal, crossings: [] };
        }
        for (const { counter, amount } of asks) counters.hold(counter, amount, nowMs);
        const { expiresInMs, isSent = false } = request;
        const reservation: Reservation = {
          ...{ id, status: isSent ? 'sent' : 'held', scopes, amounts },
          ...{ reservedAtMs: nowMs, expiresAtMs: nowMs + expiresInMs },
          ...{ sentAtMs: isSent ? nowMs : null, resolvedAtMs: null, booked: null, overrun: {}, isEstimated: false },
        };
        counters.write();
        insertReservation(transaction, reservation, JSON.stringify(asked));
        return { status: 'reserved', reservation, isRepeated: false, crossings: [] };
      },
      ({ reservation, askedScopes, crossings }) => {
        const isRequest = askedScopes === JSON.stringify(asked) && !isBooking(reservation);
        const isRepeated = isRequest && isSame(reservation.amounts, amounts);
        return isRepeated
          ? { status: 'reserved', reservation, isRepeated, crossings }
          : { status: 'id_taken', reservation, crossings };
      },
    );
    const isReserved = result !== 'due' && result.status === 'reserved';
    if (isReserved && found !== null) this.#foreseen.learn(found, result.reservation);
    return result;
  }

  /**
   * Makes the reservation with this id, or, where there is one, says what is to be said of it. Ids are nearly always new:
   * so the row is made first, and looked for when its key is taken. `make` resolves to `null` when it came upon it.
   */
  async #unlessKnown<T>(
    id: string,
    make: (transaction: Transaction) => Promise<T | null>,
    ofKnown: (known: Known) => T,
  ): Promise<T> {
    for (;;) {
      let attempts = 0;
      const made = await this.#connections.transaction(async (transaction) => {
        attempts += 1;
        const isKnown = attempts > 1 && (await findReservation(transaction, id)) !== null;
        return isKnown ? null : make(transaction);
      });
      if (made !== null) return made;
      const known = await this.#known(id);
      // Else it was so old that it was forgotten right now.
      if (known !== null) return ofKnown(known);
    }
  }

  #known(id: string): Promise<Known | null> {
    return this.#connections.transaction(async (transaction) => {
      const [known, locked] = await this.#lock(transaction, id);
      if (known === null) return null;
      const expired = await afterExpiry(transaction, locked, known);
      locked.counters.write();
      return { ...known, ...expired };
    });
  }

  #resolve(id: string, changeOf: ChangeOf, from: readonly ReservationStatus[]): Promise<ChangeResult> {
    return this.#oneLooksFirst.run(
      this.#foreseen.inCommonOf(id),
      () => this.#foreseen.resolve(id, changeOf, from),
      () => this.#change(id, changeOf),
    );
  }

  async #change(id: string, changeOf: ChangeOf): Promise<ChangeResult> {
    let found: LockedScopes | null = null;
    const result = await this.#connections.transaction(async (transaction): Promise<ChangeResult> => {
      const [known, locked] = await this.#lock(transaction, id);
      found = locked;
      if (known === null) return { status: 'unknown', crossings: [] };
      const { reservation, crossings } = await afterExpiry(transaction, locked, known);
      const change = changeOf(reservation, locked.nowMs);
      if (!('problem' in change) && change.next !== reservation) {
        const { estimatedAfter } = known;
        crossings.push(...(await storeChange(transaction, locked, reservation, { ...change, estimatedAfter })));
      }
      locked.counters.write();
      if ('problem' in change) return { status: change.problem, reservation, crossings };
      return { status: 'changed', reservation: change.next, crossings };
    });
    if (result.status === 'changed' && found !== null) this.#foreseen.learn(found, result.reservation);
    return result;
  }

  /** Of a change that moves no counter: nobody is to wait who reserves on the same scopes. */
  async #changeAlone(id: string, changeOf: ChangeOf): Promise<ChangeResult> {
    const result = await this.#connections.transaction(async (transaction): Promise<ChangeResult | 'due'> => {
      const [known, nowMs] = await Promise.all([
        lockReservation(transaction, id),
        nowBehindLocks(transaction, this.#lookup.clockMs()),
      ]);
      if (known === null) return { status: 'unknown', crossings: [] };
      const { reservation } = known;
      if (isDue(reservation, nowMs)) return 'due';
      const change = changeOf(reservation, nowMs);
      if ('problem' in change) return { status: change.problem, reservation, crossings: [] };
      if (change.next !== reservation) updateReservation(transaction, change.next, null);
      return { status: 'changed', reservation: change.next, crossings: [] };
    });
    return result === 'due' ? this.#change(id, changeOf) : result;
  }

  /** A reservation first and its scopes then, by all who lock both. */
  #lock(transaction: Transaction, id: string): Promise<[StoredReservation | null, LockedScopes]> {
    return Promise.all([
      lockReservation(transaction, id),
      lockScopes(transaction, { kind: 'ofReservation', value: id }, this.#lookup),
    ]);
  }
}

/** Of locked reservations: their scopes, with the counters of the moments in which they were made. */
export function lockScopesOf(
  transaction: Transaction,
  reservations: readonly Reservation[],
  lookup: Lookup,
): Promise<LockedScopes> {
  const value = [...new Set(reservations.flatMap(({ scopes }) => scopes))];
  const times = reservations.map(({ reservedAtMs }) => reservedAtMs);
  const span = { fromMs: Math.min(...times), toMs: Math.max(...times) };
  return lockScopes(transaction, { kind: 'named', value, span }, lookup);
}

async function asksOf(
  { counters, nowMs }: LockedScopes,
  scopes: readonly string[],
  amounts: Reservation['amounts'],
): Promise<Ask[]> {
  const asks: Ask[] = [];
  for (const scope of scopes) {
    for (const unit of units) {
      const amount = amounts[unit];
      if (amount === undefined) continue;
      for (const counter of await counters.expectedAt(scope, unit, nowMs)) asks.push({ counter, amount });
    }
  }
  return asks;
}

function firstRefusal({ counters }: LockedScopes, asks: readonly Ask[]): Refusal | null {
  for (const { counter, amount } of asks) {
    const { scope, unit, used, held, endsAtMs } = counter;
    const limit = counters.limitOf(counter)?.limit ?? null;
    const refusal = refusalOf({ scope, unit, limit, used, held, resetsAtMs: resetOf(endsAtMs) }, amount);
    if (refusal !== null) return refusal;
  }
  return null;
}
