import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError, uuidv7 } from '@budget/core';
import { MAX_COUNTED } from './admission.js';
import { type AmountsInput, checkedAmounts } from './amounts.js';
import { BudgetExceededError, counterFull } from './budget-errors.js';
import { changeError } from './change-errors.js';
import { checkedId } from './checked-id.js';
import { checkedLimit, checkedLimitKey, type LimitInput } from './limit.js';
import type { Refusal, Reservation } from './reservation.js';
import { extend, release, send } from './reservation-change.js';
import { checkedScope, checkedScopes, MAX_ANCESTORS } from './scope.js';
import { shown } from './shown.js';
import type { ChangeResult, LedgerStore, ReserveRequest, ScopeState, SettleOptions } from './store.js';
import type { ThresholdCrossing } from './threshold-crossing.js';
import { quietLog, type ThresholdListener, thresholdEvents } from './threshold-events.js';
import { isStoreFailure, UnrecordedCalls } from './unrecorded-calls.js';

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
  /**
   * The request leaves right after this, so that `markSent` is not needed: one wait for the disk less. A process that dies
   * in between has spent all of it once its time is over. Default: no.
   */
  readonly isSent?: boolean | undefined;
}

export interface BookingRequest {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly amounts: AmountsInput;
}

export interface HeldReservation extends Reservation {
  /** It was made by an earlier request with this id. */
  readonly isRepeated: boolean;
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
   * @throws BudgetExceededError when a limit has no room; CodedError `id_taken` when the id stands for another request,
   * `counter_full` where a scope without a limit could not count it.
   */
  reserve(request: ReservationRequest): Promise<HeldReservation>;
  /** Just before the request leaves. @throws `not_held` when the hold is gone: then the request must not be sent. */
  markSent(id: string): Promise<Reservation>;
  /** The hold ends this long from now. @throws `not_held` */
  extend(id: string, expiresInMs: number): Promise<Reservation>;
  /**
   * Books what was used; a unit that is not named is booked as it was held. What exceeds the hold is an overrun. With
   * `isPatient` it counts as soon, and resolves a few milliseconds later, together with what others write meanwhile.
   *
   * @throws `already_settled` with other amounts, `reservation_unknown`.
   */
  settle(id: string, amounts: AmountsInput, options?: SettleOptions): Promise<Reservation>;
  /** Frees the hold. After `markSent` only with `isNotBilled`. @throws `already_sent`, `already_settled`, `reservation_unknown`. */
  release(id: string, options?: { readonly isNotBilled?: boolean }): Promise<Reservation>;
  /**
   * Books what was used without a reservation, whatever the limits say: all of it is overrun. Idempotent by id.
   *
   * @throws `id_taken`
   */
  book(request: BookingRequest): Promise<Reservation>;
  readReservation(id: string): Promise<Reservation | null>;
  /** Ends holds whose time is over; every `reserve` does so too. Resolves to how many. */
  expireDue(): Promise<number>;
  /** Called after every threshold that is crossed through this ledger. Returns what unsubscribes. */
  onThreshold(listener: ThresholdListener): () => void;
  /** Tells thresholds that verbs of `store` crossed which were called without this ledger. */
  tell(crossings: readonly ThresholdCrossing[]): void;
  close(): Promise<void>;
}

export const DEFAULT_EXPIRY_MS = 5 * 60_000;
export const MAX_EXPIRY_MS = 7 * 86_400_000;
const MAX_PAGE = 1000;
/** As many as are shown before the event loop has its turn. */
const SCOPES_A_VERB = 100;
const EXPIRED_A_VERB = 16;

