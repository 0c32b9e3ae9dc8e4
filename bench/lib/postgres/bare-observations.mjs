import { connected } from './bare-postgres.mjs';

const TABLES = ['observations', 'task_sums', 'usage_totals', 'usage_slots'];
const LATENCIES = ['latency_buckets', 'latency_counts'];

/**
 * The least that writes the same: tables that are copies of ours, lists of the values that ours wrote, one `INSERT … unnest`
 * for each table, sums added by the server. It knows the sums from the start, and does not ask what was new.
 */
export async function bareObservations(connectionString, schema) {
  const client = await connected(connectionString);
  await client.query(`CREATE SCHEMA bare; SET search_path = bare, ${schema}`);
  const statements = {};
  for (const table of TABLES) {
    await client.query(
      `CREATE TABLE bare.${table} (LIKE ${schema}.${table} INCLUDING ALL) WITH (fillfactor = ${fill(table)})`,
    );
    statements[table] = await statementOf(client, table);
  }
  return {
    async write(batch) {
      await client.query('BEGIN');
      for (const table of TABLES)
        await client.query({ name: table, text: statements[table].text, values: batch[table] });
      await client.query('COMMIT');
    },
    /** What ours wrote into empty tables, as `write` takes it. */
    async taken() {
      const batch = {};
      for (const table of TABLES) {
        const { columns } = statements[table];
        const { rows } = await client.query({
          text: `SELECT ${columns.map((name) => `${name}::text`)} FROM ${schema}.${table}`,
          rowMode: 'array',
        });
        batch[table] = columns.map((_, column) => rows.map((row) => row[column]));
      }
      await client.query(`TRUNCATE ${TABLES.map((table) => `${schema}.${table}`)}`);
      return batch;
    },
    async observations() {
      const { rows } = await client.query(`SELECT observations FROM bare.usage_totals WHERE dimension = 'overall'`);
      return Number(rows[0].observations);
    },
    close: () => client.end(),
  };
}

function fill(table) {
  return table === 'observations' ? 100 : 70;
}

async function statementOf(client, table) {
  const { rows: columns } = await client.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = 'bare.${table}'::regclass AND attnum > 0 ORDER BY attnum`,
  );
  const { rows: keys } = await client.query(
    `SELECT attname AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
     WHERE indrelid = 'bare.${table}'::regclass AND indisprimary`,
  );
  const key = keys.map(({ name }) => name);
  const isKey = ({ name }) => key.includes(name);
  // Lists within lists are handed over as text.
  const given = columns.map(({ type }, index) => `$${index + 1}::${type.endsWith('[]') ? 'text' : type}[]`);
  const values = columns.map(({ name, type }) => (type.endsWith('[]') ? `${name}::${type}` : name));
  const names = columns.map(({ name }) => name);
  const conflict =
    table === 'observations'
      ? 'NOTHING'
      : `UPDATE SET ${columns
          .filter((column) => !isKey(column))
          .flatMap(({ name }) => added(name))
          .join(', ')}`;
  return {
    columns: names,
    text: `INSERT INTO bare.${table} AS kept (${names}) SELECT ${values} FROM unnest(${given}) AS given (${names})
      ON CONFLICT (${key}) DO ${conflict}`,
  };
}

function added(name) {
  if (name === LATENCIES[1]) return [];
  if (name === 'last_seen_ms') return [`${name} = greatest(kept.${name}, excluded.${name})`];
  if (name !== LATENCIES[0]) return [`${name} = kept.${name} + excluded.${name}`];
  return [
    `(${LATENCIES}) = (SELECT coalesce(array_agg(bucket), '{}'), coalesce(array_agg(count), '{}') FROM (
      SELECT bucket, sum(count)::bigint AS count FROM (
        SELECT * FROM unnest(kept.latency_buckets, kept.latency_counts)
        UNION ALL SELECT * FROM unnest(excluded.latency_buckets, excluded.latency_counts)) AS both_of (bucket, count)
      GROUP BY bucket ORDER BY bucket) AS merged)`,
  ];
}
