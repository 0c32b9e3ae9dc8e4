import type { Transaction } from './connections.js';

export const SCHEMA = 'budget_hub';

/** Step n brings the tables from version n to n + 1. A step that was released is never changed. */
const steps: readonly string[] = [
  `
  -- Only what the token event names: the rest of what was sent is not kept. Times are milliseconds since 1970.
  CREATE TABLE events (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text COLLATE "C" NOT NULL,
    infospace text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    received_at_ms bigint NOT NULL,
    run_id text NOT NULL,
    run_index bigint NOT NULL,
    snapshot_id text,
    workplan text,
    workplan_task text,
    started_at_ms bigint,
    ended_at_ms bigint NOT NULL,
    duration_seconds double precision,
    status text NOT NULL,
    calls bigint NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_nano_usd bigint,
    cost_source text NOT NULL,
    unpriced_calls bigint NOT NULL,
    is_cost_lower_bound bigint NOT NULL,
    -- With the project, so that nobody can use up the ids of another one.
    UNIQUE (workspace, infospace, source, id)
  );
  -- Sums are made in this order.
  CREATE INDEX events_by_end ON events (ended_at_ms, seq);

  -- The parts of an event. They sum to it exactly: what no model accounts for is a part without a name.
  CREATE TABLE event_models (
    seq bigint NOT NULL,
    position bigint NOT NULL,
    provider text,
    model text,
    calls bigint NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cached_tokens_in bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost_nano_usd bigint,
    unpriced_calls bigint NOT NULL,
    is_cost_lower_bound bigint NOT NULL,
    PRIMARY KEY (seq, position)
  );
  `,
  `
  -- A row of an index has 2,704 bytes at most, and a source alone may have more. MD5 is not there on every server.
  ALTER TABLE events DROP CONSTRAINT events_workspace_infospace_source_id_key;
  CREATE UNIQUE INDEX events_by_name ON events (workspace, infospace, id, hashtextextended(source, 0));
  `,
];

const SCHEMA_VERSION = steps.length;

/** Any number; whoever brings tables up to date holds it. */
const MIGRATION_LOCK = 7_022_340_115_512_694n;

export type FoundSchema = 'current' | 'older' | 'newer' | 'foreign' | 'none';

/** What stands under the name now. `hub_version` tells a hub's tables from any others. */
export async function schemaFound(transaction: Transaction): Promise<FoundSchema> {
  const tables = await transaction(`SELECT table_name FROM information_schema.tables WHERE table_schema = $1`, [
    SCHEMA,
  ]);
  if (tables.length === 0) return 'none';
  if (!tables.some((each) => each['table_name'] === 'hub_version')) return 'foreign';
  const version = await versionIn(transaction);
  return version > SCHEMA_VERSION ? 'newer' : version < SCHEMA_VERSION ? 'older' : 'current';
}

/** In one transaction, under a lock, so that of several hubs that start at once one makes the tables. */
export async function migrate(transaction: Transaction): Promise<FoundSchema> {
  await transaction('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  const found = await schemaFound(transaction);
  if (found !== 'none' && found !== 'older') return found;
  if (found === 'none') {
    // Whoever may not make a schema may have been given an empty one.
    const [known] = await transaction('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [SCHEMA]);
    if (known === undefined) await transaction(`CREATE SCHEMA ${SCHEMA}`);
    await transaction('CREATE TABLE hub_version (version bigint NOT NULL)');
    await transaction('INSERT INTO hub_version VALUES (0)');
  }
  for (const step of steps.slice(await versionIn(transaction))) await transaction(step);
  await transaction('UPDATE hub_version SET version = $1', [SCHEMA_VERSION]);
  return 'current';
}

async function versionIn(transaction: Transaction): Promise<number> {
  const [row] = await transaction('SELECT version FROM hub_version');
  return Number(row?.['version'] ?? 0n);
}
