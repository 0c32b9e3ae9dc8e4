import { existsSync, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, CodedError, systemClock } from '@budget/core';
import type { Database } from 'better-sqlite3';
import type { LedgerStore } from '../../store.js';
import { auditCounters } from './audit.js';
import { EXPIRED_AT_ONCE, LimitsInSqlite } from './limits-in-sqlite.js';
import { OpenedFiles } from './opened-files.js';
import { migrate, schemaOf } from './schema.js';
import {
  driverMissing,
  foreignFile,
  isBusy,
  ledgerBusy,
  ledgerClosed,
  ledgerError,
  newerFile,
} from './sqlite-errors.js';
import { ThreadsInSqlite } from './threads-in-sqlite.js';
import { WriteQueue } from './write-queue.js';

export interface SqliteStoreOptions {
  /** Made if it does not exist, with its directory. */
  readonly file: string;
  /** How long a verb waits for other processes before it ends with `ledger_busy`. Default: 5 seconds. */
  readonly busyTimeoutMs?: number | undefined;
  /** How long reservations that are over are kept: their ids are known so long. Default: 90 days, at least 32. */
  readonly retentionDays?: number | undefined;
  /** After how long a thread that nobody uses is removed. Default: 30 days. */
  readonly threadIdleDays?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface SqliteStore extends LedgerStore {
  readonly file: string;
  /**
   * Copies the ledger to a new file while others write on; the copy is whole and opens by itself.
   *
   * @throws CodedError `file_exists`, `directory_missing`, and of kind `environment` when it cannot be written; then nothing is left behind.
   */
  backup(to: string): Promise<void>;
}

const DEFAULT_BUSY_TIMEOUT_MS = 5000;
const DEFAULT_RETENTION_DAYS = 90;
/** A limit of a month counts what was used since the first, also when it is set on the 31st. */
const MIN_RETENTION_DAYS = 32;
const DEFAULT_THREAD_IDLE_DAYS = 30;
const MS_PER_DAY = 86_400_000;

type Driver = (file: string, options: { readonly isReadOnly: boolean }) => Database;

/**
 * A ledger in one SQLite file, shared by all processes of a machine (not over a network file system). Every write is one
 * immediate transaction in WAL mode with `synchronous=FULL`: what was acknowledged survives `kill -9` and loss of power.
 *
 * @throws CodedError of kind `environment`: `driver_missing`, `ledger_corrupt`, `ledger_newer`, `ledger_foreign`,
 * `ledger_read_only`, `ledger_not_opened`, `ledger_disk_full`, `ledger_disk_failed`, `ledger_busy`, `ledger_failed`; and
 * from verbs `ledger_gone`, when the file was deleted or replaced while it was open.
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, clock = systemClock } = options;
  const retentionMs = checkedDays('retentionDays', options.retentionDays ?? DEFAULT_RETENTION_DAYS, MIN_RETENTION_DAYS);
  const idleMs = checkedDays('threadIdleDays', options.threadIdleDays ?? DEFAULT_THREAD_IDLE_DAYS, 1);
  const file = resolve(options.file);
  const driver = await loadDriver();
  const timedOut = (waitedMs: number) => ledgerBusy(file, waitedMs);
  const queue = new WriteQueue({ isBusy, timedOut, timeoutMs: busyTimeoutMs });
  const { database, limits, threads } = await opened(driver, file, queue, (database) => {
    const limits = new LimitsInSqlite(database, { retentionMs });
    return { database, limits, threads: new ThreadsInSqlite(database, limits, { idleMs }) };
  });
  const files = new OpenedFiles(file);
  let isClosed = false;

  async function whileOpen<T>(work: () => Promise<T>): Promise<T> {
    if (isClosed) throw ledgerClosed(file);
    try {
      return await work();
    } catch (error) {
      throw ledgerError(error, file);
    }
  }

  const transaction = database.transaction((work: () => unknown) => work());

  /** One immediate transaction, and the thresholds that it crossed. */
  function write<T>(
    work: (nowMs: number) => T,
  ): Promise<{ value: T; crossings: ReturnType<LimitsInSqlite['takeCrossings']> }> {
    return whileOpen(() =>
      queue.run(() => {
        files.expectThere();
        limits.takeCrossings();
        const value = transaction.immediate(() => work(clock.nowMs())) as T;
        return { value, crossings: limits.takeCrossings() };
      }),
    );
  }

  async function change<T extends object>(work: (nowMs: number) => T) {
    const { value, crossings } = await write(work);
    return { ...value, crossings };
  }

  /** One state of the ledger, without waiting for writers. */
  function read<T>(work: (nowMs: number) => T): Promise<T> {
    const once = () => {
      files.expectThere();
      return transaction.deferred(() => work(clock.nowMs())) as T;
    };
    return whileOpen(async () => {
      try {
        return once();
      } catch (error) {
        // Somebody repairs what a killed process left in the shared index: over in a moment.
        if (isBusy(error)) return queue.run(once);
        throw error;
      }
    });
  }

