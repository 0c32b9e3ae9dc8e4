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
  `
  -- \`seq\`: the order in which they were recorded, and in which they go. \`totals_epoch\`: how often totals had begun anew.
  CREATE TABLE observations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    recorded_at_ms INTEGER NOT NULL,
    totals_epoch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    application TEXT NOT NULL,
    infospace TEXT,
    run_id TEXT,
    organisation_id TEXT,
    task TEXT,
    adapter TEXT,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    thread_id TEXT,
    agent_id TEXT,
    phase TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_prompt_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nano_usd INTEGER,
    economic_cost_nano_usd INTEGER,
    estimated_cost_nano_usd INTEGER,
    cost_source TEXT NOT NULL,
    cache_hit TEXT NOT NULL,
    latency_ms INTEGER,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    quality_millionths INTEGER,
    quality_source TEXT,
    metadata TEXT
  ) STRICT;
  CREATE INDEX observations_by_time ON observations (at_ms);

  -- What was said of an observation after it was recorded, in the order of \`seq\`.
  CREATE TABLE judgements (
    seq INTEGER PRIMARY KEY,
    observation INTEGER NOT NULL,
    source TEXT NOT NULL,
    quality_millionths INTEGER NOT NULL,
    judged_at_ms INTEGER NOT NULL,
    UNIQUE (observation, source)
  ) STRICT;

  -- Roll-ups. With \`is_forgotten\` 0 they are of all observations, with 1 of those that are not kept any more. \`sums\` is
  -- text, so that no sum reaches the end of a column and refuses what comes after it.
  -- \`day\` -1: of all days. \`source\` empty: all but quality, and the newest quality of each observation.
  CREATE TABLE task_sums (
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    day INTEGER NOT NULL,
    adapter TEXT NOT NULL,
    is_forgotten INTEGER NOT NULL,
    sums TEXT NOT NULL,
    latencies BLOB NOT NULL,
    PRIMARY KEY (task, source, day, adapter, is_forgotten)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage_totals (
    epoch INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    name TEXT NOT NULL,
    is_forgotten INTEGER NOT NULL,
    sums TEXT NOT NULL,
    latencies BLOB NOT NULL,
    PRIMARY KEY (epoch, dimension, name, is_forgotten)
  ) STRICT, WITHOUT ROWID;

  -- Quarters of an hour. Dollars and the nano-dollars beside them are columns of their own, so that SQLite may sum them:
  -- an amount of one call may be a million dollars, of which not many fit into 2^63 nano-dollars.
  CREATE TABLE usage_slots (
    dimension TEXT NOT NULL,
    slot_at_ms INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    name TEXT NOT NULL,
    is_forgotten INTEGER NOT NULL,
    observations INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    retried INTEGER NOT NULL,
    priced INTEGER NOT NULL,
    local_hits INTEGER NOT NULL,
    provider_hits INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_prompt_tokens INTEGER NOT NULL,
    latency_ms_total INTEGER NOT NULL,
    cost_usd INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL,
    economic_cost_usd INTEGER NOT NULL,
    economic_cost_nano INTEGER NOT NULL,
    estimated_cost_usd INTEGER NOT NULL,
    estimated_cost_nano INTEGER NOT NULL,
    estimate_delta_usd INTEGER NOT NULL,
    estimate_delta_nano INTEGER NOT NULL,
    PRIMARY KEY (dimension, slot_at_ms, organisation, name, is_forgotten)
  ) STRICT, WITHOUT ROWID;

  -- One row. \`epoch\`: how often totals began anew, last at \`reset_at_ms\`.
  CREATE TABLE usage_state (
    epoch INTEGER NOT NULL,
    reset_at_ms INTEGER
  ) STRICT;
  INSERT INTO usage_state VALUES (0, NULL);
  `,
  `
  -- Sums of calls by rows with an id: they are changed far more often than found by their keys, and a row that is found by
  -- an id is changed in half the time.
  ALTER TABLE task_sums RENAME TO keyed_task_sums;
  CREATE TABLE task_sums (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    source TEXT NOT NULL,
    day INTEGER NOT NULL,
    adapter TEXT NOT NULL,
    is_forgotten INTEGER NOT NULL,
    sums TEXT NOT NULL,
    latencies BLOB NOT NULL,
    UNIQUE (task, source, day, adapter, is_forgotten)
  ) STRICT;
  INSERT INTO task_sums (task, source, day, adapter, is_forgotten, sums, latencies)
    SELECT * FROM keyed_task_sums ORDER BY day, task, source, adapter;
  DROP TABLE keyed_task_sums;

  ALTER TABLE usage_totals RENAME TO keyed_usage_totals;
  CREATE TABLE usage_totals (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    name TEXT NOT NULL,
    is_forgotten INTEGER NOT NULL,
    sums TEXT NOT NULL,
    latencies BLOB NOT NULL,
    UNIQUE (epoch, dimension, name, is_forgotten)
  ) STRICT;
  INSERT INTO usage_totals (epoch, dimension, name, is_forgotten, sums, latencies) SELECT * FROM keyed_usage_totals;
  DROP TABLE keyed_usage_totals;
  `,
  `
  -- When holds end that nobody ends: those of the first \`entered_seq\` reservations, as they were at \`entered_at_ms\`, and
  -- of those since then the ones that do not last long.
  CREATE TABLE expiries (
    at_ms INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (at_ms, seq)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE state ADD COLUMN entered_seq INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE state ADD COLUMN entered_at_ms INTEGER NOT NULL DEFAULT 0;
  INSERT INTO expiries SELECT expires_at_ms, seq FROM reservations WHERE status IN ('held', 'sent');
  UPDATE state SET entered_seq = (SELECT ifnull(max(seq), 0) FROM reservations);
  DROP INDEX reservations_by_expiry;
  `,
  `
  -- Of a row with an empty \`source\`: who judged all that is judged in it, and so has no row of its own. Null where each
  -- source has one.
  ALTER TABLE task_sums ADD COLUMN sole_source TEXT;
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

/** Asks, inside a transaction, whether nobody has changed the schema since the file was opened. */
export function schemaLook(database: Database): () => boolean {
  const version = database.prepare('PRAGMA user_version').pluck().safeIntegers(false);
  return () => version.get() === SCHEMA_VERSION;
}

/** Inside one immediate transaction, so that of several processes that open a new file one makes it. */
export function migrate(database: Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  for (const step of steps.slice(version)) database.exec(step);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${SCHEMA_VERSION}`);
}
