import { dirname, resolve } from 'node:path';
import { type Clock, CodedError, systemClock } from '@budget/core';
import type { Database } from 'better-sqlite3';
import { InFlight } from '../../in-flight.js';
import type { ObservationStore } from '../../observation-store.js';
import type { LedgerStore, ReserveRequest, ReserveResult } from '../../store.js';
import type { ThresholdCrossing } from '../../threshold-crossing.js';
import { auditCounters } from './audit.js';
import { exportRecords } from './export-records.js';
import { importRecords } from './import-records.js';
import { LimitsInSqlite } from './limits-in-sqlite.js';
import { LogOnDisk } from './log-on-disk.js';
import { makeDirectory } from './make-directory.js';
import { observationVerbs } from './observation-verbs.js';
import { ObservationsInSqlite } from './observations-in-sqlite.js';
import { OpenedFiles } from './opened-files.js';
import { migrate, schemaLook, schemaOf } from './schema.js';
import { ScopeStates } from './scope-states.js';
import { backUp } from './sqlite-backup.js';
import {
  driverMissing,
  foreignFile,
  isBusy,
  ledgerBusy,
  ledgerClosed,
  ledgerError,
  newerFile,
} from './sqlite-errors.js';
import { SteadyTime } from './steady-time.js';
import { ThreadsInSqlite } from './threads-in-sqlite.js';
import { type Keeping, WriteQueue } from './write-queue.js';

export interface SqliteStoreOptions {
  /** Made if it does not exist, with its directory. */
  readonly file: string;
  /** How long a verb waits for other processes before it ends with `ledger_busy`. Default: 5 seconds. */
  readonly busyTimeoutMs?: number | undefined;
  /** How long reservations that are over are kept: their ids are known so long. Default: 90 days, at least 32. */
  readonly retentionDays?: number | undefined;
  /** After how long a thread that nobody uses is removed. Default: 30 days. */
  readonly threadIdleDays?: number | undefined;
  /** How long observations are kept after they were recorded; roll-ups stay. Default: 90 days, at least 1. */
  readonly observationDays?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface SqliteStore extends LedgerStore, ObservationStore {
  readonly file: string;
  /**
   * Copies the ledger to a new file while others write on; the copy is whole and opens by itself.
   *
   * @throws CodedError `file_exists`, also for a name that belongs to the ledger itself, `directory_missing`, and of kind `environment` when it cannot be written; then nothing is left behind.
   */
  backup(to: string): Promise<void>;
}

const DEFAULT_BUSY_TIMEOUT_MS = 5000;
const MAX_BUSY_TIMEOUT_MS = 3_600_000;
const DEFAULT_RETENTION_DAYS = 90;
/** A limit of a month counts what was used since the first, also when it is set on the 31st. */
const MIN_RETENTION_DAYS = 32;
const DEFAULT_THREAD_IDLE_DAYS = 30;
const DEFAULT_OBSERVATION_DAYS = 90;
const MS_PER_DAY = 86_400_000;

interface Done<T> {
  readonly value: T;
  readonly crossings: readonly ThresholdCrossing[];
}

interface WriteOptions<T> {
  /** Whether what it moves may be written with what others of the same transaction move. Default: no. */
  readonly isGathering?: boolean;
  /** Default: at once. */
  readonly keeping?: ((done: Done<T>) => Keeping) | undefined;
}

type Driver = (file: string, options: { readonly isReadOnly: boolean }) => Database;

/**
 * A ledger in one SQLite file, shared by all processes of a machine (not over a network file system). Every write is one
 * immediate transaction in WAL mode, and nobody is told of it before the disk has it: what was acknowledged survives
 * `kill -9` and loss of power.
 *
 * @throws CodedError of kind `environment`: `driver_missing`, `ledger_corrupt`, `ledger_newer`, `ledger_foreign`,
 * `ledger_read_only`, `ledger_not_opened`, `ledger_disk_full`, `ledger_disk_failed`, `ledger_busy`, `ledger_failed`; and
 * from verbs `ledger_gone`, when the file was deleted or replaced while it was open.
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { clock = systemClock } = options;
  const retentionMs = checkedDays('retentionDays', options.retentionDays ?? DEFAULT_RETENTION_DAYS, MIN_RETENTION_DAYS);
  const idleMs = checkedDays('threadIdleDays', options.threadIdleDays ?? DEFAULT_THREAD_IDLE_DAYS, 1);
  const observedMs = checkedDays('observationDays', options.observationDays ?? DEFAULT_OBSERVATION_DAYS, 1);
  const timeoutMs = checkedTimeout(options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS);
  const file = resolve(options.file);
  const driver = await loadDriver();
  const timedOut = (waitedMs: number) => ledgerBusy(file, waitedMs);
  const log = new LogOnDisk(file);
  const queue = new WriteQueue({ isBusy, timedOut, timeoutMs, keep: () => log.keep(), keepSoon: () => log.keepSoon() });
  const { database, limits, states, threads, observations } = await opened(driver, file, queue, (database) => {
    const time = new SteadyTime(database, Math.min(retentionMs, idleMs, observedMs));
    const limits = new LimitsInSqlite(database, time, { retentionMs });
    const threads = new ThreadsInSqlite(database, limits, time, { idleMs });
    const observations = new ObservationsInSqlite(database, time, { keptMs: observedMs });
    return { database, limits, states: new ScopeStates(database, limits), threads, observations };
  });
  const { moves } = limits.counters;
  const files = new OpenedFiles(file);
  const running = new InFlight<Promise<unknown>>();
  /** Of transactions whose verb failed after them. The next verb tells them. */
  let untold: readonly ThresholdCrossing[] = [];
  let isClosed = false;