  /** A connection of its own, for what takes long. */
  async function withReader<T>(work: (reader: Database) => Promise<T>): Promise<T> {
    return whileOpen(async () => {
      files.expectThere();
      const reader = driver(file, { isReadOnly: true });
      try {
        return await work(reader);
      } finally {
        reader.close();
      }
    });
  }

  return {
    file,
    async setLimit(limit) {
      const { crossings } = await write((nowMs) => limits.setLimit(limit, nowMs));
      return { crossings };
    },
    removeLimit: async (key) => (await write(() => limits.removeLimit(key))).value,
    setParent: async (scope, parent) => (await write(() => limits.setParent(scope, parent))).value,
    readScope: (scope) => read((nowMs) => limits.readScope(scope, nowMs)),
    listScopes: ({ after, limit }) => read((nowMs) => limits.listScopes(after, limit, nowMs)),

    async reserve(request) {
      const allCrossings = [];
      for (;;) {
        let hasMoreDue = false;
        const { value, crossings } = await write((nowMs) => {
          hasMoreDue = limits.expireDue(nowMs, EXPIRED_AT_ONCE) === EXPIRED_AT_ONCE;
          return limits.reserve(request, nowMs);
        });
        allCrossings.push(...crossings);
        // Nobody is refused for the sake of holds that are over.
        if (value.status !== 'refused' || !hasMoreDue) return { ...value, crossings: allCrossings };
      }
    },
    book: (request) => change((nowMs) => limits.book(request, nowMs)),
    markSent: (id) => change((nowMs) => limits.markSent(id, nowMs)),
    extend: (id, expiresInMs) => change((nowMs) => limits.extend(id, nowMs + expiresInMs, nowMs)),
    settle: (id, amounts) => change((nowMs) => limits.settle(id, amounts, nowMs)),
    release: (id, { isNotBilled }) => change((nowMs) => limits.release(id, isNotBilled, nowMs)),
    readReservation: (id) => read((nowMs) => limits.readReservation(id, nowMs)),
    expireDue: (max) => change((nowMs) => ({ count: limits.expireDue(nowMs, max) })),

    openThread: async (threadId, maxTokens) => (await write((nowMs) => threads.open(threadId, maxTokens, nowMs))).value,
    readThread: (threadId) => read((nowMs) => threads.read(threadId, nowMs)),
    listThreads: () => read((nowMs) => threads.list(nowMs)),
    consumeThread: (usage) => change((nowMs) => ({ thread: threads.consume(usage, nowMs) })),
    resetThread: async (threadId) => (await write((nowMs) => threads.reset(threadId, nowMs))).value,
    removeThread: async (threadId) => (await write((nowMs) => threads.remove(threadId, nowMs))).value,
    removeAllThreads: async () => (await write(() => threads.removeAll())).value,

    audit: () => withReader(auditCounters),
    async backup(to) {
      const target = resolve(to);
      if (existsSync(target)) throw fileExists(target);
      // The driver would complain of a wrong argument, as if the program were at fault.
      if (!existsSync(dirname(target))) throw directoryMissing(target);
      const unfinished = `${target}.unfinished-${process.pid}`;
      try {
        await withReader(async (reader) => {
          // Within a transaction that has begun to read the copy is of one state. Without one SQLite starts it anew
          // at every write of somebody else, and is never done while others write.
          reader.exec('BEGIN; SELECT 1 FROM sqlite_schema');
          await reader.backup(unfinished);
        });
        await rename(unfinished, target);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw CodedError.isInstance(error) ? error : ledgerError(error, target);
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await queue.idle();
      database.close();
    },
  };
}

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
    mkdirSync(dirname(file), { recursive: true });
    const connection = driver(file, { isReadOnly: false });
    database = connection;
    return await queue.run(() => {
      const found = schemaOf(connection);
      if (found === 'foreign') throw foreignFile(file);
      if (found === 'newer') throw newerFile(file);
      // Of a new file only: a reservation touches few bytes of several pages, and each is written whole.
      connection.pragma('page_size = 2048');
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      if (found !== 'current') connection.transaction(() => migrate(connection)).immediate();
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
  throw new CodedError({
    code: 'option_invalid',
    kind: 'usage',
    message: `${name} is ${days}; it is ${min} days or more.`,
  });
}

function directoryMissing(file: string): CodedError {
  return new CodedError({
    code: 'directory_missing',
    kind: 'input',
    file,
    message: `${file} cannot be written: there is no directory ${dirname(file)}. Make it, or name another file.`,
  });
}

function fileExists(file: string): CodedError {
  return new CodedError({
    code: 'file_exists',
    kind: 'input',
    file,
    message: `${file} exists already and was left as it is. Name a file that does not exist.`,
  });
}
