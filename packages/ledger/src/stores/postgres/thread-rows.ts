import type { ThreadRecord } from '../../thread-record.js';
import { FOREVER_MS } from '../window-columns.js';
import type { Statement } from './transaction.js';

export interface ThreadRow {
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

export function threadOf(row: ThreadRow): ThreadRecord {
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

const withBudget = `SELECT t.*, l.amount, c.used, c.held FROM threads t
  LEFT JOIN limits l ON l.scope = 'thread:' || t.thread_id AND l.unit = 'tokens' AND l.every = '' AND l.time_zone = ''
  LEFT JOIN counters c ON c.scope = 'thread:' || t.thread_id AND c.unit = 'tokens' AND c.ends_at_ms = ${FOREVER_MS}`;

function named(name: string, text: string): Statement {
  return { name: `${name} thread`, text };
}

export const statements = {
  find: named('find', `${withBudget} WHERE t.thread_id = $1`),
  after: named('after', `${withBudget} WHERE t.thread_id > $1 ORDER BY t.thread_id LIMIT $2`),
  insert: named('insert', 'INSERT INTO threads VALUES ($1, 0, 0, 0, $2)'),
  consume: named(
    'consume',
    `UPDATE threads SET prompt_tokens = prompt_tokens + $2, completion_tokens = completion_tokens + $3,
       request_count = request_count + 1, used_at_ms = $4 WHERE thread_id = $1`,
  ),
  reset: named(
    'reset',
    `UPDATE threads SET prompt_tokens = 0, completion_tokens = 0, request_count = 0, used_at_ms = $2
     WHERE thread_id = $1 RETURNING thread_id`,
  ),
  touch: named('touch', 'UPDATE threads SET used_at_ms = $2 WHERE thread_id = $1'),
  remove: named('remove', 'DELETE FROM threads WHERE thread_id = ANY ($1)'),
  idle: named('idle', 'SELECT thread_id FROM threads WHERE used_at_ms < $1 ORDER BY used_at_ms LIMIT $2'),
  lastUse: named(
    'last use of',
    'SELECT scope, max(last_used_at_ms) AS used_at_ms, max(held) AS held FROM counters WHERE scope = ANY ($1) GROUP BY scope',
  ),
} as const;
