import type { Database } from 'better-sqlite3';

/** `bhub`: tells a hub's events from any other SQLite file. */
const APPLICATION_ID = 0x62687562;

/** Step n brings a file from version n to n + 1. A step that was released is never changed. */
const steps: readonly string[] = [
  `
  -- Only what the token event names: the rest of what was sent is not kept. Times are milliseconds since 1970.
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    infospace TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    run_index INTEGER NOT NULL,
    snapshot_id TEXT,
    workplan TEXT,
    workplan_task TEXT,
    started_at_ms INTEGER,
    ended_at_ms INTEGER NOT NULL,
    duration_seconds REAL,
    status TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_nano_usd INTEGER,
    cost_source TEXT NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    is_cost_lower_bound INTEGER NOT NULL,
    -- With the project, so that nobody can use up the ids of another one.
    UNIQUE (workspace, infospace, source, id)
  ) STRICT;
  -- Sums are made in this order.
  CREATE INDEX events_by_end ON events (ended_at_ms, seq);

  -- The parts of an event. They sum to it exactly: what no model accounts for is a part without a name.
  CREATE TABLE event_models (
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    provider TEXT,
    model TEXT,
    calls INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cached_tokens_in INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nano_usd INTEGER,
    unpriced_calls INTEGER NOT NULL,
    is_cost_lower_bound INTEGER NOT NULL,
    PRIMARY KEY (seq, position)
  ) STRICT, WITHOUT ROWID;
  `,
];

const SCHEMA_VERSION = steps.length;

/** What a file says it is. */
export function schemaOf(database: Database): 'empty' | 'foreign' | 'newer' | 'older' | 'current' {
  const version = Number(database.pragma('user_version', { simple: true }));
  const applicationId = Number(database.pragma('application_id', { simple: true }));
  if (applicationId !== APPLICATION_ID) {
    const [first] = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all();
    return first === undefined && version === 0 && applicationId === 0 ? 'empty' : 'foreign';
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
