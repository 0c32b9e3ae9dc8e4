import type { Scope } from '../../scope.js';
import type { Statement, Transaction } from './transaction.js';

const countReset: Statement = { name: 'count reset', text: 'UPDATE state SET resets = resets + 1' };
const resetLifetime: Statement = {
  name: 'reset lifetime',
  text: `UPDATE counters SET forgotten_used = forgotten_used - used, forgotten_overrun = forgotten_overrun - overrun,
      used = 0, overrun = 0, crossed_percent = 0, reset_at = (SELECT resets FROM state)
    WHERE scope = ANY ($1) AND unit = ANY ($2) AND every = ''`,
};
const deleteLimits: Statement = { name: 'delete limits', text: 'DELETE FROM limits WHERE scope = ANY ($1)' };
const deleteParents: Statement = {
  name: 'delete parents',
  text: 'UPDATE scopes SET parent = NULL, version = DEFAULT WHERE scope = ANY ($1)',
};
const deleteEmpty: Statement = {
  name: 'delete empty counters',
  text: `DELETE FROM counters c WHERE c.scope = ANY ($1)
    AND NOT EXISTS (SELECT 1 FROM limits l WHERE l.scope = c.scope)
    AND NOT EXISTS (SELECT 1 FROM counters o WHERE o.scope = c.scope AND (o.used <> 0 OR o.held <> 0 OR o.overrun <> 0
      OR o.crossed_percent <> 0 OR o.forgotten_used <> 0 OR o.forgotten_overrun <> 0))`,
};
/** A parent stays as long as it has children: a row that is there can be locked. */
const deleteUnused: Statement = {
  name: 'delete unused scopes',
  text: `DELETE FROM scopes s WHERE s.scope = ANY ($1) AND s.parent IS NULL
    AND NOT EXISTS (SELECT 1 FROM limits l WHERE l.scope = s.scope)
    AND NOT EXISTS (SELECT 1 FROM counters c WHERE c.scope = s.scope)
    AND NOT EXISTS (SELECT 1 FROM scopes child WHERE child.parent = s.scope)`,
};

// Whoever calls these holds the rows of the scopes.

/** What is used for life counts anew from nothing; what is held stays held. */
export function resetCounters(transaction: Transaction, scopes: readonly Scope[], units: readonly string[]): void {
  transaction.write(countReset, []);
  transaction.write(resetLifetime, [scopes, units]);
}

/**
 * Their limits, their parents and what they used for life. What is held stays held, and counters stay as long as
 * reservations move them: otherwise a late settlement would free what nobody holds any more.
 */
export function removeScopes(transaction: Transaction, scopes: readonly Scope[], units: readonly string[]): void {
  resetCounters(transaction, scopes, units);
  transaction.write(deleteLimits, [scopes]);
  transaction.write(deleteParents, [scopes]);
  removeEmptyScopes(transaction, scopes);
}

/** Counters of nothing, and the scope itself where nothing is left of it. */
export function removeEmptyScopes(transaction: Transaction, scopes: readonly Scope[]): void {
  transaction.write(deleteEmpty, [scopes]);
  transaction.write(deleteUnused, [scopes]);
}
