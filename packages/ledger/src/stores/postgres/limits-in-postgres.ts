import type { Limit, LimitKey } from '../../limit.js';
import { MAX_ANCESTORS, type Scope } from '../../scope.js';
import type { Crossings } from '../../store.js';
import { windowColumns } from '../window-columns.js';
import type { Connections } from './connections.js';
import { MAKE_SCOPES } from './counter-statements.js';
import { type Lookup, lockScopes, withAncestors } from './locked-scopes.js';
import { lockNamed } from './scope-statements.js';
import type { Statement, Transaction } from './transaction.js';

const upsertLimit: Statement = {
  name: 'upsert limit',
  text: `INSERT INTO limits (scope, unit, every, time_zone, amount, thresholds) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (scope, unit, every, time_zone)
    DO UPDATE SET amount = excluded.amount, thresholds = excluded.thresholds`,
};
/** For those who remember the scope. */
const countChange: Statement = { name: 'count change', text: 'UPDATE scopes SET version = DEFAULT WHERE scope = $1' };
const deleteLimit: Statement = {
  name: 'delete limit',
  text: 'DELETE FROM limits WHERE scope = $1 AND unit = $2 AND every = $3 AND time_zone = $4 RETURNING 1',
};
const setParentOf: Statement = {
  name: 'set parent',
  text: 'INSERT INTO scopes (scope, parent) VALUES ($1, $2) ON CONFLICT (scope) DO UPDATE SET parent = excluded.parent, version = DEFAULT',
};
/** Parents are changed by one after the other, as a circle may close far above. */
const lockParents: Statement = { name: 'lock parents', text: 'SELECT version FROM ledger_version FOR UPDATE' };
/** One level more than may be, where there are more. */
const levelsBelow: Statement = {
  name: 'levels below',
  text: `WITH RECURSIVE below (scope, level) AS (
      SELECT named COLLATE "C", 0 FROM unnest(ARRAY[$1::text]) AS named
      UNION ALL
      SELECT s.scope, b.level + 1 FROM below b JOIN scopes s ON s.parent = b.scope WHERE b.level <= ${MAX_ANCESTORS}
    ) SELECT max(level)::bigint AS levels FROM below`,
};

/** The verbs on limits and on parents, each one transaction. */
export class LimitsInPostgres {
  readonly #connections: Connections;
  readonly #lookup: Lookup;

  constructor(connections: Connections, lookup: Lookup) {
    this.#connections = connections;
    this.#lookup = lookup;
  }

  set(limit: Limit): Promise<Crossings> {
    return this.#connections.transaction(async (transaction) => {
      const locked = await lockScopes(transaction, { kind: 'named', value: [limit.scope] }, this.#lookup);
      const { counters } = locked;
      counters.register(limit.scope);
      const crossings = await counters.limit(limit, locked.nowMs);
      counters.write();
      writeLimit(transaction, limit);
      return { crossings };
    });
  }

  remove({ scope, unit, window }: LimitKey): Promise<boolean> {
    return this.#connections.transaction(async (transaction) => {
      const [, removed] = await Promise.all([
        lockNamed(transaction, [scope]),
        transaction.change(deleteLimit, [scope, unit, ...windowColumns(window)]),
      ]);
      transaction.write(countChange, [scope]);
      return removed.length > 0;
    });
  }

  setParent(scope: Scope, parent: Scope | null): Promise<'set' | 'circle' | 'too_deep'> {
    const named = parent === null ? [scope] : [scope, parent];
    return this.#connections.transaction(async (transaction) => {
      const [, { parents }, [below]] = await Promise.all([
        transaction.rows(lockParents),
        lockScopes(transaction, { kind: 'withAncestors', value: named }, this.#lookup),
        transaction.rows<{ readonly levels: bigint }>(levelsBelow, [scope]),
      ]);
      if (parent !== null) {
        if (parents.get(scope) === parent) return 'set';
        const above = withAncestors(parents, [parent]);
        if (above.includes(scope)) return 'circle';
        if (above.length + Number(below?.levels ?? 0n) > MAX_ANCESTORS) return 'too_deep';
        if (!parents.has(parent)) transaction.write(MAKE_SCOPES, [[parent]]);
      }
      transaction.write(setParentOf, [scope, parent]);
      return 'set';
    });
  }
}

export function writeLimit(transaction: Transaction, { scope, unit, window, limit, thresholds }: Limit): void {
  transaction.write(upsertLimit, [scope, unit, ...windowColumns(window), limit, JSON.stringify(thresholds)]);
  transaction.write(countChange, [scope]);
}
