import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@budget/core';
import type { Database } from 'better-sqlite3';
import type { HubStore } from '../../store.js';
import { MAX_GROUPS, SummaryFold, summaryTooLarge } from '../../summary.js';
import { beforeAll, EventRows, type Place } from './event-rows.js';
import { makeDirectory } from './make-directory.js';
import { migrate, schemaOf } from './schema.js';
import { databaseError, databaseGone, driverMissing, foreignFile, isBusy, newerFile } from './sqlite-errors.js';

/** A lock of another process, such as a backup's, is waited for so long, without stopping the event loop. */
const BUSY_TIMEOUT_MS = 2000;
const BUSY_PAUSE_MS = 10;
/** So many events are summed in one turn; between two, others are answered. */
const EVENTS_A_TURN = 2000;

/**
 * A hub's events in one SQLite file. Each batch is one transaction in WAL mode with `synchronous=FULL`: what was
 * acknowledged survives `kill -9` and loss of power.
 *
 * @throws CodedError of kind `environment`: `driver_missing`, `database_corrupt`, `database_newer`, `database_foreign`,
 * `database_read_only`, `database_not_opened`, `database_disk_full`, `database_disk_failed`, `database_busy`,
 * `database_failed`; and from verbs `database_gone`
 */
export async function sqliteHubStore(options: { readonly file: string; readonly clock: Clock }): Promise<HubStore> {
  const file = resolve(options.file);
  const { database, rows } = await opened(file);
  const identity = identityOf(file);
  const transaction = database.transaction((work: () => unknown) => work());

  /** What was written to a deleted file would be lost, though SQLite goes on in it. */
  function expectThere(): void {
    if (identityOf(file) !== identity) throw databaseGone(file);
  }

  async function verb<T>(work: () => T): Promise<T> {
    try {
      return await whenFree(() => {
        expectThere();
        return work();
      });
    } catch (error) {
      throw databaseError(error, file);
    }
  }

  return {
    name: file,
    record: (events) =>
      verb(() => {
        const nowMs = options.clock.nowMs();
        const work = () => events.filter((event) => rows.insert(event, nowMs)).length;
        const accepted = transaction.immediate(work) as number;
        return { accepted, duplicates: events.length - accepted };
      }),
    async summarize(query) {
      const fold = new SummaryFold(query);
      const lastSeq = await verb(() => rows.lastSeq());
      let place: Place = query.fromMs === null ? beforeAll : { endedAtMs: BigInt(query.fromMs), seq: -1n };
      for (;;) {
        const next = await verb(() => {
          const upTo = rows.placeAfter(place, query.untilMs, EVENTS_A_TURN);
          if (upTo !== null) for (const row of rows.rows(query, place, upTo, lastSeq)) fold.add(row);
          return upTo;
        });
        if (fold.groupCount > MAX_GROUPS) throw summaryTooLarge();
        if (next === null) return fold.result();
        place = next;
        await nextTurn();
      }
    },
    expectUsable: () => verb(() => rows.look()),
    close: async () => {
      database.close();
    },
  };
}

async function opened(file: string): Promise<{ readonly database: Database; readonly rows: EventRows }> {
  const { default: Sqlite } = await import('better-sqlite3').catch((error) => {
    throw driverMissing(error);
  });
  let database: Database | undefined;
  try {
    makeDirectory(dirname(file));
    const connection = connected(() => new Sqlite(file, { timeout: 0 }));
    database = connection;
    connection.defaultSafeIntegers(true);
    await whenFree(() => {
      // In one state of the file: somebody else may be making it.
      const found = connection.transaction(() => schemaOf(connection)).deferred();
      if (found === 'foreign') throw foreignFile(file);
      if (found === 'newer') throw newerFile(file);
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      if (found !== 'current') connection.transaction(() => migrate(connection)).immediate();
    });
    // Here, as it fails where a table or a column is missing.
    return { database: connection, rows: new EventRows(connection) };
  } catch (error) {
    database?.close();
    throw databaseError(asOpening(error), file);
  }
}

/** The native part is loaded with the first connection. */
function connected(connect: () => Database): Database {
  try {
    return connect();
  } catch (error) {
    const isSqlite = String((error as { code?: unknown }).code).startsWith('SQLITE_');
    throw isSqlite || error instanceof TypeError ? error : driverMissing(error);
  }
}

/** What the file system says while the directory is made, in SQLite's words. */
function asOpening(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const isOfFiles = syscall !== undefined || error instanceof TypeError;
  const name = code === 'ENOSPC' ? 'SQLITE_FULL' : 'SQLITE_CANTOPEN';
  return isOfFiles ? Object.assign(error as Error, { code: name }) : error;
}

async function whenFree<T>(work: () => T): Promise<T> {
  const endsAtMs = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endsAtMs) throw error;
    }
    await sleep(BUSY_PAUSE_MS);
  }
}

function identityOf(file: string): string | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
