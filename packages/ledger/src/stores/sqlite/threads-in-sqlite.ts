import type { Database } from 'better-sqlite3';
import { defaultThresholds } from '../../limit.js';
import type { ThreadConsumption } from '../../store.js';
import { type ThreadRecord, threadScope } from '../../thread-record.js';
import { FOREVER_MS } from '../window-columns.js';
import type { LimitsInSqlite } from './limits-in-sqlite.js';
import type { SteadyTime } from './steady-time.js';

const IDLE_REMOVED_AT_ONCE = 2;
/** Not with every look at a thread, as each would wait for the disk. */
const TOUCHED_AFTER_MS = 3_600_000;

interface ThreadRow {
  readonly thread_id: string;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly request_count: bigint;
  readonly used_at_ms: bigint;
  /** Of its limit; `null` where somebody removed that. */
  readonly amount: bigint | null;
  /** Of its counter for life. */
  readonly used: bigint | null;
  readonly held: bigint | null;
}

/** Threads, whose tokens are limited as those of any scope. Each verb is to be run inside one immediate transaction. */
export class ThreadsInSqlite {
  readonly #limits: LimitsInSqlite;
  readonly #time: SteadyTime;
  readonly #idleMs: number;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, limits: LimitsInSqlite, time: SteadyTime, { idleMs }: { readonly idleMs: number }) {
    this.#limits = limits;
    this.#time = time;
    this.#idleMs = idleMs;
    this.#statements = prepare(database);
  }

  open(threadId: string, maxTokens: bigint, nowMs: number): ThreadRecord {
    const known = this.#find(threadId);
    if (known === undefined) {
      this.#removeIdle(nowMs);
      this.#statements.insert.run(threadId, nowMs);
    } else if (nowMs - Number(known.used_at_ms) >= TOUCHED_AFTER_MS) {
      this.#statements.touch.run(nowMs, threadId);
    }
    // Somebody may have set one before the thread was made, or removed it since.
    if (this.#find(threadId)?.amount === null) {
      const limit = { scope: threadScope(threadId), unit: 'tokens', window: null, limit: maxTokens } as const;
      this.#limits.setLimit({ ...limit, thresholds: defaultThresholds }, nowMs);
    }
    return this.read(threadId) as ThreadRecord;
  }

  read(threadId: string): ThreadRecord | null {
    const row = this.#find(threadId);
    return row === undefined ? null : recordOf(row);
  }

  list(after: string | null, max: number): ThreadRecord[] {
    return (this.#statements.after.all(after ?? '', max) as ThreadRow[]).map(recordOf);
  }

  consume({ threadId, maxTokens, promptTokens, completionTokens, id }: ThreadConsumption, nowMs: number): ThreadRecord {
    this.open(threadId, maxTokens, nowMs);
    // Said again, it is neither booked nor counted twice.
    if (this.#limits.rows.find(id) === null) {
      this.#statements.consume.run(promptTokens, completionTokens, nowMs, threadId);
      const tokens = promptTokens + completionTokens;
      this.#limits.book({ id, scopes: [threadScope(threadId)], amounts: { tokens } }, nowMs);
    }
    return this.read(threadId) as ThreadRecord;
  }

  reset(threadId: string, nowMs: number): ThreadRecord | null {
    const { changes } = this.#statements.reset.run(nowMs, threadId);
    // Without a thread its scope may still be used by others.
    if (changes === 0) return null;
    this.#limits.counters.resetLifetime(threadScope(threadId), 'tokens');
    return this.read(threadId);
  }

  remove(threadId: string): ThreadRecord | null {
    const last = this.read(threadId);
    if (last !== null) this.#remove(threadId);
    return last;
  }

  /** Says how many there were. */
  removeSome(max: number): number {
    const rows = this.#statements.after.all('', max) as ThreadRow[];
    for (const { thread_id } of rows) this.#remove(thread_id);
    return rows.length;
  }

  /** As threads are made, those that nobody uses any more go, so that their number stays bounded. */
  #removeIdle(nowMs: number): void {
    if (!this.#time.isSteady(nowMs)) return;
    const beforeMs = nowMs - this.#idleMs;
    const idle = this.#statements.idle.all(beforeMs, IDLE_REMOVED_AT_ONCE) as { thread_id: string }[];
    for (const { thread_id: threadId } of idle) {
      const usedAtMs = this.#lastUseOf(threadId, nowMs);
      if (usedAtMs < beforeMs) this.#remove(threadId);
      // It is in use all the same, by reservations on its scope.
      else this.#statements.touch.run(usedAtMs, threadId);
    }
  }

  /** When something was reserved or booked on its scope; now, while something is held there. */
  #lastUseOf(threadId: string, nowMs: number): number {
    const [usedAtMs, held] = this.#statements.lastUse.get(threadScope(threadId)) as [bigint | null, bigint | null];
    return held !== null && held > 0n ? nowMs : Number(usedAtMs ?? 0n);
  }

  #remove(threadId: string): void {
    this.#statements.remove.run(threadId);
    this.#limits.removeScope(threadScope(threadId));
  }

  #find(threadId: string): ThreadRow | undefined {
    return this.#statements.find.get(threadId) as ThreadRow | undefined;
  }
}

function recordOf(row: ThreadRow): ThreadRecord {
  return {
    threadId: row.thread_id,
    maxTokens: row.amount ?? 0n,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    requestCount: Number(row.request_count),
    usedTokens: row.used ?? 0n,
    heldTokens: row.held ?? 0n,
  };
}

function prepare(database: Database) {
  const withBudget = `SELECT t.*, l.amount, c.used, c.held FROM threads t
    LEFT JOIN limits l ON l.scope = 'thread:' || t.thread_id AND l.unit = 'tokens' AND l.every = '' AND l.time_zone = ''
    LEFT JOIN counters c ON c.scope = 'thread:' || t.thread_id AND c.unit = 'tokens' AND c.ends_at_ms = ${FOREVER_MS}`;
  return {
    find: database.prepare(`${withBudget} WHERE t.thread_id = ?`),
    after: database.prepare(`${withBudget} WHERE t.thread_id > ? ORDER BY t.thread_id LIMIT ?`),
    insert: database.prepare('INSERT INTO threads VALUES (?, 0, 0, 0, ?)'),
    consume: database.prepare(
      `UPDATE threads SET prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?,
         request_count = request_count + 1, used_at_ms = ? WHERE thread_id = ?`,
    ),
    reset: database.prepare(
      'UPDATE threads SET prompt_tokens = 0, completion_tokens = 0, request_count = 0, used_at_ms = ? WHERE thread_id = ?',
    ),
    touch: database.prepare('UPDATE threads SET used_at_ms = ? WHERE thread_id = ?'),
    idle: database.prepare('SELECT thread_id FROM threads WHERE used_at_ms < ? ORDER BY used_at_ms LIMIT ?'),
    lastUse: database.prepare('SELECT max(last_used_at_ms), max(held) FROM counters WHERE scope = ?').raw(),
    remove: database.prepare('DELETE FROM threads WHERE thread_id = ?'),
  };
}
