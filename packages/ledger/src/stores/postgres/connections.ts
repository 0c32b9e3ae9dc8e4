import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { AnswerLost, failedTogether, isGoneConnection } from './postgres-errors.js';
import { PostgresTransaction, type Statement, type Transaction } from './transaction.js';

/** More often the same verbs cannot come in each other's way: something is wrong. */
const MAX_ATTEMPTS = 20;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;
/** Who waits for long while it holds locks has stopped, or is cut off: nobody is to wait for it. */
const LONGEST_IDLE_MS = 2000;

/**
 * Statements are planned once, when tables may be empty, and must fit when they are not: few rows, each found by an index,
 * however many scopes there are.
 */
const plans = {
  plan_cache_mode: 'force_generic_plan',
  ...{ enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' },
};

export interface ConnectionsOptions {
  readonly schema: string;
  readonly timeoutMs: number;
  readonly random?: () => number;
}

export interface TransactionOptions {
  readonly begin?: string;
  /** Longer than other verbs may take. Default: the time of every verb. */
  readonly timeoutMs?: number;
  /** How often it is done where others come in its way. Default: 20 times. */
  readonly attempts?: number;
}

export interface Asked {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** Runs transactions on connections of a pool, again where others came in their way. */
export class Connections {
  readonly #pool: Pool;
  readonly #options: ConnectionsOptions;
  /** When each answered last; those that are set up. */
  readonly #answeredAtMs = new WeakMap<PoolClient, number>();
  #lostAtMs = Number.NEGATIVE_INFINITY;

  constructor(pool: Pool, options: ConnectionsOptions) {
    this.#pool = pool;
    this.#options = options;
    // The pool replaces it; who was using it is told by its own statement.
    pool.on('error', () => {});
    pool.on('connect', (client) => void client.on('error', () => {}));
  }

  /**
   * `work` may run several times, each time from the beginning. Locks are held from its first statement on, and what it
   * reads it reads anew with each statement, so that nothing is older than the locks.
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { random = Math.random } = this.#options;
    const endsAtMs = performance.now() + (options.timeoutMs ?? this.#options.timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(work, options.begin ?? 'BEGIN', endsAtMs);
      } catch (error) {
        const isOver = attempt >= (options.attempts ?? MAX_ATTEMPTS) || performance.now() >= endsAtMs;
        if (isOver || !failedTogether(error)) throw error;
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
        await sleep(pauseMs * (0.5 + random() / 2));
      }
    }
  }

  /** Statements that need nothing of each other's answers: one transaction, sent as a whole, and tried once. */
  async together(asked: readonly Asked[], givenEndsAtMs?: number): Promise<QueryResultRow[][]> {
    const endsAtMs = givenEndsAtMs ?? performance.now() + this.#options.timeoutMs;
    let answers: Promise<QueryResultRow[]>[] = [];
    const work = async (transaction: Transaction) => {
      answers = asked.map(({ statement, values }) => transaction.change(statement, values));
    };
    await this.#once(work, asked.length === 1 ? null : 'BEGIN', endsAtMs);
    return Promise.all(answers);
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  async #once<T>(work: (transaction: Transaction) => Promise<T>, begin: string | null, endsAtMs: number): Promise<T> {
    const client = await this.#connect();
    let transaction: PostgresTransaction | null = null;
    let isUsable = false;
    try {
      if (!this.#answeredAtMs.has(client)) await this.#setUp(client);
      transaction = new PostgresTransaction(client, begin, endsAtMs);
      const result = await work(transaction);
      await transaction.commit();
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = !isGoneConnection(error) && (await hasRolledBack(transaction));
      throw transaction?.isCommitting && isGoneConnection(error) ? new AnswerLost(error) : error;
    } finally {
      const nowMs = performance.now();
      if (isUsable) this.#answeredAtMs.set(client, nowMs);
      else this.#lostAtMs = nowMs;
      client.release(!isUsable);
    }
  }

  /**
   * Where one is lost because a way is cut or a machine is gone, nobody tells those that lie idle. So one that has not
   * answered since is not used again: else each of them would cost a verb its whole time.
   */
  async #connect(): Promise<PoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      const answeredAtMs = this.#answeredAtMs.get(client);
      if (answeredAtMs === undefined || answeredAtMs > this.#lostAtMs) return client;
      // Its goodbye may never be heard, and must not keep the program alive. The types do not know what the pool itself calls.
      (client as PoolClient & { unref(): void }).unref();
      client.release(true);
    }
  }

  async #setUp(client: PoolClient): Promise<void> {
    const { schema, timeoutMs } = this.#options;
    const settings = {
      search_path: `"${schema}"`,
      statement_timeout: String(timeoutMs),
      idle_in_transaction_session_timeout: String(Math.min(LONGEST_IDLE_MS, timeoutMs)),
      ...plans,
    };
    // What the server does not know it need not be told. The role may have set less than `on`; where it is more it stays.
    const text = `SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS given (name, value)
      WHERE current_setting(name, true) IS NOT NULL
      UNION ALL SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit', true) NOT IN ('on', 'remote_apply')`;
    const config = { text, values: [Object.keys(settings), Object.values(settings)], query_timeout: timeoutMs };
    await client.query(config);
    this.#answeredAtMs.set(client, performance.now());
  }
}

/** A connection that could not be set up has no transaction, and is not used again: it would look for the tables elsewhere. */
async function hasRolledBack(transaction: PostgresTransaction | null): Promise<boolean> {
  if (transaction === null) return false;
  try {
    await transaction.rollBack();
    return true;
  } catch {
    return false;
  }
}
