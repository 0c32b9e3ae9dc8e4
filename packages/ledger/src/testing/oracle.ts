import { type Amounts, type Unit, units } from '../amounts.js';
import { defaultThresholds, type Limit, type LimitKey } from '../limit.js';
import type { Refusal, Reservation } from '../reservation.js';
import type {
  BookRequest,
  ChangeResult,
  LimitState,
  ReserveRequest,
  ReserveResult,
  ScopeState,
  ThreadConsumption,
} from '../store.js';
import type { ThreadRecord } from '../thread-record.js';
import type { ThresholdCrossing } from '../threshold-crossing.js';
import type { Window } from '../window.js';
import { windowEnd, windowNumber } from './oracle-calendar.js';

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type ReserveOutcome =
  | Exclude<ReserveResult, { readonly status: 'refused' }>
  // Which of the limits without room is named first is the store's choice.
  | { readonly status: 'refused'; readonly refusals: readonly Refusal[]; readonly crossings: ThresholdCrossing[] };

interface Row extends Mutable<Reservation> {
  readonly asked: string;
  readonly isBooking: boolean;
  /** What does not count for life any more, since a thread was reset or removed. Windows count what they saw. */
  readonly erased: { readonly scope: string; booked: Amounts; overrun: Amounts }[];
}

interface Thread {
  promptTokens: bigint;
  completionTokens: bigint;
  requestCount: number;
}

interface Sum {
  readonly used: bigint;
  readonly held: bigint;
  readonly overrun: bigint;
}

/**
 * What a ledger must say, from the prose of `LedgerStore` alone and as stupidly as it can be said: a list of everything
 * that was ever reserved, and sums that are made anew whenever somebody asks. It shares no code with any store.
 */
export class LedgerOracle {
  readonly rows: Row[] = [];
  #limits: Limit[] = [];
  readonly #parents = new Map<string, string>();
  readonly #threads = new Map<string, Thread>();
  /** The highest percent that was told, by limit and window. */
  readonly #told = new Map<string, number>();
  /** Windows that were used or limited while there was a limit on them: only in those can a threshold be crossed. */
  readonly #countedWindows = new Set<string>();
  readonly #expiredAtOnce: number;
  #crossings: ThresholdCrossing[] = [];

  /** How many holds a reservation ends first is the store's own affair. */
  constructor(expiredAtOnce: number) {
    this.#expiredAtOnce = expiredAtOnce;
  }

  setLimit(limit: Limit, nowMs: number): ThresholdCrossing[] {
    this.removeLimit(limit);
    this.#limits.push(limit);
    // With one window of a scope all are counted from then on.
    const ofSameAmounts = this.#limits.filter(({ scope, unit }) => scope === limit.scope && unit === limit.unit);
    for (const each of ofSameAmounts) this.#countedWindows.add(windowKey(each, nowMs));
    const told = this.#told.get(windowKey(limit, nowMs)) ?? 0;
    const { used } = this.#sum(limit, nowMs);
    // Whatever its thresholds are now: what was told and is reached still is not told again.
    let stillTold = told;
    while (stillTold > 0 && !isReached(used, limit, stillTold)) stillTold -= 1;
    this.#told.set(windowKey(limit, nowMs), stillTold);
    this.#tellReached(limit, nowMs, nowMs);
    return this.#takeCrossings();
  }

  removeLimit(key: LimitKey): boolean {
    const others = this.#limits.filter((limit) => limitKey(limit) !== limitKey(key));
    const wasThere = others.length < this.#limits.length;
    this.#limits = others;
    return wasThere;
  }

