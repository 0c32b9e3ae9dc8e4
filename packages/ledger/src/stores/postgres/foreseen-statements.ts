import { units } from '../../amounts.js';
import type { Move } from '../../reservation-change.js';
import { unitColumns } from '../reservation-columns.js';
import { windowColumns } from '../window-columns.js';
import type { KnownCounter, KnownScope } from './known-scopes.js';
import { NOW_MS } from './scope-statements.js';
import type { Statement } from './transaction.js';

// Whole verbs in one statement, each with a row where everything was as foreseen; else it has none and nothing was changed.
//
// A statement sees tables as they were when it began. Where it waits for the lock of a row it sees that row as it is then,
// and nothing else that is new. So all that it decides by stands in the rows that it locks: that limits and parents are
// those that are known, in the versions of scopes; what is used and held, in the counters themselves. A counter that
// somebody made while it waited is not seen, and so one too few is found.

/** A counter that is to be moved, and what must hold for it. */
export interface ForeseenMove extends Move {
  readonly counter: KnownCounter;
  /** Used and held may be at most so much together after it; `null` for what adds nothing to them. */
  readonly most: bigint | null;
}

/** What is said of each move, as one array each. `$1` is an id and `$2` the time of whoever has a clock of his own. */
const moveArrays: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['scope', 'unit', 'every', 'time_zone', 'used', 'held', 'overrun'],
    ...['most', 'crossed_percent', 'next_crossing'],
  ].map((name, index) => [name, `$${index + 5}::${index < 4 ? 'text' : 'bigint'}[]`]),
);
/** Of the move that a row `m` numbers: much cheaper than a row with so many columns. */
const moveOf = (name: string) => `(${moveArrays[name]})[m.nth]`;
/** The first parameter that is not common to both. */
const FIRST = 5 + Object.keys(moveArrays).length;
const ofUnits = (kind: string) => units.map((unit) => `${kind}_${unitColumns[unit]}`);

/**
 * Locks in the order of all: scopes by their names, and their counters then. `from`: what must be there before. `atMs`: the
 * moment whose counters are moved. No two states of scopes ever have the same version.
 */
function lockedIn(from: string, atMs: string): string {
  return `
    locked AS (
      SELECT s.scope FROM ${from} scopes s WHERE s.scope = ANY ($3::text[]) AND s.version = ANY ($4::bigint[])
      ORDER BY s.scope FOR UPDATE OF s),
    placed AS MATERIALIZED (
      SELECT locked.scope, moment.now_ms FROM locked CROSS JOIN (
        SELECT ${NOW_MS} FROM (SELECT count(*) AS count FROM locked) AS all_locked
        WHERE count = cardinality($3::text[])) AS moment),
    touched AS (
      SELECT c.scope, c.ends_at_ms, c.unit, c.every, c.time_zone, p.now_ms,
        ${moveOf('used')} AS used, ${moveOf('held')} AS held, ${moveOf('overrun')} AS overrun,
        coalesce(c.used <= ${moveOf('most')} - ${moveOf('used')} - ${moveOf('held')} - c.held, m.nth IS NOT NULL)
        AND (${moveOf('next_crossing')} IS NULL OR c.ends_at_ms <= p.now_ms
          OR c.crossed_percent = ${moveOf('crossed_percent')} AND c.used + ${moveOf('used')} < ${moveOf('next_crossing')}) AS is_foreseen
      FROM placed p
        JOIN counters c ON c.scope = p.scope AND c.ends_at_ms > ${atMs} AND c.unit = ANY (${moveArrays['unit']}) AND c.starts_at_ms <= ${atMs}
        LEFT JOIN generate_series(1, cardinality(${moveArrays['scope']})) AS m (nth)
          ON ${['scope', 'unit', 'every', 'time_zone'].map((name) => `${moveOf(name)} = c.${name}`).join(' AND ')}
      FOR UPDATE OF c),
    foreseen AS (
      SELECT max(now_ms) AS now_ms FROM touched HAVING count(*) = cardinality(${moveArrays['scope']}) AND bool_and(is_foreseen))`;
}

