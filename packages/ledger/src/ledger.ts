import { CodedError, uuidv7 } from '@budget/core';
import { type Amounts, type AmountsInput, checkedAmounts } from './amounts.js';
import { BudgetExceededError } from './budget-errors.js';
import { checkedLimit, checkedLimitKey, type LimitInput } from './limit.js';
import type { Reservation } from './reservation.js';
import { checkedScope, checkedScopes, MAX_ANCESTORS } from './scope.js';
import type { ChangeResult, LedgerStore, ReserveRequest, ScopeState } from './store.js';
import { type ThresholdListener, thresholdEvents } from './threshold-events.js';

export interface LedgerOptions {
  readonly store: LedgerStore;
  /**
   * What `reserve` does when the store cannot be used. `refuse`, the default: it rejects, so that nothing is spent that
   * nobody counts. `allow`: the call goes on without a hold, which limits nothing, and `log` is told. Its settlement
   * rejects as long as the store does not work; repeated after that it is booked.
   */
  readonly onStoreFailure?: 'refuse' | 'allow' | undefined;
  /** Told a line whenever a threshold is crossed, a listener fails, or a call goes on without a store. Default: nothing. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface ReservationRequest {
  /** Makes the verb idempotent: the same id again is the same reservation. Default: a new UUIDv7. */
  readonly id?: string | undefined;
  readonly scopes: readonly string[];
  readonly amounts: AmountsInput;
  /** After this long the hold ends by itself. Default: 5 minutes; at most 7 days. */
  readonly expiresInMs?: number | undefined;
}

export interface HeldReservation extends Reservation {
  /** The store could not be used and `onStoreFailure` is `allow`: nothing limits this call. */
  readonly isUnrecorded: boolean;
}

/**
 * Limits that hold: amounts are set aside before a call and booked after it. All verbs are idempotent by id.
 *
 * Errors are CodedErrors: of kind `budget` where a limit has no room, `input` where an argument makes no sense,
 * `environment` where the store could not be used (see `LedgerStore`).
 */
export interface Ledger {
  readonly store: LedgerStore;
  /** Sets or changes the limit of this scope, unit and window. */
  setLimit(limit: LimitInput): Promise<void>;
  /** Resolves to whether there was one. What was used is still counted. */
  removeLimit(key: Pick<LimitInput, 'scope' | 'unit' | 'window'>): Promise<boolean>;
  /** Whoever reserves on the scope from now on reserves on its parent too. @throws `parent_invalid` for a circle. */
  setParent(scope: string, parent: string | null): Promise<void>;
  /** `null` for a scope that nobody has set or used. */
  readScope(scope: string): Promise<ScopeState | null>;
  /** By name; pages of at most 1,000. */
  listScopes(options?: { readonly after?: string; readonly limit?: number }): Promise<readonly ScopeState[]>;
  /**
   * Sets the amounts aside on every limit of the scopes and their ancestors, or on none.
   *
   * @throws BudgetExceededError when a limit has no room; CodedError `id_taken` when the id stands for another request.
   */
  reserve(request: ReservationRequest): Promise<HeldReservation>;
  /** Just before the request leaves. @throws `not_held` when the hold is gone: then the request must not be sent. */
  markSent(id: string): Promise<Reservation>;
  /** The hold ends this long from now. @throws `not_held` */
  extend(id: string, expiresInMs: number): Promise<Reservation>;
  /**
   * Books what was used; a unit that is not named is booked as it was held. What exceeds the hold is an overrun.
   *
   * @throws `already_settled` with other amounts, `reservation_unknown`.
   */
  settle(id: string, amounts: AmountsInput): Promise<Reservation>;
  /** Frees the hold. After `markSent` only with `isNotBilled`. @throws `already_sent`, `already_settled`, `reservation_unknown`. */
  release(id: string, options?: { readonly isNotBilled?: boolean }): Promise<Reservation>;
  readReservation(id: string): Promise<Reservation | null>;
  /** Ends holds whose time is over; every `reserve` does so too. Resolves to how many. */
  expireDue(): Promise<number>;
  /** Called after every threshold that is crossed through this ledger. Returns what unsubscribes. */
  onThreshold(listener: ThresholdListener): () => void;
  close(): Promise<void>;
}

