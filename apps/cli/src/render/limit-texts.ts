import { shortDecimal } from '@budget/core';
import type { LimitState, ScopeState, Unit, UnitUsage, Window } from '@budget/ledger';
import type { Block } from '../command-result.js';
import { countText } from './amounts.js';

/** A row for each limit; one for each unit that a scope without limits used. */
export function limitTable(scopes: readonly ScopeState[], nowMs: number): Block {
  return {
    kind: 'table',
    columns: [
      { name: 'scope' },
      { name: 'limit' },
      { name: 'used', align: 'right' },
      { name: 'of it', align: 'right' },
      { name: 'held', align: 'right' },
      { name: 'left', align: 'right' },
      { name: 'overrun', align: 'right' },
      { name: 'resets' },
    ],
    rows: scopes.flatMap((scope) => rowsOf(scope, nowMs)),
  };
}

/** What was used of units that no limit for life is on, and so stands in no row of the table. */
export function lifetimeText({ limits, usage }: ScopeState): string {
  const limited = new Set(limits.filter(({ window }) => window === null).map(({ unit }) => unit));
  const others = usage.filter(({ unit, used }) => used > 0n && !limited.has(unit));
  return others.map(({ unit, used }) => quantity(unit, used)).join(', ');
}

/** `$5.00 a day (Europe/Paris)` */
export function limitText({ unit, limit, window }: Pick<LimitState, 'unit' | 'limit' | 'window'>): string {
  return [quantity(unit, limit), windowText(window)].join(' ');
}

export function windowText(window: Window): string {
  return window === null ? 'for life' : `a ${window.every} (${window.timeZone})`;
}

/** `$0.25`, `1,200 tokens`, `1 call` */
export function quantity(unit: Unit, amount: bigint): string {
  if (unit === 'nanoUsd') return dollars(amount);
  return `${countText(amount)} ${amount === 1n ? unit.slice(0, -1) : unit}`;
}

function rowsOf({ scope, limits, usage }: ScopeState, nowMs: number): string[][] {
  if (limits.length === 0 && usage.length === 0) return [[scope, 'none', ...Array(6).fill('–')]];
  if (limits.length === 0) return usage.map((unit) => usageRow(scope, unit));
  return limits.map((limit) => [
    scope,
    limitText(limit),
    short(limit.unit, limit.used),
    percentText(limit),
    short(limit.unit, limit.held),
    short(limit.unit, limit.remaining),
    short(limit.unit, limit.overrun),
    limit.resetsAtMs === null ? 'never' : `in ${spanText(limit.resetsAtMs - nowMs)}`,
  ]);
}

function usageRow(scope: string, { unit, used, held, overrun }: UnitUsage): string[] {
  const shown = [short(unit, used), '–', short(unit, held), '–', short(unit, overrun)];
  return [scope, `none on ${unit === 'nanoUsd' ? 'dollars' : unit}`, ...shown, 'never'];
}

function short(unit: Unit, amount: bigint): string {
  return unit === 'nanoUsd' ? dollars(amount) : countText(amount);
}

/** Every digit that is there, and cents always: `$0.25`, `$0.000000150`. */
function dollars(amount: bigint): string {
  const [whole = '0', fraction = ''] = shortDecimal(amount, 9).split('.');
  return `$${countText(BigInt(whole))}.${fraction.padEnd(2, '0')}`;
}

/** Rounded down, so that 100 % says that nothing is left. */
function percentText({ used, limit }: LimitState): string {
  if (limit === 0n) return used === 0n ? '–' : '100%';
  const tenths = (used * 1000n) / limit;
  return `${tenths / 10n}.${tenths % 10n}%`;
}

const spans = [
  { unit: 'd', ms: 86_400_000, fromMs: 2 * 86_400_000 },
  { unit: 'h', ms: 3_600_000, fromMs: 2 * 3_600_000 },
  { unit: 'min', ms: 60_000, fromMs: 2 * 60_000 },
] as const;

/** `3 h`: two of a unit are enough to say it in that unit. */
function spanText(durationMs: number): string {
  const span = spans.find(({ fromMs }) => durationMs >= fromMs);
  if (span === undefined) return `${Math.max(0, Math.round(durationMs / 1000))} s`;
  return `${Math.round(durationMs / span.ms)} ${span.unit}`;
}