/** After the row of the reservation, without which nothing is moved. */
function movedBy(done: string, atMs: string): string {
  return `moved AS (
      UPDATE counters c SET used = c.used + t.used, held = c.held + t.held, overrun = c.overrun + t.overrun,
        last_used_at_ms = greatest(c.last_used_at_ms, ${atMs})
      FROM ${done} AS done, touched t
      WHERE c.scope = t.scope AND c.ends_at_ms = t.ends_at_ms AND c.unit = t.unit AND c.every = t.every
        AND c.time_zone = t.time_zone)`;
}

/** Own parameters: the scopes that were asked for, as JSON; for how long; whether it is sent; what is held of each unit. */
export const RESERVE: Statement = {
  name: 'reserve',
  text: `WITH ${lockedIn('', 'p.now_ms')},
    made AS (
      INSERT INTO reservations (id, asked_scopes, scopes, reserved_at_ms, expires_at_ms, status, sent_at_ms, ${ofUnits('held').join(', ')})
      SELECT $1, $${FIRST}, $3, now_ms, now_ms + $${FIRST + 1}::bigint, CASE WHEN $${FIRST + 2} THEN 'sent' ELSE 'held' END,
        CASE WHEN $${FIRST + 2}::boolean THEN now_ms END, ${units.map((_, index) => `$${FIRST + 3 + index}::bigint`).join(', ')}
      FROM foreseen WHERE NOT EXISTS (
        SELECT 1 FROM reservations WHERE status IN ('held', 'sent') AND expires_at_ms <= foreseen.now_ms)
      ON CONFLICT (id) DO NOTHING RETURNING reserved_at_ms),
    ${movedBy('made', 'done.reserved_at_ms')}
    SELECT reserved_at_ms AS now_ms FROM made`,
};

const resolvedColumns = [...ofUnits('booked'), ...ofUnits('overrun')];
const reservedAtMs = `$${FIRST}::bigint`;

/**
 * Own parameters: when it was reserved; in which states it may be, and its new one; what is booked and what is overrun of
 * each unit. Waits for nobody who holds its row: he changes it.
 */
export const RESOLVE: Statement = {
  name: 'resolve',
  text: `WITH found AS (
      SELECT reserved_at_ms, expires_at_ms, sent_at_ms FROM reservations
      WHERE id = $1 AND status = ANY ($${FIRST + 1}::text[]) FOR UPDATE SKIP LOCKED),
    ${lockedIn('found CROSS JOIN', reservedAtMs)},
    resolved AS (
      UPDATE reservations SET status = $${FIRST + 2}, resolved_at_ms = foreseen.now_ms,
        ${resolvedColumns.map((column, index) => `${column} = $${FIRST + 3 + index}::bigint`).join(', ')}
      FROM foreseen, found
      WHERE id = $1 AND found.reserved_at_ms = ${reservedAtMs} AND found.expires_at_ms > foreseen.now_ms
      RETURNING foreseen.now_ms, found.expires_at_ms, found.sent_at_ms),
    ${movedBy('resolved', reservedAtMs)}
    SELECT now_ms, expires_at_ms, sent_at_ms FROM resolved`,
};

/** The parameters that both have. */
export function commonValues(
  id: string,
  clockMs: number | null,
  scopes: readonly KnownScope[],
  moves: readonly ForeseenMove[],
): unknown[] {
  const rows = moves.map(({ counter, used, held, overrun, most }) => [
    ...[counter.scope, counter.unit, ...windowColumns(counter.window), used, held, overrun],
    // What is not used reaches no threshold.
    ...[most, counter.crossedPercent, used > 0n ? counter.nextCrossing : null],
  ]);
  return [
    ...[id, clockMs, scopes.map(({ scope }) => scope), scopes.map(({ version }) => version)],
    ...Object.keys(moveArrays).map((_, index) => rows.map((row) => row[index])),
  ];
}
