import type { LiveLimits, UsageTotals } from '@budget/infospace';
import type { Ledger, LimitState, Unit } from '@budget/ledger';

/** What one run may use. `null`: as much as it likes. */
export interface RunLimits {
  readonly maxNanoUsd: bigint | null;
  readonly maxCalls: number | null;
  readonly maxTokens: number | null;
}

/** What limits a run that belongs to an infospace, besides its own limits. */
export interface InfospaceBudget {
  readonly limits: LiveLimits;
  /** Of all its runs so far, metered or not. */
  readonly totals: UsageTotals;
}

export interface RunScopes {
  readonly run: string;
  readonly infospace: string | null;
  readonly application: string;
}

export function runScopes(runId: string, application: string, budget: InfospaceBudget | null): RunScopes {
  return {
    run: `run:${runId}`,
    infospace: budget === null ? null : `infospace:${budget.limits.name}`,
    application: `application:${application}`,
  };
}

/** What is left for a run: of its own limits, and of what the infospace's budget leaves. `null`: no limit. */
export interface LeftForRun {
  readonly nanoUsd: bigint | null;
  readonly calls: number | null;
}

export function leftForRun(own: RunLimits, budget: InfospaceBudget | null): LeftForRun {
  if (budget === null) return { nanoUsd: own.maxNanoUsd, calls: own.maxCalls };
  const { maxNanoUsd, maxCalls } = budget.limits;
  const { totals } = budget;
  const spent = totals.costNanoUsdKnown + totals.costNanoUsdEstimated;
  return {
    nanoUsd: smaller(own.maxNanoUsd, maxNanoUsd === null ? null : atLeastZero(maxNanoUsd - spent)),
    calls: smaller(own.maxCalls, maxCalls === null ? null : Math.max(0, maxCalls - totals.calls)),
  };
}

/**
 * Puts the limits on the scopes of a run. The infospace's are on its own scope, where runs at the same time meet, less what
 * the ledger never saw; and what its files leave limits the run itself, so that a ledger that was lost gives nothing back.
 */
export async function limitRun(
  ledger: Ledger,
  scopes: RunScopes,
  own: RunLimits,
  budget: InfospaceBudget | null,
): Promise<void> {
  const left = leftForRun(own, budget);
  const limitOf = async (scope: string, unit: 'nanoUsd' | 'calls' | 'tokens', limit: bigint | number | null) => {
    if (limit !== null) await ledger.setLimit({ scope, unit, limit });
  };
  await limitOf(scopes.run, 'nanoUsd', left.nanoUsd);
  await limitOf(scopes.run, 'calls', left.calls);
  await limitOf(scopes.run, 'tokens', own.maxTokens);
  if (budget === null || scopes.infospace === null) return;
  const { limits, totals } = budget;
  const unseen = totals.costNanoUsdKnown + totals.costNanoUsdEstimated - totals.meteredCostNanoUsd;
  if (limits.maxNanoUsd !== null) {
    await limitOf(scopes.infospace, 'nanoUsd', atLeastZero(limits.maxNanoUsd - unseen));
  }
  if (limits.maxCalls !== null) {
    await limitOf(scopes.infospace, 'calls', Math.max(0, limits.maxCalls - (totals.calls - totals.meteredCalls)));
  }
  await ledger.setParent(scopes.run, scopes.infospace);
}

/**
 * What the ledger still holds of limits for life that the settings do not say, so that a run is not refused by what nobody
 * can see there. Somebody may have set them by command, so they are left.
 */
export async function limitsOfOldSettings(
  ledger: Ledger,
  scope: string,
  { maxNanoUsd, maxCalls }: LiveLimits,
): Promise<LimitState[]> {
  const state = await ledger.readScope(scope);
  const said: Partial<Record<Unit, unknown>> = { nanoUsd: maxNanoUsd, calls: maxCalls };
  return (state?.limits ?? []).filter(({ unit, window }) => window === null && said[unit] === null);
}

function smaller<Amount extends bigint | number>(first: Amount | null, second: Amount | null): Amount | null {
  if (first === null || second === null) return first ?? second;
  return first < second ? first : second;
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
