import type { PoolClient, QueryResultRow } from 'pg';

/** Prepared once on each connection, under its name; without one it is not kept. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Statements are sent at once, one behind the other; whoever need not know an answer does not wait for it. */
export interface Transaction {
  rows<Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** Of a statement that is seldom needed. */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Whether it worked is known when the transaction ends: where it did not, nothing happened. */
  write(statement: Statement, values: readonly unknown[]): void;
  /** As `write`, of what is to be known at once. */
  change<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/**
 * One transaction on one connection. Without a `write` there is nothing to commit, and so no wait for the disk. `begin` is
 * `null` for a single statement, which is a transaction by itself.
 */
export class PostgresTransaction implements Transaction {
  readonly #client: PoolClient;
  readonly #endsAtMs: number;
  readonly #pending: Promise<unknown>[] = [];
  readonly #isByItself: boolean;
  #hasWritten = false;
  /** Whether a commit was asked for: from then on a lost connection leaves open what happened. */
  isCommitting = false;

  constructor(client: PoolClient, begin: string | null, endsAtMs: number) {
    this.#client = client;
    this.#endsAtMs = endsAtMs;
    this.#isByItself = begin === null;
    if (begin !== null) this.#later(this.#send({ name: '', text: begin }, []));
  }

  rows<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#send<Row>(statement, values);
  }

  query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#send<Row>({ name: '', text }, values);
  }

  write(statement: Statement, values: readonly unknown[]): void {
    this.#hasWritten = true;
    this.#later(this.#send(statement, values));
  }

  change<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    this.#hasWritten = true;
    const answer = this.#send<Row>(statement, values);
    this.#later(answer);
    return answer;
  }

  async commit(): Promise<void> {
    if (!this.#hasWritten) return this.rollBack();
    this.isCommitting = true;
    // Where something failed before it, this rolls back; the failure is what counts.
    if (!this.#isByItself) this.#later(this.#send({ name: '', text: 'COMMIT' }, []));
    for (const pending of this.#pending) await pending;
  }

  async rollBack(): Promise<void> {
    if (!this.#isByItself) await this.#send({ name: '', text: 'ROLLBACK' }, []);
  }

  #later(answer: Promise<unknown>): void {
    answer.catch(() => {});
    this.#pending.push(answer);
  }

  async #send<Row extends QueryResultRow>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    const leftMs = Math.max(1, Math.ceil(this.#endsAtMs - performance.now()));
    // The driver ends the connection where the server does not answer in this time.
    const config = { text, values: [...values], query_timeout: leftMs, ...(name === '' ? {} : { name }) };
    const { rows } = await this.#client.query<Row>(config);
    return rows;
  }
}