const DEFAULT_EXPIRY_MS = 5 * 60_000;
const MAX_EXPIRY_MS = 7 * 86_400_000;
const MAX_ID_LENGTH = 200;
const MAX_PAGE = 1000;
const EXPIRED_A_VERB = 100;
/** Calls that run while the store is gone. More at once are refused. */
const MAX_UNRECORDED = 10_000;

export function createLedger({ store, onStoreFailure = 'refuse', log = () => {} }: LedgerOptions): Ledger {
  const thresholds = thresholdEvents(log);
  const unrecorded = new Map<string, ReserveRequest>();

  function reservationOf(id: string, result: ChangeResult): Reservation {
    thresholds.tell(result.crossings);
    if (result.status === 'changed') return result.reservation;
    throw changeError(id, result.status);
  }

  function goOnUnrecorded(request: ReserveRequest, cause: unknown): HeldReservation {
    const isStoreFailure = CodedError.isInstance(cause) && cause.kind === 'environment';
    if (onStoreFailure === 'refuse' || !isStoreFailure || unrecorded.size >= MAX_UNRECORDED) throw cause;
    unrecorded.set(request.id, request);
    log(`${request.id} goes on without a limit, as the ledger could not be used: ${cause.message}`);
    return { ...unrecordedReservation(request), isUnrecorded: true };
  }

  async function bookUnrecorded({ id, scopes, amounts }: ReserveRequest, actual: Amounts): Promise<Reservation> {
    const reservation = reservationOf(id, await store.book({ id, scopes, amounts: { ...amounts, ...actual } }));
    unrecorded.delete(id);
    return reservation;
  }

  return {
    store,
    async setLimit(input) {
      const { crossings } = await store.setLimit(checkedLimit(input));
      thresholds.tell(crossings);
    },
    removeLimit: async (key) => store.removeLimit(checkedLimitKey(key)),
    async setParent(scope, parent) {
      const above = parent === null ? null : checkedScope(parent);
      const outcome = await store.setParent(checkedScope(scope), above);
      if (outcome !== 'set') throw parentInvalid(scope, parent, outcome);
    },
    readScope: async (scope) => store.readScope(checkedScope(scope)),
    async listScopes({ after = null, limit = MAX_PAGE }: { after?: string | null; limit?: number } = {}) {
      return store.listScopes({ after, limit: Math.max(1, Math.min(limit, MAX_PAGE)) });
    },
    async reserve({ id = uuidv7(), scopes, amounts, expiresInMs = DEFAULT_EXPIRY_MS }) {
      const request = {
        id: checkedId(id),
        scopes: checkedScopes(scopes),
        amounts: checkedAmounts(amounts),
        expiresInMs: checkedExpiry(expiresInMs),
      };
      let result: Awaited<ReturnType<LedgerStore['reserve']>>;
      try {
        result = await store.reserve(request);
      } catch (error) {
        return goOnUnrecorded(request, error);
      }
      thresholds.tell(result.crossings);
      if (result.status === 'refused') throw new BudgetExceededError(result.refusal);
      if (result.status === 'id_taken') throw changeError(id, 'id_taken');
      // A call that went on without a limit, and was asked for again since the store works.
      unrecorded.delete(request.id);
      return { ...result.reservation, isUnrecorded: false };
    },
    async markSent(id) {
      const request = unrecorded.get(id);
      if (request !== undefined) return { ...unrecordedReservation(request), status: 'sent', sentAtMs: Date.now() };
      return reservationOf(id, await store.markSent(checkedId(id)));
    },
    async extend(id, expiresInMs) {
      const request = unrecorded.get(id);
      if (request !== undefined) return unrecordedReservation(request);
      return reservationOf(id, await store.extend(checkedId(id), checkedExpiry(expiresInMs)));
    },
    async settle(id, amounts) {
      const actual = checkedAmounts(amounts);
      const request = unrecorded.get(id);
      if (request !== undefined) return bookUnrecorded(request, actual);
      return reservationOf(id, await store.settle(checkedId(id), actual));
    },
    async release(id, { isNotBilled = false } = {}) {
      const request = unrecorded.get(id);
      if (request === undefined) return reservationOf(id, await store.release(checkedId(id), { isNotBilled }));
      unrecorded.delete(id);
      return { ...unrecordedReservation(request), status: 'released', resolvedAtMs: Date.now() };
    },
    readReservation: async (id) => store.readReservation(checkedId(id)),
    async expireDue() {
      for (let total = 0; ; ) {
        const { count, crossings } = await store.expireDue(EXPIRED_A_VERB);
        thresholds.tell(crossings);
        total += count;
        if (count < EXPIRED_A_VERB) return total;
      }
    },
    onThreshold: thresholds.subscribe,
    close: () => store.close(),
  };
}

