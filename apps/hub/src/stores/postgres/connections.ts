import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { driverMissing, failedTogether } from './postgres-errors.js';
import { SCHEMA } from './schema.js';

const MAX_CONNECTIONS = 10;
/** Of one statement, and of the wait for a connection. */
const TIMEOUT_MS = 5000;
/** In which the server says that the time of a statement is over. */
const ANSWER_MS = 1000;
/** Who waits for long in a transaction has stopped, or is cut off: nobody is to wait for it. */
const LONGEST_IDLE_MS = 5000;
/** More often the same batches cannot come in each other's way: something is wrong. */
const MAX_ATTEMPTS = 10;
const LONGEST_PAUSE_MS = 50;
const BIGINT = 20;

export type ResultRow = Readonly<Record<string, unknown>>;
/** One statement of a transaction. Integers are bigints. */
export type Transaction = (text: string, values?: readonly unknown[]) => Promise<readonly ResultRow[]>;

/** Runs transactions on connections of a pool, again where others came in their way. */
export class Connections {
  readonly #pool: Pool;
  readonly #ready = new WeakSet<PoolClient>();

  constructor(pool: Pool) {
    this.#pool = pool;
    // The pool replaces it; who was using it is told by its own statement.
    pool.on('error', () => {});
    pool.on('connect', (client) => void client.on('error', () => {}));
  }

  /** @param timeoutMs how long one of its statements may take */
  async transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    begin = 'BEGIN',
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(work, begin, timeoutMs);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !failedTogether(error)) throw error;
      }
      await sleep(Math.random() * LONGEST_PAUSE_MS);
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  async #once<T>(work: (transaction: Transaction) => Promise<T>, begin: string, timeoutMs: number): Promise<T> {
    const client = await this.#pool.connect();
    const statement: Transaction = async (text, values = []) => {
      const config = { text, values: [...values], query_timeout: timeoutMs + ANSWER_MS };
      return (await client.query(config)).rows;
    };
    let isUsable = false;
    try {
      if (!this.#ready.has(client)) await this.#setUp(client);
      await statement(begin);
      if (timeoutMs !== TIMEOUT_MS) await statement(`SET LOCAL statement_timeout = ${timeoutMs}`);
      const result = await work(statement);
      await statement('COMMIT');
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = await statement('ROLLBACK').then(
        () => true,
        () => false,
      );
      throw error;
    } finally {
      client.release(!isUsable);
    }
  }

  /** What was acknowledged is on the disk, also where the role would have it otherwise; where it asks for more it gets it. */
  async #setUp(client: PoolClient): Promise<void> {
    await client.query(`SET search_path = ${SCHEMA}`);
    await client.query(`SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`);
    this.#ready.add(client);
  }
}

/** @throws CodedError `driver_missing` */
export async function openConnections(connectionString: string): Promise<Connections> {
  const { default: driver } = await import('pg').catch((error: unknown) => {
    throw driverMissing(error);
  });
  const getTypeParser: typeof driver.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    oid === BIGINT ? BigInt : driver.types.getTypeParser(oid, format);
  const timeouts = {
    ...{ connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS + ANSWER_MS, statement_timeout: TIMEOUT_MS },
    idle_in_transaction_session_timeout: LONGEST_IDLE_MS,
  };
  return new Connections(
    new driver.Pool({
      ...{ connectionString, max: MAX_CONNECTIONS, ...timeouts, types: { getTypeParser } },
      ...{ application_name: 'budget-hub', allowExitOnIdle: true, keepAlive: true },
    }),
  );
}
