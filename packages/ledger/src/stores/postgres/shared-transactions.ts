import { setImmediate as nextTurn } from 'node:timers/promises';
import type { QueryResultRow } from 'pg';
import type { Scope } from '../../scope.js';
import type { Asked, Connections } from './connections.js';
import { isGoneConnection, isTimeOver, TimeIsOver } from './postgres-errors.js';
import { touchedStatements } from './scope-statements.js';

/** Each waits for the work of those before it, and for the disk once. */
const MAX_TOGETHER = 64;
/** More of one lock are not kept waiting here. */
const MAX_WAITING = 10_000;

/** A statement that is a whole verb: it has one row, or it has changed nothing. */
export interface Lone extends Asked {
  /** Sorted; those whose rows it locks. */
  readonly scopes: readonly Scope[];
}

interface Entry {
  readonly lone: Lone;
  readonly endsAtMs: number;
  readonly resolve: (row: QueryResultRow | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Those of this process that would wait for the same lock wait for each other here instead: while one is at work the others
 * gather, and share the next transaction. One that changes nothing disturbs no other; where the transaction fails, none
 * of it happened, and each is to be tried in another way.
 */
export class SharedTransactions {
  readonly #connections: Connections;
  readonly #timeoutMs: number;
  /** By what they have in common: those who wait, while somebody is at work. */
  readonly #waiting = new Map<string, Entry[]>();

  constructor(connections: Connections, timeoutMs: number) {
    this.#connections = connections;
    this.#timeoutMs = timeoutMs;
  }

  /** @returns its row; `null` where it changed nothing. */
  run(inCommon: string, lone: Lone): Promise<QueryResultRow | null> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(inCommon) ?? [];
      if (waiting.length >= MAX_WAITING) return resolve(null);
      waiting.push({ lone, endsAtMs: performance.now() + this.#timeoutMs, resolve, reject });
      if (this.#waiting.has(inCommon)) return;
      this.#waiting.set(inCommon, waiting);
      void this.#drain(inCommon, waiting);
    });
  }

  async #drain(inCommon: string, waiting: Entry[]): Promise<void> {
    while (waiting.length > 0) {
      const entries = waiting.splice(0, MAX_TOGETHER);
      await this.#do(entries.filter(isInTime));
      // Those who were told ask for more: so that they come together again.
      if (entries.length > 1) await nextTurn();
    }
    this.#waiting.delete(inCommon);
  }

  async #do(entries: readonly Entry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    const first = lockOfAll(entries);
    const asked = [...first, ...entries.map(({ lone }) => lone)];
    try {
      const answers = await this.#connections.together(asked, last.endsAtMs);
      for (const [index, { resolve }] of entries.entries()) resolve(answers[first.length + index]?.[0] ?? null);
    } catch (error) {
      const isOver = isGoneConnection(error) || isTimeOver(error);
      for (const { resolve, reject } of entries) {
        if (isOver) reject(error);
        else resolve(null);
      }
    }
  }
}

function isInTime({ endsAtMs, reject }: Entry): boolean {
  if (performance.now() < endsAtMs) return true;
  reject(new TimeIsOver('Others were waited for until the time was over.'));
  return false;
}

/** Of verbs on different scopes, so that all locks are taken in the order of their names. */
function lockOfAll(entries: readonly Entry[]): Asked[] {
  const keys = new Set(entries.map(({ lone }) => lone.scopes.join('\n')));
  if (keys.size <= 1) return [];
  const scopes = [...new Set(entries.flatMap(({ lone }) => lone.scopes))];
  return [{ statement: touchedStatements({ kind: 'named', value: scopes }).lock, values: [scopes] }];
}