  /** A verb, which is finished before the store closes. */
  async function verb<T>(work: () => Promise<T>): Promise<T> {
    if (isClosed) throw ledgerClosed(file);
    const run = work();
    running.add(run);
    try {
      return await run;
    } catch (error) {
      throw ledgerError(error, file);
    } finally {
      running.remove(run);
    }
  }

  const isOurSchema = schemaLook(database);
  let isSchemaDue = false;
  let isUpgraded = false;
  const transaction = database.transaction((work: () => unknown) => {
    // Nobody writes while a schema is changed, which takes longer than files are believed to be there.
    if (isSchemaDue) isUpgraded = !isOurSchema();
    isSchemaDue = false;
    if (isUpgraded) throw newerFile(file);
    const result = work();
    moves.write();
    return result;
  });

  function expectFiles(): void {
    if (files.expectThere()) isSchemaDue = true;
  }

  function immediately(work: () => void): void {
    expectFiles();
    try {
      transaction.immediate(work);
    } catch (error) {
      moves.forget();
      observations.rollups.forget();
      throw error;
    }
  }

  /** In one immediate transaction, with others who write at the same time, and what it crossed. */
  function write<T>(
    work: (nowMs: number) => T,
    { isGathering = false, keeping }: WriteOptions<T> = {},
  ): Promise<Done<T>> {
    const writeOnce = (isShared: boolean) => {
      moves.begin(isGathering && isShared);
      limits.takeCrossings();
      const value = work(clock.nowMs());
      return { value, crossings: limits.takeCrossings() };
    };
    return queue.run(writeOnce, immediately, keeping);
  }

  /** Those of a verb, and those that nobody could be told before. */
  function toTell(crossings: readonly ThresholdCrossing[]): readonly ThresholdCrossing[] {
    const all = [...untold, ...crossings];
    untold = [];
    return all;
  }

  function change<T extends object>(work: (nowMs: number) => T, options?: WriteOptions<T>) {
    return verb(async () => {
      const { value, crossings } = await write(work, options);
      return { crossings: toTell(crossings), ...value };
    });
  }

  function changeReservations<T extends object>(work: (nowMs: number) => T, keeping?: () => Keeping) {
    return change(work, { isGathering: true, keeping });
  }

  /** Of a verb that crosses no threshold. */
  function changeQuietly<T>(work: (nowMs: number) => T): Promise<T> {
    return verb(async () => {
      const { value, crossings } = await write(work);
      untold = [...untold, ...crossings];
      return value;
    });
  }

  /** One state of the ledger, without waiting for writers. */
  async function read<T>(work: (nowMs: number) => T): Promise<T> {
    const once = () => {
      expectFiles();
      return transaction.deferred(() => work(clock.nowMs())) as T;
    };
    if (isClosed) throw ledgerClosed(file);
    try {
      return once();
    } catch (error) {
      // Somebody repairs what a killed process left in the shared index: over in a moment.
      if (isBusy(error)) return verb(() => queue.run(once));
      throw ledgerError(error, file);
    }
  }

  /** A connection of its own, for what takes long. */
  function withConnection<T>(isReadOnly: boolean, work: (connection: Database) => Promise<T>): Promise<T> {
    return verb(async () => {
      expectFiles();
      const connection = driver(file, { isReadOnly });
      try {
        return await work(connection);
      } finally {
        connection.close();
      }
    });
  }

  const withReader = <T>(work: (reader: Database) => Promise<T>) => withConnection(true, work);

  async function reserve(request: ReserveRequest): Promise<ReserveResult> {
    let crossings: readonly ThresholdCrossing[] = [];
    try {
      for (;;) {
        // A refusal promises nothing.
        const done = await write((nowMs) => limits.reserve(request, nowMs), {
          isGathering: true,
          keeping: ({ value }) => (value.status === 'refused' ? 'not' : 'at_once'),
        });
        crossings = [...crossings, ...done.crossings];
        if (done.value.status !== 'refused') return { crossings: toTell(crossings), ...done.value };
        const { status, refusal, hasMoreDue } = done.value;
        // Nobody is refused for the sake of holds that are over.
        if (!hasMoreDue) return { crossings: toTell(crossings), status, refusal };
      }
    } catch (error) {
      untold = [...untold, ...crossings];
      throw error;
    }
  }

