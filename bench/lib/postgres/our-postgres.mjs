import { ledgerModule } from '../built.mjs';
import { SCOPE } from '../reservations/our-ledger.mjs';
import { connected } from './bare-postgres.mjs';

/** The ledger as its users open it, with one limit on one scope. */
export async function ourPostgres(connectionString, options = {}) {
  const [{ createLedger }, { postgresStore }] = await Promise.all([
    import(ledgerModule('index')),
    import(ledgerModule('postgres')),
  ]);
  const store = await postgresStore({ connectionString, timeoutMs: 60_000, ...options });
  const ledger = createLedger({ store });
  await ledger.setLimit({ scope: SCOPE, unit: 'nanoUsd', limit: 10n ** 18n });
  return ledger;
}

/** Calls that were settled over the last weeks, as the ledger writes them; its own verbs would take hours. */
export async function addSettledCalls(connectionString, schema, count) {
  const client = await connected(connectionString);
  await client.query(`SET search_path = ${schema}`);
  await client.query(
    `INSERT INTO reservations (id, status, asked_scopes, scopes, reserved_at_ms, expires_at_ms, sent_at_ms, resolved_at_ms,
       held_nano_usd, booked_nano_usd)
     SELECT 'old-' || i, 'settled', '["${SCOPE}"]', ARRAY['${SCOPE}'], at_ms, at_ms + 300000, at_ms, at_ms, 100000, 90000
     FROM (SELECT i, floor(extract(epoch FROM now()) * 1000)::bigint - ((1 - i::numeric / $1) * 2419200000)::bigint - 1000 AS at_ms
       FROM generate_series(1, $1::bigint) AS i) AS calls`,
    [count],
  );
  await client.query('UPDATE counters SET used = used + $1 WHERE scope = $2', [count * 90_000, SCOPE]);
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
  await client.end();
}