  setParent(scope: string, parent: string | null): 'set' | 'circle' | 'too_deep' {
    if (parent === null) {
      this.#parents.delete(scope);
      return 'set';
    }
    const above = this.#chain(parent);
    if (above.includes(scope)) return 'circle';
    const below = [...this.#parents.keys()].filter((each) => this.#chain(each).includes(scope));
    const levelsBelow = Math.max(0, ...below.map((each) => this.#chain(each).indexOf(scope)));
    if (above.length + levelsBelow > 16) return 'too_deep';
    this.#parents.set(scope, parent);
    return 'set';
  }

  /** Nothing counts as no scope: whether a store still knows a name on which there is nothing is its own affair. */
  readScope(scope: string, nowMs: number): ScopeState {
    const limits = this.#limits.filter((limit) => limit.scope === scope);
    const usage = units.map((unit) => ({ unit, ...this.#sum({ scope, unit, window: null }, nowMs) }));
    return {
      scope,
      parent: this.#parents.get(scope) ?? null,
      usage,
      limits: limits.map((limit): LimitState => {
        const sum = this.#sum(limit, nowMs);
        const room = limit.limit - sum.used - sum.held;
        return { ...limit, ...sum, remaining: room < 0n ? 0n : room, resetsAtMs: windowEnd(limit.window, nowMs) };
      }),
    };
  }

  /** Ends holds as the store does: some of them, and before it refuses all. */
  reserve(request: ReserveRequest, nowMs: number): ReserveOutcome {
    const crossings: ThresholdCrossing[] = [];
    for (;;) {
      const ended = this.#expireAll(nowMs, this.#expiredAtOnce);
      const outcome = this.#reserve(request, nowMs);
      crossings.push(...outcome.crossings);
      if (outcome.status !== 'refused' || ended < this.#expiredAtOnce) return { ...outcome, crossings };
    }
  }

  #reserve(request: ReserveRequest, nowMs: number): ReserveOutcome {
    const known = this.#findAfterExpiry(request.id, nowMs);
    if (known !== undefined) {
      const isSame = !known.isBooking && known.asked === askedText(request);
      const outcome = { reservation: shown(known), crossings: this.#takeCrossings() };
      return isSame ? { status: 'reserved', isRepeated: true, ...outcome } : { status: 'id_taken', ...outcome };
    }
    const scopes = this.#withAncestors(request.scopes);
    const refusals = this.#limits.flatMap((limit): Refusal[] => {
      const { scope, unit, window } = limit;
      const asked = request.amounts[unit];
      if (asked === undefined || !scopes.includes(scope)) return [];
      const { used, held } = this.#sum(limit, nowMs);
      if (used + held + asked <= limit.limit) return [];
      return [{ scope, unit, limit: limit.limit, used, held, asked, resetsAtMs: windowEnd(window, nowMs) }];
    });
    if (refusals.length > 0) return { status: 'refused', refusals, crossings: this.#takeCrossings() };
    this.#countWindows({ scopes, reservedAtMs: nowMs }, request.amounts, nowMs);
    const { id, amounts, isSent = false } = request;
    const row: Row = {
      id,
      status: isSent ? 'sent' : 'held',
      scopes,
      amounts,
      reservedAtMs: nowMs,
      sentAtMs: isSent ? nowMs : null,
      expiresAtMs: nowMs + request.expiresInMs,
      resolvedAtMs: null,
      booked: null,
      overrun: {},
      erased: [],
      isEstimated: false,
      asked: askedText(request),
      isBooking: false,
    };
    this.rows.push(row);
    return { status: 'reserved', isRepeated: false, reservation: shown(row), crossings: this.#takeCrossings() };
  }

  book(request: BookRequest, nowMs: number): ChangeResult {
    const known = this.#findAfterExpiry(request.id, nowMs);
    if (known !== undefined) {
      const isSame = known.isBooking && known.asked === askedText(request);
      return { status: isSame ? 'changed' : 'id_taken', reservation: shown(known), crossings: this.#takeCrossings() };
    }
    const { id, amounts } = request;
    const row: Row = {
      id,
      status: 'settled',
      scopes: this.#withAncestors(request.scopes),
      amounts: {},
      reservedAtMs: nowMs,
      expiresAtMs: nowMs,
      sentAtMs: null,
      resolvedAtMs: nowMs,
      booked: null,
      overrun: {},
      erased: [],
      isEstimated: false,
      asked: askedText(request),
      isBooking: true,
    };
    this.rows.push(row);
    this.#countWindows(row, amounts, nowMs);
    this.#book(row, amounts, amounts, nowMs);
    return { status: 'changed', reservation: shown(row), crossings: this.#takeCrossings() };
  }

  markSent(id: string, nowMs: number): ChangeResult {
    return this.#change(id, nowMs, (row) => {
      if (row.status === 'sent' || row.status === 'settled') return 'changed';
      if (row.status !== 'held') return 'not_held';
      row.status = 'sent';
      row.sentAtMs = nowMs;
      return 'changed';
    });
  }

  extend(id: string, expiresInMs: number, nowMs: number): ChangeResult {
    return this.#change(id, nowMs, (row) => {
      if (row.status !== 'held' && row.status !== 'sent') return 'not_held';
      row.expiresAtMs = nowMs + expiresInMs;
      return 'changed';
    });
  }

  settle(id: string, amounts: Amounts, nowMs: number): ChangeResult {
    return this.#change(id, nowMs, (row) => {
      const booked: Amounts = { ...(row.isBooking ? row.booked : row.amounts), ...amounts };
      if (row.status === 'settled') {
        const isSame = units.every((unit) => (booked[unit] ?? 0n) === (row.booked?.[unit] ?? 0n));
        return isSame ? 'changed' : 'already_settled';
      }
      const wasFreed = row.status === 'released' || (row.status === 'expired' && row.sentAtMs === null);
      const overrun: Partial<Record<Unit, bigint>> = {};
      for (const unit of units) {
        const beyond = (booked[unit] ?? 0n) - (wasFreed ? 0n : (row.amounts[unit] ?? 0n));
        if (beyond > 0n) overrun[unit] = beyond;
      }
      Object.assign(row, { status: 'settled', resolvedAtMs: nowMs, isEstimated: false });
      this.#book(row, booked, overrun, nowMs);
      return 'changed';
    });
  }

  release(id: string, isNotBilled: boolean, nowMs: number): ChangeResult {
    return this.#change(id, nowMs, (row) => {
      if (row.status === 'settled') return 'already_settled';
      if (row.status === 'released' || (row.status === 'expired' && row.sentAtMs === null)) return 'changed';
      if (row.sentAtMs !== null && !isNotBilled) return 'already_sent';
      Object.assign(row, { status: 'released', resolvedAtMs: nowMs, isEstimated: false });
      this.#book(row, null, {}, nowMs);
      return 'changed';
    });
  }

  readReservation(id: string, nowMs: number): Reservation | null {
    const row = this.#find(id);
    if (row === undefined) return null;
    if (!isDue(row, nowMs)) return shown(row);
    const booked = row.status === 'sent' ? row.amounts : null;
    return { ...shown(row), status: 'expired', resolvedAtMs: nowMs, booked, isEstimated: booked !== null };
  }

  expireDue(max: number, nowMs: number): { count: number; crossings: ThresholdCrossing[] } {
    const count = this.#expireAll(nowMs, max);
    return { count, crossings: this.#takeCrossings() };
  }

  openThread(
    threadId: string,
    maxTokens: bigint,
    nowMs: number,
  ): { thread: ThreadRecord; crossings: ThresholdCrossing[] } {
    const crossings: ThresholdCrossing[] = [];
    if (!this.#threads.has(threadId)) {
      this.#threads.set(threadId, { promptTokens: 0n, completionTokens: 0n, requestCount: 0 });
    }
    const limit: Limit = { ...threadKey(threadId), limit: maxTokens, thresholds: defaultThresholds };
    // A limit that somebody has set on the thread's scope stands.
    if (!this.#limits.some((each) => limitKey(each) === limitKey(limit))) {
      crossings.push(...this.setLimit(limit, nowMs));
    }
    return { thread: this.readThread(threadId, nowMs) as ThreadRecord, crossings };
  }

  readThread(threadId: string, nowMs: number): ThreadRecord | null {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return null;
    const key = threadKey(threadId);
    const limit = this.#limits.find((each) => limitKey(each) === limitKey(key));
    const { used, held } = this.#sum(key, nowMs);
    return { threadId, maxTokens: limit?.limit ?? 0n, ...thread, usedTokens: used, heldTokens: held };
  }

  listThreads(nowMs: number): ThreadRecord[] {
    return [...this.#threads.keys()].sort().map((threadId) => this.readThread(threadId, nowMs) as ThreadRecord);
  }

  consumeThread(usage: ThreadConsumption, nowMs: number): { thread: ThreadRecord; crossings: ThresholdCrossing[] } {
    const { threadId, promptTokens, completionTokens, id } = usage;
    const { crossings } = this.openThread(threadId, usage.maxTokens, nowMs);
    const thread = this.#threads.get(threadId) as Thread;
    if (this.#find(id) === undefined) {
      thread.promptTokens += promptTokens;
      thread.completionTokens += completionTokens;
      thread.requestCount += 1;
      const amounts = { tokens: promptTokens + completionTokens };
      crossings.push(...this.book({ id, scopes: [threadKey(threadId).scope], amounts }, nowMs).crossings);
    }
    return { thread: this.readThread(threadId, nowMs) as ThreadRecord, crossings };
  }

  resetThread(threadId: string, nowMs: number): ThreadRecord | null {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return null;
    Object.assign(thread, { promptTokens: 0n, completionTokens: 0n, requestCount: 0 });
    const key = threadKey(threadId);
    for (const row of this.rows) {
      const { tokens = 0n } = row.booked ?? {};
      const { tokens: overrun = 0n } = row.overrun;
      if (row.scopes.includes(key.scope)) this.#erase(row, key.scope, { tokens }, { tokens: overrun });
    }
    this.#told.delete(windowKey(key, nowMs));
    return this.readThread(threadId, nowMs);
  }

  removeThread(threadId: string, nowMs: number): ThreadRecord | null {
    const last = this.readThread(threadId, nowMs);
    if (last === null) return null;
    const { scope } = threadKey(threadId);
    this.#threads.delete(threadId);
    this.#parents.delete(scope);
    this.#limits = this.#limits.filter((limit) => limit.scope !== scope);
    for (const unit of units) this.#told.delete(windowKey({ scope, unit, window: null }, nowMs));
    for (const row of this.rows)
      if (row.scopes.includes(scope)) this.#erase(row, scope, withAll(row.booked ?? {}), withAll(row.overrun));
    return last;
  }

  removeThreads(max: number, nowMs: number): number {
    const threadIds = [...this.#threads.keys()].sort().slice(0, max);
    for (const threadId of threadIds) this.removeThread(threadId, nowMs);
    return threadIds.length;
  }

  #sum({ scope, unit, window }: LimitKey, atMs: number): Sum {
    let [used, held, overrun] = [0n, 0n, 0n];
    for (const row of this.rows) {
      if (!row.scopes.includes(scope)) continue;
      if (windowNumber(window, row.reservedAtMs) !== windowNumber(window, atMs)) continue;
      used += row.booked?.[unit] ?? 0n;
      overrun += row.overrun[unit] ?? 0n;
      if (row.status === 'held' || row.status === 'sent') held += row.amounts[unit] ?? 0n;
      for (const erased of row.erased) {
        if (erased.scope !== scope || window !== null) continue;
        used -= erased.booked[unit] ?? 0n;
        overrun -= erased.overrun[unit] ?? 0n;
      }
    }
    return { used, held, overrun };
  }

  #erase(row: Row, scope: string, booked: Amounts, overrun: Amounts): void {
    const known = row.erased.find((each) => each.scope === scope);
    if (known === undefined) row.erased.push({ scope, booked, overrun });
    else {
      known.booked = { ...known.booked, ...booked };
      known.overrun = { ...known.overrun, ...overrun };
    }
  }

  #find(id: string): Row | undefined {
    return this.rows.find((row) => row.id === id);
  }

  #findAfterExpiry(id: string, nowMs: number): Row | undefined {
    const row = this.#find(id);
    if (row !== undefined && isDue(row, nowMs)) this.#expire(row, nowMs);
    return row;
  }

