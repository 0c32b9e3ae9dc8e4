import { type Unit, units } from '../../amounts.js';
import type { Scope } from '../../scope.js';
import { nextCrossing } from '../../threshold-crossing.js';
import type { Window } from '../../window.js';
import { isSameWindow } from '../window-columns.js';
import { type LockedScopes, withAncestors } from './locked-scopes.js';

/** What a counter is expected to be, but for its sums. */
export interface KnownCounter {
  readonly scope: Scope;
  readonly unit: Unit;
  readonly window: Window;
  /** `null` where nothing limits it. */
  readonly limit: bigint | null;
  readonly crossedPercent: number;
  /** What is used when a threshold is to be told; `null` when none is left. */
  readonly nextCrossing: bigint | null;
}

export interface KnownScope {
  readonly scope: Scope;
  readonly parent: Scope | null;
  /** As long as the row has it, its limits and its parent are these. */
  readonly version: bigint;
  /** Of one moment; of units of which any is missing there are none. */
  readonly counters: readonly KnownCounter[];
}

const MAX_KNOWN = 10_000;

/**
 * What scopes looked like when this process last had their locks. Others may have changed them since: whoever builds on it
 * has the server compare.
 */
export class KnownScopes {
  readonly #known = new Map<Scope, KnownScope>();

  remember(locked: LockedScopes): void {
    for (const [scope, parent] of locked.parents) {
      const version = locked.versions.get(scope) as bigint;
      const counters = units.flatMap((unit) => countersOf(locked, scope, unit));
      this.#known.delete(scope);
      this.#known.set(scope, { scope, parent, version, counters });
    }
    for (const scope of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return;
      this.#known.delete(scope);
    }
  }

  /** `null` where any of them is not known. */
  find(scopes: readonly Scope[]): KnownScope[] | null {
    const found: KnownScope[] = [];
    for (const scope of scopes) {
      const known = this.#known.get(scope);
      if (known === undefined) return null;
      found.push(known);
    }
    return found;
  }

  /** Sorted, with those above them. */
  findWithAncestors(scopes: readonly Scope[]): KnownScope[] | null {
    const parents = { get: (scope: Scope) => this.#known.get(scope)?.parent };
    return this.find(withAncestors(parents, scopes));
  }

  forget(scopes: readonly KnownScope[]): void {
    for (const { scope } of scopes) this.#known.delete(scope);
  }
}

function countersOf({ counters, nowMs }: LockedScopes, scope: Scope, unit: Unit): KnownCounter[] {
  const limits = counters.limitsOf(scope).filter((limit) => limit.unit === unit);
  const found = counters.at(scope, unit, nowMs);
  const windows = [null, ...limits.flatMap(({ window }) => window ?? [])];
  const isWhole = windows.every((window) => found.some((counter) => isSameWindow(counter.window, window)));
  if (!isWhole) return [];
  return found.map(({ window, crossedPercent }) => {
    const limit = limits.find((each) => isSameWindow(each.window, window));
    return {
      scope,
      unit,
      window,
      limit: limit?.limit ?? null,
      crossedPercent,
      nextCrossing: limit === undefined ? null : nextCrossing(limit.thresholds, limit.limit, crossedPercent),
    };
  });
}
