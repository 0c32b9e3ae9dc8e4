import { setImmediate as nextTurn } from 'node:timers/promises';
import { divideHalfEven, uuidv7 } from '@budget/core';
import { checkedAmount, MAX_AMOUNT } from './amounts.js';
import { BudgetExhaustedError } from './budget-errors.js';
import type { Ledger } from './ledger.js';
import { checkedScope } from './scope.js';
import { type ThreadRecord, threadScope } from './thread-record.js';

export interface ThreadBudgetsOptions {
  /** Of new threads. Default: 100,000. */
  readonly maxTokens?: number | bigint | undefined;
}

export interface ThreadUsage {
  readonly threadId: string;
  readonly maxTokens: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly totalTokens: bigint;
  /** Never negative. */
  readonly remaining: bigint;
  readonly requestCount: number;
  /** With one decimal, half-even. */
  readonly percentUsed: number;
  /** The total has reached the maximum. */
  readonly isExhausted: boolean;
}

export interface ThreadThreshold {
  readonly percent: number;
  readonly severity: string;
  /** What to tell the model or the user. */
  readonly message: string;
}

export interface ThreadConsumed {
  readonly budget: ThreadUsage;
  /** Those that this call crossed, ascending. */
  readonly thresholds: readonly ThreadThreshold[];
}

/**
 * A token budget for every thread of a conversation: a limit for life on the scope `thread:<id>`, kept by the ledger.
 *
 * `checkBudget` and `consume` race when a thread makes several calls at once: each may be told that there is room. Who
 * must not overspend reserves on the thread's scope instead (`ledger.reserve`).
 */
export interface ThreadBudgets {
  /** Of threads that are made from now on. */
  configure(options: ThreadBudgetsOptions): void;
  /** What a thread that is made now may use. */
  readonly defaultMaxTokens: bigint;
  /** Makes the thread if there is none. */
  getBudget(threadId: string): Promise<ThreadUsage>;
  hasBudget(threadId: string): Promise<boolean>;
  /** Makes the thread if there is none. @throws BudgetExhaustedError when it is exhausted, or would be exceeded. */
  checkBudget(threadId: string, estimatedTokens?: number | bigint): Promise<true>;
  /** Negative counts are 0. */
  consume(threadId: string, usage: ThreadTokens): Promise<ThreadConsumed>;
  /** `null` where there is no such thread. */
  getUsage(threadId: string): Promise<ThreadUsage | null>;
  getAllUsage(): Promise<readonly ThreadUsage[]>;
  /** Starts counting anew. `null` where there is no such thread. */
  resetThread(threadId: string): Promise<ThreadUsage | null>;
  /** Removes it, and resolves to its last state; `null` where there was none. */
  cleanupThread(threadId: string): Promise<ThreadUsage | null>;
  /** Removes all threads. */
  clear(): Promise<void>;
}

export interface ThreadTokens {
  readonly promptTokens: number | bigint;
  readonly completionTokens: number | bigint;
}

const DEFAULT_MAX_TOKENS = 100_000;
/** The event loop has its turn in between. */
const LISTED_A_VERB = 500;
const REMOVED_A_VERB = 25;