  #change(id: string, nowMs: number, change: (row: Row) => Exclude<ChangeResult['status'], 'unknown'>): ChangeResult {
    const row = this.#findAfterExpiry(id, nowMs);
    if (row === undefined) return { status: 'unknown', crossings: [] };
    const status = change(row);
    return { status, reservation: shown(row), crossings: this.#takeCrossings() };
  }

  #expireAll(nowMs: number, max: number): number {
    const due = this.rows.filter((row) => isDue(row, nowMs));
    // Array.sort keeps the order in which they were made where the times are the same.
    const oldest = due.sort((first, second) => first.expiresAtMs - second.expiresAtMs).slice(0, max);
    for (const row of oldest) this.#expire(row, nowMs);
    return oldest.length;
  }

  #expire(row: Row, nowMs: number): void {
    const wasSent = row.status === 'sent';
    Object.assign(row, { status: 'expired', resolvedAtMs: nowMs, isEstimated: wasSent });
    if (wasSent) this.#book(row, row.amounts, {}, nowMs);
  }

  #book(row: Row, amounts: Amounts | null, overrun: Amounts, nowMs: number): void {
    const before = row.booked ?? {};
    const booked = amounts ?? {};
    row.booked = amounts;
    row.overrun = overrun;
    // What was erased when an estimate stood there is gone with it, and never more than there is now.
    for (const erased of row.erased) {
      erased.booked = lesser(erased.booked, booked);
      erased.overrun = lesser(erased.overrun, overrun);
    }
    const unexpected = units.filter((unit) => (booked[unit] ?? 0n) > 0n && row.amounts[unit] === undefined);
    this.#countWindows(row, Object.fromEntries(unexpected.map((unit) => [unit, 0n])), nowMs);
    for (const limit of this.#limits) {
      const hasGrown = (booked[limit.unit] ?? 0n) > (before[limit.unit] ?? 0n);
      if (row.scopes.includes(limit.scope) && hasGrown) this.#tellReached(limit, row.reservedAtMs, nowMs);
    }
  }

  #countWindows(row: Pick<Row, 'scopes' | 'reservedAtMs'>, amounts: Amounts, nowMs: number): void {
    for (const limit of this.#limits) {
      if (!row.scopes.includes(limit.scope) || amounts[limit.unit] === undefined) continue;
      // A window that is over is not counted from then on.
      if (windowNumber(limit.window, row.reservedAtMs) < windowNumber(limit.window, nowMs)) continue;
      this.#countedWindows.add(windowKey(limit, row.reservedAtMs));
    }
  }

  #tellReached(limit: Limit, atMs: number, nowMs: number): void {
    const { scope, unit, window, thresholds } = limit;
    const key = windowKey(limit, atMs);
    if (window !== null && !this.#countedWindows.has(key)) return;
    // Nobody is told of a window that is over.
    if (windowNumber(window, atMs) < windowNumber(window, nowMs)) return;
    const { used } = this.#sum(limit, atMs);
    for (const { percent, severity } of thresholds) {
      if (percent <= (this.#told.get(key) ?? 0) || !isReached(used, limit, percent)) continue;
      this.#told.set(key, percent);
      const resetsAtMs = windowEnd(window, atMs);
      this.#crossings.push({ scope, unit, window, percent, severity, limit: limit.limit, used, resetsAtMs });
    }
  }

  #takeCrossings(): ThresholdCrossing[] {
    const crossings = this.#crossings;
    this.#crossings = [];
    return crossings;
  }

  #withAncestors(scopes: readonly string[]): string[] {
    return [...new Set(scopes.flatMap((scope) => this.#chain(scope)))].sort();
  }

  /** The scope and those above it. */
  #chain(scope: string): string[] {
    const parent = this.#parents.get(scope);
    return parent === undefined ? [scope] : [scope, ...this.#chain(parent)];
  }
}

function isReached(used: bigint, { limit }: Limit, percent: number): boolean {
  return used > 0n && used * 100n >= limit * BigInt(percent);
}

function isDue({ status, expiresAtMs }: Row, nowMs: number): boolean {
  return (status === 'held' || status === 'sent') && expiresAtMs <= nowMs;
}

function threadKey(threadId: string): LimitKey {
  return { scope: `thread:${threadId}`, unit: 'tokens', window: null };
}

function limitKey({ scope, unit, window }: LimitKey): string {
  return `${scope}|${unit}|${windowText(window)}`;
}

function windowKey(key: LimitKey, atMs: number): string {
  return `${limitKey(key)}|${windowNumber(key.window, atMs)}`;
}

function windowText(window: Window): string {
  return window === null ? 'ever' : `${window.every} ${window.timeZone}`;
}

function withAll(amounts: Amounts): Amounts {
  return { tokens: 0n, nanoUsd: 0n, calls: 0n, ...amounts };
}

function lesser(first: Amounts, second: Amounts): Amounts {
  const named = units.map((unit) => [unit, least(first[unit] ?? 0n, second[unit] ?? 0n)] as const);
  return Object.fromEntries(named);
}

function least(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}

function askedText({ scopes, amounts }: BookRequest): string {
  const named = units.map((unit) => `${amounts[unit] ?? 0n}`);
  return `${scopes.join(' ')}|${named.join(' ')}`;
}

function shown(row: Row): Reservation {
  const { asked: _asked, isBooking: _isBooking, erased: _erased, ...reservation } = row;
  return reservation;
}