/** What a caller sees of a call that no store knows of. */
function unrecordedReservation({ id, scopes, amounts, expiresInMs }: ReserveRequest): Reservation {
  const nowMs = Date.now();
  return {
    ...{ id, status: 'held', scopes, amounts, reservedAtMs: nowMs, expiresAtMs: nowMs + expiresInMs },
    ...{ sentAtMs: null, resolvedAtMs: null, booked: null, overrun: {}, isEstimated: false },
  };
}

function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && !/\p{Surrogate}/u.test(id)) return id;
  throw new CodedError({
    code: 'id_invalid',
    kind: 'input',
    message: `${JSON.stringify(id)} is no id. An id is a text of 1 to ${MAX_ID_LENGTH} characters.`,
  });
}

function checkedExpiry(expiresInMs: unknown): number {
  const isWhole = typeof expiresInMs === 'number' && Number.isSafeInteger(expiresInMs);
  if (isWhole && expiresInMs >= 1 && expiresInMs <= MAX_EXPIRY_MS) return expiresInMs;
  throw new CodedError({
    code: 'expiry_invalid',
    kind: 'input',
    message: `expiresInMs is ${String(expiresInMs)}; it is a whole number of milliseconds from 1 to ${MAX_EXPIRY_MS} (7 days).`,
  });
}

const problems: Readonly<Record<Exclude<ChangeResult['status'], 'changed'>, readonly [code: string, what: string]>> = {
  unknown: ['reservation_unknown', 'is not known: it was never made, or so long ago that it is not kept any more.'],
  id_taken: [
    'id_taken',
    'stands for another request already. Use a new id for every call, and the same only to repeat one.',
  ],
  not_held: ['not_held', 'is not held any more, so nothing may be sent on it. Reserve anew, with a longer expiry.'],
  already_sent: [
    'already_sent',
    'was sent, so it may have been billed. Settle it, or release it with proof that it was not (isNotBilled).',
  ],
  already_settled: ['already_settled', 'was settled before, with other amounts. They stand.'],
};

function changeError(id: string, status: keyof typeof problems): CodedError {
  const [code, what] = problems[status];
  return new CodedError({ code, kind: 'input', message: `Reservation ${id} ${what}` });
}

function parentInvalid(scope: string, parent: string | null, why: 'circle' | 'too_deep'): CodedError {
  const reason =
    why === 'circle' ? `${parent} lies below ${scope}` : `no scope has more than ${MAX_ANCESTORS} ancestors`;
  return new CodedError({
    code: 'parent_invalid',
    kind: 'input',
    message: `${parent} cannot be the parent of ${scope}: ${reason}.`,
  });
}
