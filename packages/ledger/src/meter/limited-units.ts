import type { Unit } from '../amounts.js';
import type { Ledger } from '../ledger.js';
import { MAX_ANCESTORS } from '../scope.js';

/** The units that some limit on the scopes, or above them, limits. */
export async function limitedUnits(
  ledger: Pick<Ledger, 'readScope'>,
  scopes: readonly string[],
): Promise<ReadonlySet<Unit>> {
  const units = new Set<Unit>();
  for (const scope of scopes) {
    let next: string | null = scope;
    for (let level = 0; next !== null && level <= MAX_ANCESTORS; level += 1) {
      const state: Awaited<ReturnType<Ledger['readScope']>> = await ledger.readScope(next);
      for (const { unit } of state?.limits ?? []) units.add(unit);
      next = state?.parent ?? null;
    }
  }
  return units;
}
