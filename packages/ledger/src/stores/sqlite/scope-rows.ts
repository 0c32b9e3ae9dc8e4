import type { Database } from 'better-sqlite3';
import { MAX_ANCESTORS, type Scope } from '../../scope.js';

/** Scopes and who lies under whom. Every statement runs inside the caller's transaction. */
export class ScopeRows {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  /** `undefined` for a scope that is not known, `null` for one that lies under none. */
  parentOf(scope: Scope): Scope | null | undefined {
    return this.#statements.parent.get(scope) as Scope | null | undefined;
  }

  /** Sorted. `unknown`: those among them that are to be registered when something comes to be on them. */
  withAncestors(
    scopes: readonly Scope[],
    parentOf = (scope: Scope): Scope | null | undefined => this.parentOf(scope),
  ): { readonly all: Scope[]; readonly unknown: readonly Scope[] } {
    const all = new Set<Scope>();
    const unknown: Scope[] = [];
    for (const scope of scopes) {
      for (let next: Scope | null = scope; next !== null && !all.has(next); ) {
        all.add(next);
        const parent = parentOf(next);
        if (parent === undefined) unknown.push(next);
        next = parent ?? null;
      }
    }
    return { all: [...all].sort(), unknown };
  }

  after(scope: Scope | null, max: number): Scope[] {
    return this.#statements.after.all(scope ?? '', max) as Scope[];
  }

  register(scope: Scope): void {
    this.#statements.register.run(scope);
  }

  setParent(scope: Scope, parent: Scope | null): 'set' | 'circle' | 'too_deep' {
    if (parent !== null) {
      if (this.parentOf(scope) === parent) return 'set';
      const { all } = this.withAncestors([parent]);
      if (all.includes(scope)) return 'circle';
      if (all.length + this.#levelsBelow(scope) > MAX_ANCESTORS) return 'too_deep';
      this.register(parent);
    }
    this.#statements.setParent.run(scope, parent);
    return 'set';
  }

  removeParent(scope: Scope): void {
    this.#statements.removeParent.run(scope);
  }

  /** Where nothing is left of it. */
  removeUnused(scope: Scope): void {
    this.#statements.removeUnused.run({ scope });
  }

  /** Looks at those that are parents only: a scope may have more children than could be looked at in time. */
  #levelsBelow(scope: Scope): number {
    let levels = 0;
    for (const parent of this.#statements.parents.all() as Scope[]) {
      let level = 1;
      let above: Scope | null | undefined = parent;
      for (; above !== scope && level <= MAX_ANCESTORS && above; level += 1) above = this.parentOf(above);
      if (above === scope) levels = Math.max(levels, level);
    }
    return levels;
  }
}

function prepare(database: Database) {
  return {
    parent: database.prepare('SELECT parent FROM scopes WHERE scope = ?').pluck(),
    after: database.prepare('SELECT scope FROM scopes WHERE scope > ? ORDER BY scope LIMIT ?').pluck(),
    register: database.prepare('INSERT INTO scopes (scope) VALUES (?) ON CONFLICT DO NOTHING'),
    setParent: database.prepare(
      'INSERT INTO scopes (scope, parent) VALUES (?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent',
    ),
    removeParent: database.prepare('UPDATE scopes SET parent = NULL WHERE scope = ?'),
    // From one to the next in the index, past all the children of each.
    parents: database
      .prepare(
        `WITH RECURSIVE parents (parent) AS (
           SELECT min(parent) FROM scopes WHERE parent IS NOT NULL
           UNION ALL
           SELECT (SELECT min(parent) FROM scopes WHERE parent > parents.parent) FROM parents WHERE parent IS NOT NULL
         ) SELECT parent FROM parents WHERE parent IS NOT NULL`,
      )
      .pluck(),
    removeUnused: database.prepare(
      `DELETE FROM scopes WHERE scope = @scope AND parent IS NULL
         AND NOT EXISTS (SELECT 1 FROM limits WHERE scope = @scope)
         AND NOT EXISTS (SELECT 1 FROM counters WHERE scope = @scope)`,
    ),
  };
}
