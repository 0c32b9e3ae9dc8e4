import type { Scope } from '../../scope.js';
import type { Statement, Transaction } from './transaction.js';

/**
 * The scopes that a transaction touches, as far as it knows them when it begins: those that are named and all above them,
 * those that are named, or those of a reservation. `span`: the moments whose counters it moves; else, of a reservation,
 * the moment it was made, and of the others this one.
 */
export type Touched = { readonly span?: { readonly fromMs: number; readonly toMs: number } } & (
  | { readonly kind: 'withAncestors' | 'named'; readonly value: readonly Scope[] }
  | { readonly kind: 'ofReservation'; readonly value: string }
);

interface TouchedStatements {
  readonly lock: Statement;
  /** As `lock`, of whoever only looks. */
  readonly look: Statement;
  /** A row of the moment, with each of its counters, if there are any; then one of each limit. */
  readonly load: Statement;
}

/** Each is about `$1`. */
const touchedScopes: Readonly<Record<Touched['kind'], string>> = {
  withAncestors: `WITH RECURSIVE touched (scope) AS (
    SELECT named COLLATE "C" FROM unnest($1::text[]) AS named
    UNION
    SELECT s.parent FROM touched t JOIN scopes s ON s.scope = t.scope WHERE s.parent IS NOT NULL)`,
  named: `WITH touched (scope) AS (SELECT named COLLATE "C" FROM unnest($1::text[]) AS named)`,
  ofReservation: `WITH touched (scope) AS (
    SELECT named COLLATE "C" FROM reservations r, unnest(r.scopes) AS named WHERE r.id = $1)`,
};

/** `$2` is the time of whoever has a clock of his own, else it is the server's, after all locks. */
export const NOW_MS = 'coalesce($2::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS now_ms';

export const MOMENT = `moment AS (SELECT ${NOW_MS})`;

const statements = new Map<string, TouchedStatements>();

export function touchedStatements({ kind, span }: Touched): TouchedStatements {
  const name = span === undefined ? kind : `${kind}Within`;
  const known = statements.get(name);
  if (known !== undefined) return known;
  const made = statementsOf(name, kind, span !== undefined);
  statements.set(name, made);
  return made;
}

function statementsOf(name: string, kind: Touched['kind'], isWithin: boolean): TouchedStatements {
  const touched = touchedScopes[kind];
  const look = `${touched} SELECT s.scope, s.parent, s.version FROM scopes s
    WHERE s.scope IN (SELECT scope FROM touched) ORDER BY s.scope`;
  const atMs = kind === 'ofReservation' ? '(SELECT reserved_at_ms FROM reservations WHERE id = $1)' : 'm.now_ms';
  const [fromMs, toMs] = isWithin ? ['$3::bigint', '$4::bigint'] : [atMs, atMs];
  return {
    lock: { name: `lock ${name}`, text: `${look} FOR UPDATE OF s` },
    look: { name: `look at ${name}`, text: look },
    load: {
      name: `load ${name}`,
      text: `${touched}, ${MOMENT}
        SELECT m.now_ms, (SELECT resets FROM state) AS resets,
          (SELECT min(expires_at_ms) FROM reservations WHERE status IN ('held', 'sent')) AS next_expiry_ms,
          c.scope, c.unit, c.every, c.time_zone, c.starts_at_ms, c.ends_at_ms, c.used, c.held, c.overrun,
          c.forgotten_used, c.forgotten_overrun, c.reset_at, c.crossed_percent, c.last_used_at_ms,
          CAST(NULL AS bigint) AS amount, CAST(NULL AS text) AS thresholds
        FROM moment m LEFT JOIN (touched t JOIN counters c ON c.scope = t.scope)
          ON c.ends_at_ms > ${fromMs} AND c.starts_at_ms <= ${toMs}
        UNION ALL
        SELECT NULL, NULL, NULL, l.scope, l.unit, l.every, l.time_zone, ${Array(10).fill('NULL').join(', ')},
          l.amount, l.thresholds
        FROM touched t JOIN limits l ON l.scope = t.scope`,
    },
  };
}

export async function lockNamed(transaction: Transaction, scopes: readonly Scope[]): Promise<void> {
  await transaction.rows(touchedStatements({ kind: 'named', value: scopes }).lock, [scopes]);
}
