import type { Amounts } from './amounts.js';
import type { Limit, LimitKey } from './limit.js';
import type { LedgerRecord } from './moving/ledger-record.js';
import type { Refusal, Reservation } from './reservation.js';
import type { ChangeProblem } from './reservation-change.js';
import type { Scope } from './scope.js';
import type { ThreadRecord } from './thread-record.js';
import type { ThresholdCrossing } from './threshold-crossing.js';

/**
 * Where a ledger keeps its limits: whole verbs, each of which happens entirely or not at all, whatever else happens at
 * the same time in this process, in another one or on another machine, and is durable once its promise resolves.
 *
 * Arguments are checked by the ledger before. Expected outcomes are results. A promise rejects only when the store
 * could not do its work (a CodedError of kind `environment`); then either nothing happened, or, if the connection was
 * lost while the answer was on its way, all of it: every verb may be called again with the same id.
 *
 * **Counters.** For every scope and unit that was ever used there is a counter for life, and one for each window of its
 * limits that was used. A reservation moves all counters of its scopes whose window holds the moment it was made, so a
 * hold belongs to the window in which it was made, and a reset loses nothing. A limit that is set later counts what was
 * used and held before in its current window, as far as reservations are still kept. What is used and held together never
 * passes 2^63 - 1, so that every hold can be booked whole: a verb that would is refused, or rejects with `counter_full`.
 *
 * **Time** is the store's: of the machine for an embedded one, of the server for a shared one. Before a verb looks at a
 * reservation, one whose hold is over expires; before a reservation is refused, all do.
 *
 * `testing/store-contract` is this text as tests.
 */
export interface LedgerStore {
  /** Sets or changes a limit. What is used may reach thresholds by that. */
  setLimit(limit: Limit): Promise<Crossings>;
  /** Resolves to whether there was one. What was used is still counted. */
  removeLimit(key: LimitKey): Promise<boolean>;
  /**
   * Puts a scope under a parent, or under none. Reservations made before keep their ancestors. Resolves to `circle` when
   * the parent lies below the scope, and to `too_deep` past 16 ancestors; then nothing changed.
   */
  setParent(scope: Scope, parent: Scope | null): Promise<'set' | 'circle' | 'too_deep'>;
  /** `null` for a scope that has no limit and no parent and was never used. */
  readScope(scope: Scope): Promise<ScopeState | null>;
  /** Sorted by name. `after`: only later names; at most `limit` of them. */
  listScopes(options: { readonly after: Scope | null; readonly limit: number }): Promise<readonly ScopeState[]>;

  /**
   * Sets amounts aside on all limits of all scopes and their ancestors, or on none. Admitted where on each limit used +
   * held + amount ≤ limit, which is 2^63 - 1 where there is none; nothing else decides. A refusal leaves nothing behind. With an id that is known nothing happens: the same request resolves to
   * the reservation as it is, another one to `id_taken`.
   */
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  /** Books what was used without a reservation, whatever the limits say: all of it is overrun. Idempotent like `reserve`. */
  book(request: BookRequest): Promise<ChangeResult>;
  markSent(id: string): Promise<ChangeResult>;
  /** The hold ends `expiresInMs` from now. */
  extend(id: string, expiresInMs: number): Promise<ChangeResult>;
  settle(id: string, amounts: Amounts, options?: SettleOptions): Promise<ChangeResult>;
  release(id: string, options: { readonly isNotBilled: boolean }): Promise<ChangeResult>;
  readReservation(id: string): Promise<Reservation | null>;
  /** Ends holds whose time is over, at most `max` of them, oldest first. */
  expireDue(max: number): Promise<Crossings & { readonly count: number }>;

