import { openSqlite } from './bare-ledger.mjs';
import { SCOPE } from './our-ledger.mjs';

const ROWS_AT_ONCE = 100_000;
const HELD = 100_000;
const USED = 90_000;

/**
 * Adds calls that were settled over the last weeks, as the ledger writes them, and faster: its own verbs would take hours.
 * Ids are version 7 UUIDs of their time, as the ledger makes them.
 */
export function addSettledCalls(file, count, nowMs) {
  const database = openSqlite(file, { timeout: 60_000 });
  const fromMs = nowMs - 28 * 86_400_000;
  const insert = database.prepare(`
    WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?),
      calls AS (SELECT i, ? + CAST((i * 1.0 / ?) * ? AS INTEGER) AS at_ms FROM n)
    INSERT INTO reservations (id, status, asked_scopes, scopes, reserved_at_ms, expires_at_ms, sent_at_ms, resolved_at_ms,
      held_nano_usd, booked_nano_usd)
    SELECT printf('%08x-%04x-7%03x-8000-%012x', at_ms >> 16, at_ms & 65535, i & 4095, i), 'settled', ?, ?,
      at_ms, at_ms + 300000, at_ms, at_ms, ${HELD}, ${USED} FROM calls`);
  const scopes = JSON.stringify([SCOPE]);
  const spanMs = nowMs - fromMs - 1000;
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const to = Math.min(count, from + ROWS_AT_ONCE);
    insert.run(from, to, fromMs, count, spanMs, scopes, scopes);
  }
  database.prepare('UPDATE counters SET used = used + ? WHERE scope = ?').run(BigInt(count) * BigInt(USED), SCOPE);
  // None of them is held: nobody need look through them for holds.
  database.exec('UPDATE state SET entered_seq = (SELECT max(seq) FROM reservations)');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}
