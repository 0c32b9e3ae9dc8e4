import { CodedError } from '@budget/core';
import type { Amounts } from './amounts.js';
import { changeError } from './change-errors.js';
import type { Reservation } from './reservation.js';
import { type Change, expire, isBooking, isDue, isSame } from './reservation-change.js';
import type { ChangeResult, Crossings, LedgerStore, ReserveRequest } from './store.js';

interface Entry {
  readonly request: ReserveRequest;
  reservation: Reservation;
}

/** More calls at once are refused. */
const MAX_UNRECORDED = 10_000;

/**
 * Calls that go on though the store could not be used, until they are settled. The store may know them all the same: a
 * reservation whose acknowledgement was lost, or one that was asked for again. So it is asked first by every verb.
 */
export class UnrecordedCalls {
  readonly #entries = new Map<string, Entry>();
  readonly #store: LedgerStore;
  readonly #tell: (crossings: Crossings['crossings']) => void;

  constructor(store: LedgerStore, tell: (crossings: Crossings['crossings']) => void) {
    this.#store = store;
    this.#tell = tell;
  }

  /** @throws CodedError `id_taken` when the id stands for another call, whose cost would be lost. */
  expectSame(request: ReserveRequest): void {
    const known = this.#entries.get(request.id)?.request;
    if (known !== undefined && !isSameRequest(known, request)) throw changeError(request.id, 'id_taken');
  }

  /** The call as it stands when it was said before; `null` when there are too many. */
  add(request: ReserveRequest): Reservation | null {
    const known = this.#entries.get(request.id);
    if (known !== undefined) return this.#afterExpiry(known);
    if (this.#entries.size >= MAX_UNRECORDED) this.#dropEnded();
    if (this.#entries.size >= MAX_UNRECORDED) return null;
    const reservation = heldAt(request, Date.now());
    this.#entries.set(request.id, { request, reservation });
    return reservation;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  remove(id: string): void {
    this.#entries.delete(id);
  }

  /**
   * `null` when the store is to be asked: it knows the call by now, or the call is none of these.
   *
   * @throws CodedError as the verb of a ledger
   */
  async change(id: string, changeOf: (reservation: Reservation) => Change): Promise<Reservation | null> {
    const entry = this.#entries.get(id);
    if (entry === undefined || (await this.#isKnownByStore(entry.request))) return null;
    const change = changeOf(this.#afterExpiry(entry));
    if ('problem' in change) throw changeError(id, change.problem);
    entry.reservation = change.next;
    return change.next;
  }

  /** Books what was used, all of it overrun; `null` as `change`. */
  async settle(id: string, actual: Amounts): Promise<ChangeResult | null> {
    const request = this.#entries.get(id)?.request;
    if (request === undefined) return null;
    const { scopes, amounts } = request;
    const result = await this.#store.book({ id, scopes, amounts: { ...amounts, ...actual } });
    if (result.status === 'id_taken' && isOf(request, result.reservation)) {
      this.#tell(result.crossings);
      this.remove(id);
      return null;
    }
    if (result.status === 'changed') this.remove(id);
    return result;
  }

  async #isKnownByStore(request: ReserveRequest): Promise<boolean> {
    let known: Reservation | null;
    try {
      known = await this.#store.readReservation(request.id);
    } catch (error) {
      if (isStoreFailure(error)) return false;
      throw error;
    }
    if (known === null) return false;
    if (!isOf(request, known)) throw changeError(request.id, 'id_taken');
    this.remove(request.id);
    return true;
  }

  /** Unsent it ends by its time, and must not be sent; a sent one is waited for. */
  #afterExpiry(entry: Entry): Reservation {
    const nowMs = Date.now();
    const isOver = entry.reservation.status === 'held' && isDue(entry.reservation, nowMs);
    if (isOver) entry.reservation = expire(entry.reservation, nowMs).next;
    return entry.reservation;
  }

  #dropEnded(): void {
    for (const [id, entry] of this.#entries)
      if (this.#afterExpiry(entry).status !== 'held' && entry.reservation.sentAtMs === null) this.remove(id);
  }
}

export function isStoreFailure(error: unknown): error is CodedError {
  return CodedError.isInstance(error) && error.kind === 'environment';
}

function heldAt({ id, scopes, amounts, expiresInMs }: ReserveRequest, nowMs: number): Reservation {
  return {
    id,
    status: 'held',
    scopes,
    amounts,
    reservedAtMs: nowMs,
    expiresAtMs: nowMs + expiresInMs,
    sentAtMs: null,
    resolvedAtMs: null,
    booked: null,
    overrun: {},
    isEstimated: false,
  };
}

function isSameRequest(first: ReserveRequest, second: ReserveRequest): boolean {
  const hasSameScopes = JSON.stringify(first.scopes) === JSON.stringify(second.scopes);
  return hasSameScopes && isSame(first.amounts, second.amounts);
}

/** As far as can be told: what the store keeps has the ancestors too, and of a booking only what was used. */
function isOf({ scopes, amounts }: ReserveRequest, known: Reservation): boolean {
  const hasScopes = scopes.every((scope) => known.scopes.includes(scope));
  return hasScopes && (isBooking(known) || isSame(known.amounts, amounts));
}
