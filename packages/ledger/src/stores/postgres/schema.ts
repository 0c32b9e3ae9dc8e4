import { observationTables } from './observation-tables.js';
import type { Transaction } from './transaction.js';

/**
 * Step n brings the tables from version n to n + 1. A step that was released is never changed. Names are compared byte by
 * byte, as every other store does, whatever the language of the database is.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE scopes (
    scope text COLLATE "C" PRIMARY KEY,
    parent text COLLATE "C"
  );
  CREATE INDEX scopes_by_parent ON scopes (parent) WHERE parent IS NOT NULL;

  -- "every" and "time_zone" are empty for a limit for life.
  CREATE TABLE limits (
    scope text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    every text COLLATE "C" NOT NULL,
    time_zone text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    thresholds text NOT NULL,
    PRIMARY KEY (scope, unit, every, time_zone)
  );

  -- "forgotten_": the part whose reservations are not kept any more (negative after a reset). "reset_at": which reset of
  -- all this was, so that what was booked before it is not taken off again. "last_used_at_ms": when the last of its
  -- reservations was made, so that a new window knows whether it saw any before it had a counter. The key begins so that a
  -- moment's counters are found at the end of a scope's, however many windows lie behind it.
  CREATE TABLE counters (
    scope text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    every text COLLATE "C" NOT NULL,
    time_zone text COLLATE "C" NOT NULL,
    starts_at_ms bigint NOT NULL,
    ends_at_ms bigint NOT NULL,
    used bigint NOT NULL,
    held bigint NOT NULL,
    overrun bigint NOT NULL,
    forgotten_used bigint NOT NULL,
    forgotten_overrun bigint NOT NULL,
    reset_at bigint NOT NULL,
    crossed_percent bigint NOT NULL,
    last_used_at_ms bigint NOT NULL,
    PRIMARY KEY (scope, ends_at_ms, unit, every, time_zone)
  );
  CREATE INDEX counters_by_end ON counters (ends_at_ms) WHERE every <> '';

  -- "estimated_after": how many resets there had been when the whole hold was booked, as nobody said what was used.
  CREATE TABLE reservations (
    id text COLLATE "C" PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    status text NOT NULL,
    asked_scopes text NOT NULL,
    scopes text[] NOT NULL,
    reserved_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    sent_at_ms bigint,
    resolved_at_ms bigint,
    estimated_after bigint,
    held_tokens bigint,
    held_nano_usd bigint,
    held_calls bigint,
    booked_tokens bigint,
    booked_nano_usd bigint,
    booked_calls bigint,
    overrun_tokens bigint,
    overrun_nano_usd bigint,
    overrun_calls bigint
  );
  CREATE INDEX reservations_by_expiry ON reservations (expires_at_ms, seq) WHERE status IN ('held', 'sent');
  CREATE INDEX reservations_by_time ON reservations (reserved_at_ms);

  CREATE TABLE threads (
    thread_id text COLLATE "C" PRIMARY KEY,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    request_count bigint NOT NULL,
    used_at_ms bigint NOT NULL
  );
  CREATE INDEX threads_by_use ON threads (used_at_ms);

  -- One row. "resets": how many there were of counters for life. "seen_at_ms": a late time, of the last hour in which
  -- anybody wrote. "steady_since_ms": since then the clock has not jumped.
  CREATE TABLE state (
    resets bigint NOT NULL,
    seen_at_ms bigint NOT NULL,
    steady_since_ms bigint NOT NULL
  );
  INSERT INTO state VALUES (0, 0, 0);
  `,
  // "version": another one, that no row ever had, with each change of a limit or of the parent. Whoever remembers a scope
  // tells by it that it is still as it was.
  'ALTER TABLE scopes ADD COLUMN version bigint GENERATED ALWAYS AS IDENTITY',
  observationTables,
];

const SCHEMA_VERSION = steps.length;

/** Any number; whoever brings tables up to date holds it. */
export const MIGRATION_LOCK = 7_022_340_115_512_693n;

export type FoundSchema = 'current' | 'older' | 'newer' | 'foreign' | 'none';

/** What stands under the name now. `ledger_version` tells a ledger from any other tables. */
export async function schemaFound(transaction: Transaction, schema: string): Promise<FoundSchema> {
  const tables = await transaction.query<{ readonly table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = $1`,
    [schema],
  );
  if (tables.length === 0) return 'none';
  if (!tables.some((each) => each.table_name === 'ledger_version')) return 'foreign';
  const version = await versionIn(transaction);
  return version > SCHEMA_VERSION ? 'newer' : version < SCHEMA_VERSION ? 'older' : 'current';
}

/** In one transaction, under a lock, so that of several processes that come at once one makes the tables. */
export async function migrate(transaction: Transaction, schema: string): Promise<FoundSchema> {
  // The time of other verbs would be too short.
  await transaction.query('SET LOCAL statement_timeout = 0');
  await transaction.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  const found = await schemaFound(transaction, schema);
  if (found !== 'none' && found !== 'older') return found;
  if (found === 'none') {
    // Whoever may not make a schema may have been given an empty one.
    const [known] = await transaction.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [
      schema,
    ]);
    if (known === undefined) await transaction.query(`CREATE SCHEMA "${schema}"`);
    await transaction.query('CREATE TABLE ledger_version (version bigint NOT NULL)');
    await transaction.query('INSERT INTO ledger_version VALUES (0)');
  }
  for (const step of steps.slice(await versionIn(transaction))) await transaction.query(step);
  transaction.write({ name: '', text: 'UPDATE ledger_version SET version = $1' }, [SCHEMA_VERSION]);
  return 'current';
}

async function versionIn(transaction: Transaction): Promise<number> {
  const [row] = await transaction.query<{ readonly version: bigint }>('SELECT version FROM ledger_version');
  return Number(row?.version ?? 0n);
}
