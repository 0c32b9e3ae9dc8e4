import type { Database } from 'better-sqlite3';

/** `bdgt`: tells a ledger from any other SQLite file. */
const APPLICATION_ID = 0x62646774;

/**
 * Step n brings a file from version n to n + 1. A step that was released is never changed. Tables are strict, as SQLite
 * would otherwise make a floating-point number of a sum past 2^63 in silence, and count on inexactly.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE scopes (
    scope TEXT PRIMARY KEY,
    parent TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX scopes_by_parent ON scopes (parent) WHERE parent IS NOT NULL;

  -- \`every\` and \`time_zone\` are empty for a limit for life.
  CREATE TABLE limits (
    scope TEXT NOT NULL,
    unit TEXT NOT NULL,
    every TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    amount INTEGER NOT NULL,
    thresholds TEXT NOT NULL,
    PRIMARY KEY (scope, unit, every, time_zone)
  ) STRICT, WITHOUT ROWID;

  -- \`forgotten_\`: the part whose reservations are not kept any more (negative after a reset). \`reset_at\`: which reset of
  -- all this was, so that what was booked before it is not taken off again. \`tells_at\`: what is used when the next
  -- threshold is reached, so that most bookings need not look; empty where there is none. \`last_used_at_ms\`: when the
  -- last of its reservations was made, so that a new window knows whether it saw any before it had a counter.
  CREATE TABLE counters (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    unit TEXT NOT NULL,
    every TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at_ms INTEGER NOT NULL,
    ends_at_ms INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    overrun INTEGER NOT NULL DEFAULT 0,
    forgotten_used INTEGER NOT NULL DEFAULT 0,
    forgotten_overrun INTEGER NOT NULL DEFAULT 0,
    reset_at INTEGER NOT NULL DEFAULT 0,
    crossed_percent INTEGER NOT NULL DEFAULT 0,
    tells_at INTEGER,
    last_used_at_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  -- A moment's counters are found at the end of a scope's, however many windows lie behind it.
  CREATE UNIQUE INDEX counters_by_scope ON counters (scope, ends_at_ms, unit, every, time_zone);
  CREATE INDEX counters_by_end ON counters (ends_at_ms) WHERE every <> '';

  -- \`estimated_after\`: how many resets there had been when the whole hold was booked, as nobody said what was used.
  CREATE TABLE reservations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    asked_scopes TEXT NOT NULL,
    scopes TEXT NOT NULL,
    reserved_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    sent_at_ms INTEGER,
    resolved_at_ms INTEGER,
    estimated_after INTEGER,
    held_tokens INTEGER,
    held_nano_usd INTEGER,
    held_calls INTEGER,
    booked_tokens INTEGER,
    booked_nano_usd INTEGER,
    booked_calls INTEGER,
    overrun_tokens INTEGER,
    overrun_nano_usd INTEGER,
    overrun_calls INTEGER
  ) STRICT;
  CREATE INDEX reservations_by_expiry ON reservations (expires_at_ms) WHERE status IN ('held', 'sent');

  CREATE TABLE threads (
    thread_id TEXT PRIMARY KEY,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    request_count INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX threads_by_use ON threads (used_at_ms);

  -- One row. \`resets\`: how many there were of counters for life. \`seen_at_ms\`: a late time, of the last hour in which
  -- anybody wrote. \`steady_since_ms\`: since then the clock has not jumped.
  CREATE TABLE state (
    resets INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    steady_since_ms INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (0, 0, 0);
  `,
];

const SCHEMA_VERSION = steps.length;

/** What a file says it is. */
export function schemaOf(database: Database): 'empty' | 'foreign' | 'newer' | 'older' | 'current' {
  const version = Number(database.pragma('user_version', { simple: true }));
  const applicationId = Number(database.pragma('application_id', { simple: true }));
  if (applicationId !== APPLICATION_ID) {
    const [first] = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all();
    return first === undefined && version === 0 ? 'empty' : 'foreign';
  }
  return version > SCHEMA_VERSION ? 'newer' : version < SCHEMA_VERSION ? 'older' : 'current';
}

/** Inside one immediate transaction, so that of several processes that open a new file one makes it. */
export function migrate(database: Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  for (const step of steps.slice(version)) database.exec(step);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${SCHEMA_VERSION}`);
}