  /** Makes the thread if there is none; gives it this budget if it has none, or somebody removed its limit. */
  openThread(threadId: string, maxTokens: bigint): Promise<Crossings & { readonly thread: ThreadRecord }>;
  readThread(threadId: string): Promise<ThreadRecord | null>;
  /** Sorted by their id. `after`: only later ids; at most `limit` of them. */
  listThreads(options: { readonly after: string | null; readonly limit: number }): Promise<readonly ThreadRecord[]>;
  /** Books tokens on the thread's scope and adds one request; makes the thread like `openThread`. */
  consumeThread(usage: ThreadConsumption): Promise<Crossings & { readonly thread: ThreadRecord }>;
  /**
   * Starts counting anew for life. What was booked before counts no more, also where it was an estimate that somebody
   * corrects later: only what goes beyond the estimate is added then. Resolves to `null` when there is none.
   */
  resetThread(threadId: string): Promise<ThreadRecord | null>;
  /** With its limits. What was booked counts no more, as after a reset. Resolves to its last state. */
  removeThread(threadId: string): Promise<ThreadRecord | null>;
  /** At most `max` of them; resolves to how many there were. */
  removeThreads(max: number): Promise<number>;

  /**
   * Hands on all that is kept, in the order of `LedgerRecord`, as it was at one moment, while others write on. The next records
   * follow when the promise for the last ones is done; where it rejects, so does the verb.
   */
  exportRecords(take: (records: readonly LedgerRecord[]) => Promise<void>): Promise<void>;
  /**
   * Takes over what another store handed on, all of it or, where `pages` ends with an error, nothing. Resolves to `not_empty`,
   * and changes nothing, unless nobody has ever set or used anything here. Rejects with `records_twice` (of kind `input`)
   * where two records are of the same thing. What was told of thresholds is not told again.
   */
  importRecords(pages: AsyncIterable<readonly LedgerRecord[]>): Promise<'imported' | 'not_empty'>;
  /** Compares every counter with the sum of the reservations that it stands for. Empty when all is well. */
  audit(): Promise<readonly Discrepancy[]>;
  /** A second call does nothing. Verbs that run are finished. */
  close(): Promise<void>;
}

export interface ReserveRequest {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly amounts: Amounts;
  readonly expiresInMs: number;
  /** It is `sent` from the start, as if `markSent` had followed in the same moment. A repetition changes nothing. */
  readonly isSent?: boolean | undefined;
}

/**
 * The thresholds that a verb made somebody reach, also by what expired before it. Each is told once, and none of a window
 * that is over. Those of a verb that failed half-way, if it did something, are told by the next one.
 */
export interface Crossings {
  readonly crossings: readonly ThresholdCrossing[];
}

export type ReserveResult = Crossings &
  /** `isRepeated`: by an earlier request with this id. */
  (
    | { readonly status: 'reserved'; readonly reservation: Reservation; readonly isRepeated: boolean }
    | { readonly status: 'refused'; readonly refusal: Refusal }
    | { readonly status: 'id_taken'; readonly reservation: Reservation }
  );

export interface SettleOptions {
  /**
   * Nobody waits for it. It is done as soon as otherwise, and told a few milliseconds later, where a store can then wait for
   * the disk together with others.
   */
  readonly isPatient?: boolean | undefined;
}

export interface BookRequest {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly amounts: Amounts;
}

export type ChangeResult = Crossings &
  (
    | { readonly status: 'changed' | ChangeProblem | 'id_taken'; readonly reservation: Reservation }
    | { readonly status: 'unknown' }
  );

export interface ThreadConsumption {
  readonly threadId: string;
  readonly maxTokens: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  /** Of the booking. */
  readonly id: string;
}

export interface ScopeState {
  readonly scope: Scope;
  readonly parent: Scope | null;
  readonly limits: readonly LimitState[];
  /** For life, of every unit that was ever used, with a limit or without. */
  readonly usage: readonly UnitUsage[];
}

export interface UnitUsage {
  readonly unit: Limit['unit'];
  readonly used: bigint;
  readonly held: bigint;
  /** The part of `used` that nobody had reserved. */
  readonly overrun: bigint;
}

export interface LimitState extends Limit {
  /** In the current window. */
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
  /** What can still be reserved; never negative. */
  readonly remaining: bigint;
  /** `null` where the limit is for life. */
  readonly resetsAtMs: number | null;
}

/** A counter that is not the sum of its reservations. */
export interface Discrepancy {
  readonly scope: Scope;
  readonly unit: Limit['unit'];
  readonly windowStartsAtMs: number;
  readonly what: 'used' | 'held' | 'overrun';
  readonly counted: bigint;
  readonly summed: bigint;
}
