import type { Choices } from '@budget/test-tools';
import { type Amounts, type Unit, units } from '../amounts.js';
import type { Limit, LimitKey } from '../limit.js';
import type { LedgerStore } from '../store.js';
import type { Window } from '../window.js';
import { timeZones } from './model-clock.js';
import type { LedgerOracle } from './oracle.js';

/** One verb with its arguments, to be done by a store and by the oracle. */
export interface ModelStep {
  readonly name: string;
  readonly given: readonly unknown[];
  readonly store: (store: LedgerStore) => Promise<unknown>;
  readonly oracle: (oracle: LedgerOracle, nowMs: number) => unknown;
}

/** Of those that change nothing, which do not wait for those before them. */
export const reads: ReadonlySet<string> = new Set(['readReservation', 'readThread']);

export interface ModelNames {
  readonly scopes: readonly string[];
  readonly threads: readonly string[];
  /** Few, so that most of them are met again. */
  readonly ids: readonly string[];
}

const SHALLOW = ['org', 'team', 'a', 'b', 'c', 'thread:one', 'thread:two'];
const DEEP = Array.from({ length: 20 }, (_, depth) => `deep${depth}`);
const expiriesMs = [1, 1000, 60_000, 3_600_000, 3 * 86_400_000];

/** In one of ten episodes scopes lie in each other, deeper than is allowed. */
export function modelNames(choices: Choices): ModelNames {
  return {
    scopes: choices.chance(0.1) ? [...DEEP, 'thread:one'] : SHALLOW,
    threads: ['one', 'two', 'three'],
    ids: Array.from({ length: choices.between(20, 120) }, (_, index) => `id${index}`),
  };
}

export function nextStep(choices: Choices, { scopes, threads, ids }: ModelNames): ModelStep {
  const isDeep = scopes.length > SHALLOW.length;
  const id = choices.oneOf(ids);
  const kind = choices.between(1, 100);
  if (kind <= 28) {
    const expiresInMs = choices.oneOf(expiriesMs);
    const asked = { id, scopes: someScopes(choices, scopes), amounts: someAmounts(choices), expiresInMs };
    const request = { ...asked, isSent: choices.chance(0.2) };
    return step('reserve', [request], (oracle, nowMs) => oracle.reserve(request, nowMs));
  }
  if (kind <= 41) {
    const amounts = someAmounts(choices);
    return step('settle', [id, amounts], (oracle, nowMs) => oracle.settle(id, amounts, nowMs));
  }
  if (kind <= 50) return step('markSent', [id], (oracle, nowMs) => oracle.markSent(id, nowMs));
  if (kind <= 57) {
    const isNotBilled = choices.chance(0.4);
    return step('release', [id, { isNotBilled }], (oracle, nowMs) => oracle.release(id, isNotBilled, nowMs));
  }
  if (kind <= 60) {
    const expiresInMs = choices.oneOf(expiriesMs);
    return step('extend', [id, expiresInMs], (oracle, nowMs) => oracle.extend(id, expiresInMs, nowMs));
  }
  if (kind <= 66) {
    const request = { id, scopes: someScopes(choices, scopes), amounts: someAmounts(choices) };
    return step('book', [request], (oracle, nowMs) => oracle.book(request, nowMs));
  }
  if (kind <= 75) {
    const limit = someLimit(choices, scopes);
    return step('setLimit', [limit], (oracle, nowMs) => ({ crossings: oracle.setLimit(limit, nowMs) }));
  }
  if (kind <= 77) {
    const key = someLimitKey(choices, scopes);
    return step('removeLimit', [key], (oracle) => oracle.removeLimit(key));
  }
  if (kind <= (isDeep ? 90 : 80)) {
    const scope = choices.oneOf(scopes);
    const next = scopes[scopes.indexOf(scope) + 1] ?? scope;
    const parent = choices.chance(0.15) ? null : isDeep && choices.chance(0.9) ? next : choices.oneOf(scopes);
    return step('setParent', [scope, parent], (oracle) => oracle.setParent(scope, parent));
  }
  if (kind <= 83) {
    const max = choices.oneOf([1, 2, 1000]);
    return step('expireDue', [max], (oracle, nowMs) => oracle.expireDue(max, nowMs));
  }
  if (kind <= 87) return step('readReservation', [id], (oracle, nowMs) => oracle.readReservation(id, nowMs));
  return threadStep(choices, choices.oneOf(threads), id);
}