export function createThreadBudgets(
  ledger: Pick<Ledger, 'store' | 'tell' | 'expireDue'>,
  options: ThreadBudgetsOptions = {},
): ThreadBudgets {
  const { store } = ledger;
  let maxTokens = checkedMaxTokens(options.maxTokens ?? DEFAULT_MAX_TOKENS);

  async function usageOrNull(record: Promise<ThreadRecord | null>): Promise<ThreadUsage | null> {
    const found = await record;
    return found === null ? null : usageOf(found);
  }

  async function opened(threadId: string): Promise<ThreadRecord> {
    const { thread, crossings } = await store.openThread(checkedThreadId(threadId), maxTokens);
    ledger.tell(crossings);
    return thread;
  }

  return {
    configure(changed) {
      if (changed.maxTokens !== undefined) maxTokens = checkedMaxTokens(changed.maxTokens);
    },
    get defaultMaxTokens() {
      return maxTokens;
    },
    getBudget: async (threadId) => usageOf(await opened(threadId)),
    hasBudget: async (threadId) => (await store.readThread(checkedThreadId(threadId))) !== null,
    async checkBudget(threadId, estimatedTokens = 0) {
      const estimated = notNegative('estimatedTokens', estimatedTokens);
      let thread = await opened(threadId);
      if (!hasRoom(thread, estimated) && thread.heldTokens > 0n) {
        // Nobody is refused for the sake of holds that are over.
        await ledger.expireDue();
        thread = await opened(threadId);
      }
      if (hasRoom(thread, estimated)) return true;
      throw new BudgetExhaustedError({ threadId, used: thread.usedTokens, maxTokens: thread.maxTokens });
    },
    async consume(threadId, usage) {
      const promptTokens = notNegative('promptTokens', usage.promptTokens);
      const completionTokens = notNegative('completionTokens', usage.completionTokens);
      const id = uuidv7();
      const consumption = { threadId: checkedThreadId(threadId), maxTokens, promptTokens, completionTokens, id };
      const { thread, crossings } = await store.consumeThread(consumption);
      ledger.tell(crossings);
      const budget = usageOf(thread);
      const thresholds = crossings
        .filter(({ scope, unit, window }) => scope === threadScope(threadId) && unit === 'tokens' && window === null)
        .map(({ percent, severity }) => ({ percent, severity, message: thresholdMessage(severity, budget) }));
      return { budget, thresholds };
    },
    getUsage: async (threadId) => usageOrNull(store.readThread(checkedThreadId(threadId))),
    async getAllUsage() {
      const all: ThreadUsage[] = [];
      for (;;) {
        const page = await store.listThreads({ after: all.at(-1)?.threadId ?? null, limit: LISTED_A_VERB });
        all.push(...page.map(usageOf));
        if (page.length < LISTED_A_VERB) return all;
        await nextTurn();
      }
    },
    resetThread: async (threadId) => usageOrNull(store.resetThread(checkedThreadId(threadId))),
    cleanupThread: async (threadId) => usageOrNull(store.removeThread(checkedThreadId(threadId))),
    async clear() {
      while ((await store.removeThreads(REMOVED_A_VERB)) === REMOVED_A_VERB) await nextTurn();
    },
  };
}

function hasRoom({ usedTokens, heldTokens, maxTokens }: ThreadRecord, estimated: bigint): boolean {
  return usedTokens < maxTokens && usedTokens + heldTokens + estimated <= maxTokens;
}

function usageOf(record: ThreadRecord): ThreadUsage {
  const { threadId, maxTokens, promptTokens, completionTokens, usedTokens, requestCount } = record;
  return {
    threadId,
    maxTokens,
    promptTokens,
    completionTokens,
    totalTokens: usedTokens,
    requestCount,
    remaining: usedTokens < maxTokens ? maxTokens - usedTokens : 0n,
    percentUsed: Number(percentHalfEven(usedTokens, maxTokens, 10n)) / 10,
    isExhausted: usedTokens >= maxTokens,
  };
}

/** The severities and the words in the texts differ on purpose: the texts are those that models were tuned with. */
function thresholdMessage(severity: string, { totalTokens, maxTokens, remaining }: ThreadUsage): string {
  const percent = percentHalfEven(totalTokens, maxTokens, 1n);
  const tokens = remaining.toLocaleString('en-US');
  if (severity === 'final') {
    return `CRITICAL: ${percent}% of token budget used. Only ${tokens} tokens remaining. Wrap up immediately or your next request may fail.`;
  }
  if (severity === 'critical') {
    return `WARNING: ${percent}% of token budget used. ${tokens} tokens remaining. Consider wrapping up your current task soon.`;
  }
  return `Note: ${percent}% of token budget used. ${tokens} tokens remaining.`;
}

/** Percent times `scale` as a whole number. Of a budget of nothing everything is used. */
function percentHalfEven(used: bigint, max: bigint, scale: bigint): bigint {
  if (max === 0n) return 100n * scale;
  return divideHalfEven(used * 100n * scale, max);
}

function notNegative(what: string, tokens: number | bigint): bigint {
  return checkedAmount(what, tokens < 0 ? 0 : tokens, MAX_AMOUNT);
}

function checkedMaxTokens(maxTokens: number | bigint): bigint {
  return checkedAmount('maxTokens', maxTokens, MAX_AMOUNT);
}

function checkedThreadId(threadId: string): string {
  checkedScope(threadScope(threadId));
  return threadId;
}
