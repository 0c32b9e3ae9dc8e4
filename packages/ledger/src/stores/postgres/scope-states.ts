import { remainingOf } from '../../admission.js';
import { units } from '../../amounts.js';
import type { Scope } from '../../scope.js';
import type { LimitState, ScopeState } from '../../store.js';
import { isSameWindow, resetOf } from '../window-columns.js';
import type { Connections } from './connections.js';
import { type LockedScopes, type Lookup, readScopes } from './locked-scopes.js';
import type { Statement } from './transaction.js';

/** One state of the ledger, without waiting for anybody. */
export const BEGIN_READING = 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY';
const after: Statement = {
  name: 'scopes after',
  text: 'SELECT scope FROM scopes WHERE scope > $1 ORDER BY scope LIMIT $2',
};

/** What a ledger shows of its scopes. Changes nothing. */
export class ScopeStates {
  readonly #connections: Connections;
  readonly #lookup: Lookup;

  constructor(connections: Connections, lookup: Lookup) {
    this.#connections = connections;
    this.#lookup = lookup;
  }

  read(scope: Scope): Promise<ScopeState | null> {
    return this.#connections.transaction(
      async (transaction) => stateOf(await readScopes(transaction, [scope], this.#lookup), scope, this.#lookup),
      { begin: BEGIN_READING },
    );
  }

  list(afterScope: Scope | null, max: number): Promise<ScopeState[]> {
    return this.#connections.transaction(
      async (transaction) => {
        const rows = await transaction.rows<{ readonly scope: string }>(after, [afterScope ?? '', max]);
        const scopes = rows.map(({ scope }) => scope);
        if (scopes.length === 0) return [];
        const found = await readScopes(transaction, scopes, this.#lookup);
        const states: ScopeState[] = [];
        for (const scope of scopes) {
          const state = await stateOf(found, scope, this.#lookup);
          if (state !== null) states.push(state);
        }
        return states;
      },
      { begin: BEGIN_READING },
    );
  }
}

async function stateOf(found: LockedScopes, scope: Scope, lookup: Lookup): Promise<ScopeState | null> {
  const parent = found.parents.get(scope);
  // Never used, or removed; the reservations of a removed one may still be counted.
  if (parent === undefined) return null;
  const usage = units.flatMap((unit) => {
    const counter = found.counters.at(scope, unit, found.nowMs).find(({ window }) => window === null);
    if (counter === undefined) return [];
    return [{ unit, used: counter.used, held: counter.held, overrun: counter.overrun }];
  });
  const limits: LimitState[] = [];
  for (const limit of found.counters.limitsOf(scope)) {
    const { unit, window } = limit;
    const counter = found.counters.at(scope, unit, found.nowMs).find((each) => isSameWindow(each.window, window));
    const { used, held, overrun } = counter ?? (await found.counters.uncounted(limit, found.nowMs));
    const resetsAtMs = resetOf(lookup.spans.at(window, found.nowMs).endsAtMs);
    const remaining = remainingOf({ limit: limit.limit, used, held });
    limits.push({ ...limit, used, held, overrun, remaining, resetsAtMs });
  }
  return { scope, parent, limits, usage };
}