/** @throws CodedError `option_invalid` */
export function createLedger({ store, onStoreFailure = 'refuse', log = () => {} }: LedgerOptions): Ledger {
  if (onStoreFailure !== 'refuse' && onStoreFailure !== 'allow') throw optionInvalid(onStoreFailure);
  const tellLog = quietLog(log);
  const thresholds = thresholdEvents(tellLog);
  const unrecorded = new UnrecordedCalls(store, thresholds.tell);

  function reservationOf(id: string, result: ChangeResult): Reservation {
    thresholds.tell(result.crossings);
    if (result.status === 'changed') return result.reservation;
    throw changeError(id, result.status);
  }

  function goOnUnrecorded(request: ReserveRequest, cause: unknown): HeldReservation {
    const isRepeated = unrecorded.has(request.id);
    const reservation = onStoreFailure === 'allow' && isStoreFailure(cause) ? unrecorded.add(request) : null;
    if (reservation === null || !isStoreFailure(cause)) throw cause;
    tellLog(`${request.id} goes on without a limit, as the ledger could not be used: ${cause.message}`);
    return { isRepeated, isUnrecorded: true, ...reservation };
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
    async listScopes({ after, limit = MAX_PAGE } = {}) {
      const scopes: ScopeState[] = [];
      for (const most = checkedPage(after, limit); ; await nextTurn()) {
        const asked = Math.min(most - scopes.length, SCOPES_A_VERB);
        const page = await store.listScopes({ after: scopes.at(-1)?.scope ?? after ?? null, limit: asked });
        scopes.push(...page);
        if (page.length < asked || scopes.length === most) return scopes;
      }
    },
    async reserve({ id = uuidv7(), scopes, amounts, expiresInMs = DEFAULT_EXPIRY_MS, isSent = false }) {
      const request = {
        id: checkedId(id),
        scopes: checkedScopes(scopes),
        amounts: checkedAmounts(amounts),
        expiresInMs: checkedExpiry(expiresInMs),
        isSent,
      };
      unrecorded.expectSame(request);
      let result: Awaited<ReturnType<LedgerStore['reserve']>>;
      try {
        result = await store.reserve(request);
      } catch (error) {
        return goOnUnrecorded(request, error);
      }
      thresholds.tell(result.crossings);
      if (result.status === 'refused') throw refusedBy(result.refusal);
      if (result.status === 'id_taken') throw changeError(id, 'id_taken');
      // A call that went on without a limit, and was asked for again since the store works.
      unrecorded.remove(request.id);
      return { isRepeated: result.isRepeated, isUnrecorded: false, ...result.reservation };
    },
    async markSent(id) {
      const changed = await unrecorded.change(id, (reservation) => send(reservation, Date.now()));
      return changed ?? reservationOf(id, await store.markSent(checkedId(id)));
    },
    async extend(id, expiresInMs) {
      const duration = checkedExpiry(expiresInMs);
      const changed = await unrecorded.change(id, (reservation) => extend(reservation, Date.now() + duration));
      return changed ?? reservationOf(id, await store.extend(checkedId(id), duration));
    },
    async settle(id, amounts, options) {
      const actual = checkedAmounts(amounts);
      // Nobody waits for what is nearly never there.
      const booked = unrecorded.has(id) ? await unrecorded.settle(id, actual) : null;
      return reservationOf(id, booked ?? (await store.settle(checkedId(id), actual, options)));
    },
    async release(id, { isNotBilled = false } = {}) {
      const changed = await unrecorded.change(id, (reservation) => release(reservation, isNotBilled, Date.now()));
      return changed ?? reservationOf(id, await store.release(checkedId(id), { isNotBilled }));
    },
    async book({ id, scopes, amounts }) {
      const request = { id: checkedId(id), scopes: checkedScopes(scopes), amounts: checkedAmounts(amounts) };
      return reservationOf(id, await store.book(request));
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
    tell: thresholds.tell,
    close: () => store.close(),
  };
}

/** What stands in for a limit where there is none is nothing that anybody set. */
function refusedBy(refusal: Refusal): CodedError {
  const { scope, unit, limit } = refusal;
  return limit === MAX_COUNTED ? counterFull(scope, unit) : new BudgetExceededError(refusal);
}

function checkedExpiry(expiresInMs: unknown): number {
  const isWhole = typeof expiresInMs === 'number' && Number.isSafeInteger(expiresInMs);
  if (isWhole && expiresInMs >= 1 && expiresInMs <= MAX_EXPIRY_MS) return expiresInMs;
  throw new CodedError({
    code: 'expiry_invalid',
    kind: 'input',
    message: `expiresInMs is ${shown(expiresInMs)}; it is a whole number of milliseconds from 1 to ${MAX_EXPIRY_MS} (7 days).`,
  });
}

/** At most how many are shown. */
function checkedPage(after: unknown, limit: unknown): number {
  const isName = after === undefined || after === null || typeof after === 'string';
  if (isName && typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1)
    return Math.min(limit, MAX_PAGE);
  throw new CodedError({
    code: 'page_invalid',
    kind: 'input',
    message: isName
      ? `limit is ${shown(limit)}; it is a whole number of scopes from 1 on.`
      : `after is ${shown(after)}; it is the name of a scope.`,
  });
}

function optionInvalid(onStoreFailure: unknown): CodedError {
  return new CodedError({
    code: 'option_invalid',
    kind: 'usage',
    message: `onStoreFailure is ${shown(onStoreFailure)}; it is 'refuse' or 'allow'.`,
  });
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
