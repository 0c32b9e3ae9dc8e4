import { units } from '../../amounts.js';
import { defaultThresholds, type LimitKey } from '../../limit.js';
import type { Crossings, ThreadConsumption } from '../../store.js';
import { type ThreadRecord, threadScope } from '../../thread-record.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';
import type { Connections } from './connections.js';
import { writeLimit } from './limits-in-postgres.js';
import { type LockedScopes, type Lookup, lockScopes } from './locked-scopes.js';
import { findReservation } from './reservation-rows.js';
import type { ReservationsInPostgres } from './reservations-in-postgres.js';
import { removeScopes, resetCounters } from './scope-removal.js';
import { lockNamed } from './scope-statements.js';
import { statements, type ThreadRow, threadOf } from './thread-rows.js';
import type { Transaction } from './transaction.js';

/** Not with every look at a thread, as each would wait for the disk. */
const TOUCHED_AFTER_MS = 3_600_000;

export type OpenedThread = Crossings & { readonly thread: ThreadRecord };

/** Threads, whose tokens are limited as those of any scope. Each verb is one transaction, which locks that scope. */
export class ThreadsInPostgres {
  readonly #connections: Connections;
  readonly #lookup: Lookup;
  readonly #reservations: ReservationsInPostgres;

  constructor(connections: Connections, lookup: Lookup, reservations: ReservationsInPostgres) {
    this.#connections = connections;
    this.#lookup = lookup;
    this.#reservations = reservations;
  }

  open(threadId: string, maxTokens: bigint): Promise<OpenedThread> {
    return this.#connections.transaction(async (transaction) => {
      const [locked, row] = await this.#lock(transaction, threadId);
      const crossings = await this.#open(transaction, locked, row, { threadId, maxTokens });
      locked.counters.write();
      return { thread: threadIn(locked, threadId, row), crossings };
    });
  }

  consume({ threadId, maxTokens, promptTokens, completionTokens, id }: ThreadConsumption): Promise<OpenedThread> {
    return this.#connections.transaction(async (transaction) => {
      const [[locked, row], known] = await Promise.all([
        this.#lock(transaction, threadId),
        findReservation(transaction, id),
      ]);
      const crossings = await this.#open(transaction, locked, row, { threadId, maxTokens });
      // Said again, it is neither booked nor counted twice.
      if (known !== null) {
        locked.counters.write();
        return { thread: threadIn(locked, threadId, row), crossings };
      }
      transaction.write(statements.consume, [threadId, promptTokens, completionTokens, locked.nowMs]);
      const amounts = { tokens: promptTokens + completionTokens };
      const booked = await this.#reservations.bookOn(transaction, locked, {
        id,
        scopes: [threadScope(threadId)],
        amounts,
      });
      const consumed = {
        prompt_tokens: (row?.prompt_tokens ?? 0n) + promptTokens,
        completion_tokens: (row?.completion_tokens ?? 0n) + completionTokens,
        request_count: (row?.request_count ?? 0n) + 1n,
      };
      const thread = threadIn(locked, threadId, consumed);
      return { thread, crossings: [...crossings, ...booked.crossings] };
    });
  }

  read(threadId: string): Promise<ThreadRecord | null> {
    return this.#connections.transaction((transaction) => readThread(transaction, threadId));
  }

  list(after: string | null, max: number): Promise<ThreadRecord[]> {
    return this.#connections.transaction(async (transaction) =>
      (await transaction.rows<ThreadRow>(statements.after, [after ?? '', max])).map(threadOf),
    );
  }

  reset(threadId: string): Promise<ThreadRecord | null> {
    return this.#connections.transaction(async (transaction) => {
      const locked = await lockScopes(transaction, namedOf(threadId), this.#lookup);
      const changed = await transaction.change(statements.reset, [threadId, locked.nowMs]);
      // Without a thread its scope may still be used by others.
      if (changed.length === 0) return null;
      resetCounters(transaction, [threadScope(threadId)], ['tokens']);
      return readThread(transaction, threadId);
    });
  }

  remove(threadId: string): Promise<ThreadRecord | null> {
    return this.#connections.transaction(async (transaction) => {
      const [, last] = await Promise.all([
        lockNamed(transaction, [threadScope(threadId)]),
        readThread(transaction, threadId),
      ]);
      if (last !== null) removeThreads(transaction, [threadId]);
      return last;
    });
  }

  /** Says how many there were. */
  removeSome(max: number): Promise<number> {
    return this.#connections.transaction(async (transaction) => {
      const rows = await transaction.rows<ThreadRow>(statements.after, ['', max]);
      const threadIds = rows.map(({ thread_id }) => thread_id);
      if (threadIds.length === 0) return 0;
      await lockNamed(transaction, threadIds.map(threadScope));
      removeThreads(transaction, threadIds);
      return threadIds.length;
    });
  }

  #lock(transaction: Transaction, threadId: string): Promise<[LockedScopes, ThreadRow | undefined]> {
    return Promise.all([
      lockScopes(transaction, { kind: 'withAncestors', value: [threadScope(threadId)] }, this.#lookup),
      transaction.rows<ThreadRow>(statements.find, [threadId]).then(([row]) => row),
    ]);
  }

  async #open(
    transaction: Transaction,
    { counters, nowMs }: LockedScopes,
    row: ThreadRow | undefined,
    { threadId, maxTokens }: { readonly threadId: string; readonly maxTokens: bigint },
  ): Promise<readonly ThresholdCrossing[]> {
    const key = keyOf(threadId);
    counters.register(key.scope);
    if (row === undefined) transaction.write(statements.insert, [threadId, nowMs]);
    else if (nowMs - Number(row.used_at_ms) >= TOUCHED_AFTER_MS) transaction.write(statements.touch, [threadId, nowMs]);
    // Somebody may have set one before the thread was made, or removed it since.
    if (counters.limitOf(key) !== null) return [];
    const limit = { ...key, limit: maxTokens, thresholds: defaultThresholds };
    const crossings = await counters.limit(limit, nowMs);
    writeLimit(transaction, limit);
    return crossings;
  }
}

/** Whoever calls this holds the rows of their scopes. */
export function removeThreads(transaction: Transaction, threadIds: readonly string[]): void {
  transaction.write(statements.remove, [threadIds]);
  removeScopes(transaction, threadIds.map(threadScope), units);
}

async function readThread(transaction: Transaction, threadId: string): Promise<ThreadRecord | null> {
  const [row] = await transaction.rows<ThreadRow>(statements.find, [threadId]);
  return row === undefined ? null : threadOf(row);
}

/** As it stands when the transaction ends. */
function threadIn(
  { counters, nowMs }: LockedScopes,
  threadId: string,
  row: Pick<ThreadRow, 'prompt_tokens' | 'completion_tokens' | 'request_count'> | undefined,
): ThreadRecord {
  const key = keyOf(threadId);
  const counter = counters.at(key.scope, key.unit, nowMs).find(({ window }) => window === null);
  return threadOf({
    ...{ thread_id: threadId, prompt_tokens: 0n, completion_tokens: 0n, request_count: 0n, used_at_ms: 0n },
    ...row,
    ...{ amount: counters.limitOf(key)?.limit ?? null, used: counter?.used ?? null, held: counter?.held ?? null },
  });
}

function keyOf(threadId: string): LimitKey {
  return { scope: threadScope(threadId), unit: 'tokens', window: null };
}

function namedOf(threadId: string) {
  return { kind: 'named', value: [threadScope(threadId)] } as const;
}