/** Several reservations, and the ends of all of them: one after the other on the same counters. */
export function burst(choices: Choices, { scopes, ids }: ModelNames): ModelStep[] {
  const chosen = new Set(Array.from({ length: choices.between(2, 6) }, () => choices.oneOf(ids)));
  const on = someScopes(choices, scopes);
  const reserving = [...chosen].map((id) => {
    const request = { id, scopes: on, amounts: someAmounts(choices), expiresInMs: 3_600_000 };
    return step('reserve', [request], (oracle, nowMs) => oracle.reserve(request, nowMs));
  });
  const settling = [...chosen].map((id) => {
    const amounts = someAmounts(choices);
    return step('settle', [id, amounts], (oracle, nowMs) => oracle.settle(id, amounts, nowMs));
  });
  return [...reserving, ...settling];
}

/** After it no hold is over that could be ended before a refusal, by asking again behind others. */
export function endAllDue(): ModelStep {
  const max = 1000;
  return step('expireDue', [max], (oracle, nowMs) => oracle.expireDue(max, nowMs));
}

function threadStep(choices: Choices, threadId: string, id: string): ModelStep {
  const kind = choices.between(1, 100);
  const maxTokens = BigInt(choices.between(0, 100));
  if (kind <= 20) {
    return step('openThread', [threadId, maxTokens], (oracle, nowMs) => oracle.openThread(threadId, maxTokens, nowMs));
  }
  if (kind <= 65) {
    const [promptTokens, completionTokens] = [BigInt(choices.between(0, 20)), BigInt(choices.between(0, 20))];
    const usage = { threadId, maxTokens, promptTokens, completionTokens, id };
    return step('consumeThread', [usage], (oracle, nowMs) => oracle.consumeThread(usage, nowMs));
  }
  if (kind <= 75) return step('readThread', [threadId], (oracle, nowMs) => oracle.readThread(threadId, nowMs));
  if (kind <= 85) return step('resetThread', [threadId], (oracle, nowMs) => oracle.resetThread(threadId, nowMs));
  if (kind <= 96) return step('removeThread', [threadId], (oracle, nowMs) => oracle.removeThread(threadId, nowMs));
  const max = choices.oneOf([1, 2, 1000]);
  return step('removeThreads', [max], (oracle, nowMs) => oracle.removeThreads(max, nowMs));
}

function step(name: keyof LedgerStore, given: readonly unknown[], oracle: ModelStep['oracle']): ModelStep {
  const store = (of: LedgerStore) => (of[name] as (...values: readonly unknown[]) => Promise<unknown>)(...given);
  return { name, given, store, oracle };
}

/** Sorted and each once, as a ledger hands them on. */
function someScopes(choices: Choices, scopes: readonly string[]): string[] {
  const chosen = Array.from({ length: choices.between(1, 3) }, () => choices.oneOf(scopes));
  return [...new Set(chosen)].sort();
}

function someAmounts(choices: Choices): Amounts {
  const amounts: Partial<Record<Unit, bigint>> = {};
  for (const unit of units) if (choices.chance(0.45)) amounts[unit] = BigInt(choices.between(0, 30));
  return Object.keys(amounts).length > 0 ? amounts : { tokens: BigInt(choices.between(0, 30)) };
}

function someLimitKey(choices: Choices, scopes: readonly string[]): LimitKey {
  const every = choices.oneOf(['day', 'week', 'month'] as const);
  // Few time zones, so that the same limit is met again.
  const window: Window = choices.chance(0.4) ? null : { every, timeZone: choices.oneOf(timeZones) };
  return { scope: choices.oneOf(scopes), unit: choices.oneOf(units), window };
}

function someLimit(choices: Choices, scopes: readonly string[]): Limit {
  const percents = [50, 75, 90, 100].filter(() => choices.chance(0.6));
  const thresholds = percents.map((percent) => ({ percent, severity: `at ${percent}` }));
  return { ...someLimitKey(choices, scopes), limit: BigInt(choices.oneOf([0, 10, 40, 60, 100, 250])), thresholds };
}
