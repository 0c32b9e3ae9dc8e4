import type { LimitState, ScopeState, Unit, Window } from '@budget/ledger';

/** Stable keys. Of a scope that is shown or listed. */
export function scopeFields({ scope, parent, limits, usage }: ScopeState): Record<string, unknown> {
  return {
    scope,
    parent,
    limits: limits.map(limitFields),
    usage: usage.map(({ unit, used, held, overrun }) => ({ unit: unitKey(unit), used, held, overrun })),
  };
}

function limitFields(state: LimitState): Record<string, unknown> {
  const { unit, limit, window, used, held, remaining, overrun, resetsAtMs, thresholds } = state;
  return {
    unit: unitKey(unit),
    limit,
    window: windowFields(window),
    used,
    held,
    remaining,
    overrun,
    resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
    thresholds: thresholds.map(({ percent, severity }) => ({ percent, severity })),
  };
}

function windowFields(window: Window): Record<string, unknown> | null {
  return window === null ? null : { every: window.every, time_zone: window.timeZone };
}

function unitKey(unit: Unit): string {
  return unit === 'nanoUsd' ? 'nano_usd' : unit;
}
