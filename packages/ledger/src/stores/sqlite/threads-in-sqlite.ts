import type { Database } from 'better-sqlite3';
import { defaultThresholds } from '../../limit.js';
import type { LimitState, ThreadConsumption } from '../../store.js';
import { type ThreadRecord, threadScope } from '../../thread-record.js';
import type { LimitsInSqlite } from './limits-in-sqlite.js';

const IDLE_REMOVED_AT_ONCE = 2;

interface ThreadRow {
  readonly thread_id: string;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly request_count: bigint;
}

/** Threads, whose tokens are limited as those of any scope. Each verb is to be run inside one immediate transaction. */
export class ThreadsInSqlite {
  readonly #limits: LimitsInSqlite;
  readonly #idleMs: number;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, limits: LimitsInSqlite, { idleMs }: { readonly idleMs: number }) {
    this.#limits = limits;
    this.#idleMs = idleMs;
    this.#statements = prepare(database);
  }

  open(threadId: string, maxTokens: bigint, nowMs: number): ThreadRecord {
    const known = this.read(threadId, nowMs);
    if (known !== null) return known;
    this.#removeIdle(nowMs);
    this.#statements.insert.run(threadId, nowMs);
    const scope = threadScope(threadId);
    if (!this.#limits.readScope(scope, nowMs)?.limits.some(isThreadLimit)) {
      const limit = { scope, unit: 'tokens', window: null, limit: maxTokens, thresholds: defaultThresholds } as const;
      this.#limits.setLimit(limit, nowMs);
    }
    return this.read(threadId, nowMs) as ThreadRecord;
  }

  read(threadId: string, nowMs: number): ThreadRecord | null {
    const row = this.#statements.find.get(threadId) as ThreadRow | undefined;
    return row === undefined ? null : this.#recordOf(row, nowMs);
  }

  list(nowMs: number): ThreadRecord[] {
    return (this.#statements.all.all() as ThreadRow[]).map((row) => this.#recordOf(row, nowMs));
  }

  consume({ threadId, maxTokens, promptTokens, completionTokens, id }: ThreadConsumption, nowMs: number): ThreadRecord {
    this.open(threadId, maxTokens, nowMs);
    // Said again, it is neither booked nor counted twice.
    if (this.#limits.rows.find(id) === null) {
      this.#statements.consume.run(promptTokens, completionTokens, nowMs, threadId);
      const tokens = promptTokens + completionTokens;
      this.#limits.book({ id, scopes: [threadScope(threadId)], amounts: { tokens } }, nowMs);
    }
    return this.read(threadId, nowMs) as ThreadRecord;
  }

  reset(threadId: string, nowMs: number): ThreadRecord | null {
    const { changes } = this.#statements.reset.run(nowMs, threadId);
    // Without a thread its scope may still be used by others.
    if (changes === 0) return null;
    this.#limits.resetLifetime(threadScope(threadId), 'tokens');
    return this.read(threadId, nowMs);
  }

  remove(threadId: string, nowMs: number): ThreadRecord | null {
    const last = this.read(threadId, nowMs);
    if (last !== null) this.#remove(threadId);
    return last;
  }

  removeAll(): number {
    const rows = this.#statements.all.all() as ThreadRow[];
    for (const { thread_id } of rows) this.#remove(thread_id);
    return rows.length;
  }

  /** As threads are made, those that nobody uses any more go, so that their number stays bounded. */
  #removeIdle(nowMs: number): void {
    const idle = this.#statements.idle.all(nowMs - this.#idleMs, IDLE_REMOVED_AT_ONCE) as ThreadRow[];
    for (const row of idle) {
      if (this.#recordOf(row, nowMs).heldTokens === 0n) this.#remove(row.thread_id);
      // Somebody holds tokens on it: it is in use.
      else this.#statements.touch.run(nowMs, row.thread_id);
    }
  }

  #remove(threadId: string): void {
    this.#statements.remove.run(threadId);
    this.#limits.removeScope(threadScope(threadId));
  }

  #recordOf(row: ThreadRow, nowMs: number): ThreadRecord {
    const scope = this.#limits.readScope(threadScope(row.thread_id), nowMs);
    const limit = scope?.limits.find(isThreadLimit);
    const usage = scope?.usage.find(({ unit }) => unit === 'tokens');
    return {
      threadId: row.thread_id,
      maxTokens: limit?.limit ?? 0n,
      promptTokens: row.prompt_tokens,
      completionTokens: row.completion_tokens,
      requestCount: Number(row.request_count),
      usedTokens: usage?.used ?? 0n,
      heldTokens: usage?.held ?? 0n,
    };
  }
}

function isThreadLimit({ unit, window }: LimitState): boolean {
  return unit === 'tokens' && window === null;
}

function prepare(database: Database) {
  return {
    find: database.prepare('SELECT * FROM threads WHERE thread_id = ?'),
    all: database.prepare('SELECT * FROM threads ORDER BY thread_id'),
    insert: database.prepare('INSERT INTO threads VALUES (?, 0, 0, 0, ?)'),
    consume: database.prepare(
      `UPDATE threads SET prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?,
         request_count = request_count + 1, used_at_ms = ? WHERE thread_id = ?`,
    ),
    reset: database.prepare(
      'UPDATE threads SET prompt_tokens = 0, completion_tokens = 0, request_count = 0, used_at_ms = ? WHERE thread_id = ?',
    ),
    touch: database.prepare('UPDATE threads SET used_at_ms = ? WHERE thread_id = ?'),
    idle: database.prepare('SELECT * FROM threads WHERE used_at_ms < ? ORDER BY used_at_ms LIMIT ?'),
    remove: database.prepare('DELETE FROM threads WHERE thread_id = ?'),
  };
}