  return {
    file,
    setLimit: (limit) => change((nowMs) => limits.setLimit(limit, nowMs)),
    removeLimit: (key) => changeQuietly(() => limits.removeLimit(key)),
    setParent: (scope, parent) => changeQuietly(() => limits.setParent(scope, parent)),
    readScope: (scope) => read((nowMs) => states.read(scope, nowMs)),
    listScopes: ({ after, limit }) => read((nowMs) => states.list(after, limit, nowMs)),

    reserve: (request) => verb(() => reserve(request)),
    book: (request) => change((nowMs) => limits.book(request, nowMs)),
    markSent: (id) => changeReservations((nowMs) => limits.markSent(id, nowMs)),
    extend: (id, expiresInMs) => changeReservations((nowMs) => limits.extend(id, nowMs + expiresInMs, nowMs)),
    settle: (id, amounts, { isPatient = false } = {}) =>
      changeReservations((nowMs) => limits.settle(id, amounts, nowMs), isPatient ? soon : undefined),
    release: (id, { isNotBilled }) => changeReservations((nowMs) => limits.release(id, isNotBilled, nowMs)),
    readReservation: (id) => read((nowMs) => limits.readReservation(id, nowMs)),
    expireDue: (max) => changeReservations((nowMs) => ({ count: limits.expireDue(nowMs, max) })),

    openThread: (threadId, maxTokens) => change((nowMs) => ({ thread: threads.open(threadId, maxTokens, nowMs) })),
    readThread: (threadId) => read(() => threads.read(threadId)),
    listThreads: ({ after, limit }) => read(() => threads.list(after, limit)),
    consumeThread: (usage) => change((nowMs) => ({ thread: threads.consume(usage, nowMs) })),
    resetThread: (threadId) => changeQuietly((nowMs) => threads.reset(threadId, nowMs)),
    removeThread: (threadId) => changeQuietly(() => threads.remove(threadId)),
    removeThreads: (max) => changeQuietly(() => threads.removeSome(max)),

    exportRecords: (take) => withReader((reader) => exportRecords(reader, take)),
    importRecords: (pages) =>
      withConnection(false, (writer) => importRecords(writer, (begin) => queue.run(begin), pages)),
    ...observationVerbs(observations, { write: changeQuietly, read, withReader }),

    audit: () => withReader(auditCounters),
    backup: (to) => backUp(file, resolve(to), withReader),
    async close() {
      isClosed = true;
      // Also those that have yet to wait for their transaction.
      while (running.size > 0) await Promise.allSettled(running);
      log.close();
      database.close();
    },
  };
}

const soon = (): Keeping => 'soon';

async function loadDriver(): Promise<Driver> {
  try {
    const { default: Sqlite } = await import('better-sqlite3');
    // Its native part is loaded only here.
    new Sqlite(':memory:').close();
    return (file, { isReadOnly }) => {
      const database = new Sqlite(file, { timeout: 0, readonly: isReadOnly });
      database.defaultSafeIntegers(true);
      return database;
    };
  } catch (error) {
    throw driverMissing(error);
  }
}

/** `prepare` is part of it: a file whose tables are damaged is found out there. */
async function opened<T>(
  driver: Driver,
  file: string,
  queue: WriteQueue,
  prepare: (database: Database) => T,
): Promise<T> {
  let database: Database | undefined;
  try {
    makeDirectory(dirname(file));
    const connection = driver(file, { isReadOnly: false });
    database = connection;
    return await queue.run(() => {
      // In one state of the file: somebody else may be making it.
      const found = connection.transaction(() => schemaOf(connection)).deferred();
      if (found === 'foreign') throw foreignFile(file);
      if (found === 'newer') throw newerFile(file);
      // Of a new file only: a reservation touches few bytes of several pages, and each is written whole.
      connection.pragma('page_size = 2048');
      connection.pragma('journal_mode = WAL');
      if (found !== 'current') {
        connection.pragma('synchronous = FULL');
        connection.transaction(() => migrate(connection)).immediate();
      }
      // What is committed is in order and whole; that it is on the disk is the affair of `LogOnDisk`.
      connection.pragma('synchronous = NORMAL');
      return prepare(connection);
    });
  } catch (error) {
    database?.close();
    throw ledgerError(asOpening(error), file);
  }
}

/** What the file system says while the directory is made, in SQLite's words. */
function asOpening(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined
    ? error
    : Object.assign(error as Error, { code: code === 'ENOSPC' ? 'SQLITE_FULL' : 'SQLITE_CANTOPEN' });
}

function checkedDays(name: string, days: number, min: number): number {
  if (Number.isFinite(days) && days >= min) return days * MS_PER_DAY;
  throw optionInvalid(`${name} is ${days}; it is ${min} days or more.`);
}

function checkedTimeout(busyTimeoutMs: number): number {
  if (typeof busyTimeoutMs === 'number' && busyTimeoutMs >= 0 && busyTimeoutMs <= MAX_BUSY_TIMEOUT_MS)
    return busyTimeoutMs;
  throw optionInvalid(
    `busyTimeoutMs is ${String(busyTimeoutMs)}; it is a number of milliseconds from 0 to ${MAX_BUSY_TIMEOUT_MS} (an hour).`,
  );
}

function optionInvalid(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}
