import { type Clock, CodedError } from '@budget/core';
import { InFlight } from '../../in-flight.js';
import type { ObservationStore } from '../../observation-store.js';
import type { Crossings, LedgerStore } from '../../store.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';
import { thresholdReader } from '../threshold-reader.js';
import { checkedAddress } from './address.js';
import { auditCounters } from './audit.js';
import { Connections } from './connections.js';
import { exportRecords } from './export-records.js';
import { ForeseenVerbs } from './foreseen-verbs.js';
import { importRecords } from './import-records.js';
import { LimitsInPostgres } from './limits-in-postgres.js';
import type { Lookup } from './locked-scopes.js';
import { observationVerbs } from './observation-verbs.js';
import { openPool } from './open-pool.js';
import { foreignSchema, ledgerClosed, ledgerError, missingSchema, newerSchema } from './postgres-errors.js';
import { EXPIRED_AT_ONCE, ReservationsInPostgres } from './reservations-in-postgres.js';
import { Retention } from './retention.js';
import { migrate, schemaFound } from './schema.js';
import { ScopeStates } from './scope-states.js';
import { SharedTransactions } from './shared-transactions.js';
import { SteadyTime } from './steady-time.js';
import { ThreadsInPostgres } from './threads-in-postgres.js';
import { WindowSpans } from './window-spans.js';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`, with what `pg` understands behind a `?`, such as `sslmode=verify-full`. */
  readonly connectionString: string;
  /** In which the tables stand; made if it does not exist. Default: `budget_ledger`. */
  readonly schema?: string | undefined;
  /** Of this store, at the same time; more verbs wait for one of them. Default: 10. */
  readonly maxConnections?: number | undefined;
  /** How long a verb may take before it is refused. Default: 5 seconds. */
  readonly timeoutMs?: number | undefined;
  /** How long reservations that are over are kept: their ids are known so long. Default: 90 days, at least 32; `Infinity`: for ever. */
  readonly retentionDays?: number | undefined;
  /** After how long a thread that nobody uses is removed. Default: 30 days; `Infinity`: never. */
  readonly threadIdleDays?: number | undefined;
  /** Whoever only looks makes no tables: where there are none, it is refused with `ledger_missing`. Default: they are made. */
  readonly mustExist?: boolean | undefined;
  /** How long observations are kept after they were recorded; roll-ups stay. Default: 90 days, at least 1; `Infinity`: for ever. */
  readonly observationDays?: number | undefined;
  /** For tests. Default: the server's clock, which all machines share. */
  readonly clock?: Clock | undefined;
}

export interface PostgresStore extends LedgerStore, ObservationStore {
  /** Host, port and database, without user and password. */
  readonly where: string;
}

const DEFAULT_MAX_CONNECTIONS = 10;
const MOST_CONNECTIONS = 1000;
const DEFAULT_TIMEOUT_MS = 5000;
const LEAST_TIMEOUT_MS = 100;
const MAX_TIMEOUT_MS = 3_600_000;
const DEFAULT_RETENTION_DAYS = 90;
/** A limit of a month counts what was used since the first, also when it is set on the 31st. */
const MIN_RETENTION_DAYS = 32;
const DEFAULT_THREAD_IDLE_DAYS = 30;
const DEFAULT_OBSERVATION_DAYS = 90;
const MS_PER_DAY = 86_400_000;
/** Of many reservations this looks at every one. */
const AUDIT_TIMEOUT_MS = 3_600_000;
/** Of one change of the tables, which may write all their rows anew. */
const MIGRATION_TIMEOUT_MS = 600_000;

/**
 * A ledger in a PostgreSQL database, shared by all machines that reach it. Every verb is one transaction that is on the
 * server's disk when it resolves. Time is the server's.
 *
 * @throws CodedError `address_invalid`, `option_invalid` of kind `usage`; of kind `environment`: `driver_missing`,
 * `ledger_unreachable`, `ledger_denied`, `ledger_read_only`, `ledger_busy`, `ledger_disk_full`, `ledger_newer`,
 * `ledger_foreign`, `ledger_failed`; and `ledger_missing` of kind `input`.
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { clock } = options;
  const retentionMs = checkedDays('retentionDays', options.retentionDays ?? DEFAULT_RETENTION_DAYS, MIN_RETENTION_DAYS);
  const idleMs = checkedDays('threadIdleDays', options.threadIdleDays ?? DEFAULT_THREAD_IDLE_DAYS, 1);
  const observedMs = checkedDays('observationDays', options.observationDays ?? DEFAULT_OBSERVATION_DAYS, 1);
  const timeoutMs = checkedWhole(
    'timeoutMs',
    options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    LEAST_TIMEOUT_MS,
    MAX_TIMEOUT_MS,
  );
  const max = checkedWhole('maxConnections', options.maxConnections ?? DEFAULT_MAX_CONNECTIONS, 1, MOST_CONNECTIONS);
  const schema = checkedSchema(options.schema ?? 'budget_ledger');
  const { connectionString, where } = checkedAddress(options.connectionString);

  const connections = new Connections(await openPool({ connectionString, max, timeoutMs, where }), {
    schema,
    timeoutMs,
  });
  const lookup: Lookup = {
    clockMs: () => clock?.nowMs() ?? null,
    spans: new WindowSpans(),
    thresholdsIn: thresholdReader(),
  };
  /** Of transactions whose verb failed after them. The next verb tells them. */
  let untold: readonly ThresholdCrossing[] = [];
  const keepUntold = (crossings: readonly ThresholdCrossing[]) => {
    untold = [...untold, ...crossings];
  };
  const limits = new LimitsInPostgres(connections, lookup);
  const foreseen = new ForeseenVerbs(new SharedTransactions(connections, timeoutMs), lookup);
  const reservations = new ReservationsInPostgres({ connections, lookup, foreseen, keepUntold });
  const threads = new ThreadsInPostgres(connections, lookup, reservations);
  const states = new ScopeStates(connections, lookup);
  const time = new SteadyTime(connections, Math.min(retentionMs, idleMs, observedMs));
  const retention = new Retention(connections, lookup, time, { retentionMs, idleMs });

  const forgets = Number.isFinite(retentionMs) || Number.isFinite(idleMs);

  const running = new InFlight<Promise<unknown>>();
  let isClosed = false;
  let ended: Promise<void> | null = null;

  /** A verb, which is finished before the store closes. */
  async function verb<T>(work: () => Promise<T>): Promise<T> {
    if (isClosed) throw ledgerClosed(where);
    const run = work();
    running.add(run);
    try {
      return await run;
    } catch (error) {
      throw ledgerError(error, where);
    } finally {
      running.remove(run);
    }
  }

  /** With the thresholds that nobody could be told before. */
  function change<T extends Crossings>(work: () => Promise<T>): Promise<T> {
    return verb(async () => {
      const result = await work();
      if (untold.length === 0) return result;
      const crossings = [...untold, ...result.crossings];
      untold = [];
      return { ...result, crossings };
    });
  }

  /** Of a verb that may have made something: now and then what is old goes, while nobody waits for it. */
  async function making<T extends Crossings>(work: () => Promise<T>): Promise<T> {
    const result = await change(work);
    if (forgets && retention.isNext()) inBackground(forgetOld);
    return result;
  }

  /** What fails here is tried again by one of the next. */
  function inBackground(work: () => Promise<void>): void {
    if (!isClosed) verb(work).catch(() => {});
  }

  async function forgetOld(): Promise<void> {
    // Those that nobody ended must not be kept for it.
    keepUntold((await reservations.expireDue(EXPIRED_AT_ONCE)).crossings);
    await retention.forgetOld();
  }

  await opened(connections, { schema, where, mustExist: options.mustExist ?? false });
  return {
    where,
    setLimit: (limit) => change(() => limits.set(limit)),
    removeLimit: (key) => verb(() => limits.remove(key)),
    setParent: (scope, parent) => verb(() => limits.setParent(scope, parent)),
    readScope: (scope) => verb(() => states.read(scope)),
    listScopes: ({ after, limit }) => verb(() => states.list(after, limit)),

    reserve: (request) => making(() => reservations.reserve(request)),
    book: (request) => making(() => reservations.book(request)),
    markSent: (id) => change(() => reservations.markSent(id)),
    extend: (id, expiresInMs) => change(() => reservations.extend(id, expiresInMs)),
    settle: (id, amounts) => change(() => reservations.settle(id, amounts)),
    release: (id, { isNotBilled }) => change(() => reservations.release(id, isNotBilled)),
    readReservation: (id) => verb(() => reservations.read(id)),
    expireDue: (most) => change(() => reservations.expireDue(most)),

    openThread: (threadId, maxTokens) => making(() => threads.open(threadId, maxTokens)),
    readThread: (threadId) => verb(() => threads.read(threadId)),
    listThreads: ({ after, limit }) => verb(() => threads.list(after, limit)),
    consumeThread: (usage) => making(() => threads.consume(usage)),
    resetThread: (threadId) => verb(() => threads.reset(threadId)),
    removeThread: (threadId) => verb(() => threads.remove(threadId)),
    removeThreads: (most) => verb(() => threads.removeSome(most)),

    exportRecords: (take) => verb(() => exportRecords(connections, take)),
    importRecords: (pages) => verb(() => importRecords(connections, pages)),
    ...observationVerbs({
      ...{ connections, time, keptMs: observedMs, clockMs: lookup.clockMs, auditTimeoutMs: AUDIT_TIMEOUT_MS },
      ...{ verb, inBackground },
    }),

    audit: () => verb(() => connections.transaction(auditCounters, { timeoutMs: AUDIT_TIMEOUT_MS })),
    async close() {
      isClosed = true;
      // Also those that have yet to get their connection.
      while (running.size > 0) await Promise.allSettled(running);
      ended ??= connections.end();
      await ended;
    },
  };
}

interface Opening {
  readonly schema: string;
  readonly where: string;
  readonly mustExist: boolean;
}

/** Makes the tables, or brings them up to date. Whoever finds them as they are to be asks for no lock. */
async function opened(connections: Connections, { schema, where, mustExist }: Opening): Promise<void> {
  try {
    let found = await connections.transaction((transaction) => schemaFound(transaction, schema));
    if (found === 'none' && mustExist) throw missingSchema(where, schema);
    if (found === 'none' || found === 'older') {
      const options = { timeoutMs: MIGRATION_TIMEOUT_MS };
      found = await connections.transaction((transaction) => migrate(transaction, schema), options);
    }
    if (found === 'foreign') throw foreignSchema(where, schema);
    if (found === 'newer') throw newerSchema(where);
  } catch (error) {
    await connections.end();
    throw ledgerError(error, where);
  }
}

function checkedDays(name: string, days: number, min: number): number {
  if (typeof days === 'number' && days >= min) return days * MS_PER_DAY;
  throw optionInvalid(`${name} is ${days}; it is ${min} days or more.`);
}

function checkedWhole(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw optionInvalid(`${name} is ${String(value)}; it is a whole number from ${min} to ${max}.`);
}

/** Short enough for PostgreSQL, which would cut off the rest, and plain enough to be quoted as it is. */
function checkedSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith('pg_')) return schema;
  throw optionInvalid('schema is no name of at most 63 small letters, digits and _ that begins with a letter or _.');
}

function optionInvalid(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}
