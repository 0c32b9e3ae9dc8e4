import { CodedError } from '@budget/core';
import type { Ledger, LimitState, ScopeState, Window } from '@budget/ledger';
import { type CommandResult, text } from '../command-result.js';
import {
  type LimitChange,
  type LimitName,
  type LimitsSetOptions,
  limitChange,
  unknownTimeZone,
} from '../limit-change.js';
import { type OpenLedger, openExistingLedger, openLedger } from '../open-ledger.js';
import { ownTimeZone } from '../own-time-zone.js';
import { scopeFields } from '../render/limit-fields.js';
import { limitText, quantity, windowText } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';
import { scopeView } from './limits.js';

/** Sets or removes one limit of a scope, or its parent, and shows how the scope stands then. */
export async function limitsSet(scope: string, options: LimitsSetOptions, terminal: Terminal): Promise<CommandResult> {
  const change = limitChange(await withNamedTimeZone(options));
  const warnings: string[] = [];
  const { ledger } = await openFor(change, scope, terminal, (line) => warnings.push(line));
  try {
    const before = await ledger.readScope(scope);
    const done: string[] = [];
    if (change.set !== undefined) done.push(await setLimit(ledger, scope, change.set, before));
    if (change.remove !== undefined) done.push(await removeLimit(ledger, scope, change.remove, before));
    if (change.parent !== undefined) done.push(await setParent(ledger, scope, change.parent, done));
    const state = (await ledger.readScope(scope)) as ScopeState;
    return {
      value: { ...scopeFields(state), warnings },
      warnings,
      view: () => [text(done.join('\n')), ...scopeView(state)],
    };
  } finally {
    await ledger.close();
  }
}

/** In the spelling of the ledger, so that the limit which is there is found however it is written. */
async function withNamedTimeZone(options: LimitsSetOptions): Promise<LimitsSetOptions> {
  if (options.timeZone === undefined) return options;
  const { timeZoneNamed } = await import('@budget/ledger');
  const timeZone = timeZoneNamed(options.timeZone);
  if (timeZone === null) throw unknownTimeZone(options.timeZone);
  return { ...options, timeZone };
}

/** What removes only makes no ledger. */
async function openFor(
  { set, remove, parent }: LimitChange,
  scope: string,
  terminal: Terminal,
  log: (line: string) => void,
): Promise<OpenLedger> {
  if (set !== undefined || typeof parent === 'string' || remove === undefined) return await openLedger(terminal, log);
  const open = await openExistingLedger(terminal, log);
  if (open === null) throw limitUnknown(scope, remove, []);
  return open;
}

async function setLimit(
  ledger: Ledger,
  scope: string,
  { amount, thresholds, ...name }: NonNullable<LimitChange['set']>,
  before: ScopeState | null,
): Promise<string> {
  const known = limitsNamed(name, before);
  const { window, isOfMachine } = windowOf(name, known);
  const changed = known.find((limit) => limit.window?.timeZone === window?.timeZone);
  // Who changes the amount wants no other thresholds.
  const kept = thresholds ?? changed?.thresholds;
  await ledger.setLimit({ scope, unit: name.unit, window, limit: amount, thresholds: kept });
  const zone = isOfMachine ? `; ${window?.timeZone} is the time zone of this machine` : '';
  return `${scope} may use ${limitText({ unit: name.unit, limit: amount, window })}${zone}.`;
}

async function removeLimit(ledger: Ledger, scope: string, name: LimitName, before: ScopeState | null): Promise<string> {
  const { window } = windowOf(name, limitsNamed(name, before));
  const wasThere = await ledger.removeLimit({ scope, unit: name.unit, window });
  if (!wasThere) throw limitUnknown(scope, name, before?.limits ?? []);
  return `The limit of ${scope} on ${unitText(name)} ${windowText(window)} is removed. What was used is still counted.`;
}

async function setParent(
  ledger: Ledger,
  scope: string,
  parent: string | null,
  done: readonly string[],
): Promise<string> {
  try {
    await ledger.setParent(scope, parent);
  } catch (error) {
    if (!CodedError.isInstance(error) || done.length === 0) throw error;
    const { code, kind } = error;
    // Two changes are two transactions: who reads that one failed must know of the other.
    throw new CodedError({
      code,
      kind,
      cause: error,
      message: `${error.message} But this was done: ${done.join(' ')}`,
    });
  }
  if (parent === null) return `${scope} has no parent any more.`;
  return `${scope} lies under ${parent}: what is reserved on it counts there too.`;
}

/** Those of this unit and kind of window, in whichever time zone. */
function limitsNamed({ unit, every }: LimitName, before: ScopeState | null): readonly LimitState[] {
  return before?.limits.filter((limit) => limit.unit === unit && (limit.window?.every ?? null) === every) ?? [];
}

/**
 * Where no time zone is named it is that of the limit which is there, so that changing it from another machine makes no
 * second limit beside it; else that of this machine.
 */
function windowOf(
  { every, timeZone }: LimitName,
  known: readonly LimitState[],
): { window: Window; isOfMachine: boolean } {
  if (every === null) return { window: null, isOfMachine: false };
  if (timeZone !== undefined) return { window: { every, timeZone }, isOfMachine: false };
  const [only, ...others] = known;
  if (only?.window && others.length === 0) return { window: only.window, isOfMachine: false };
  return { window: { every, timeZone: ownTimeZone() }, isOfMachine: true };
}

function unitText({ unit }: LimitName): string {
  return unit === 'nanoUsd' ? 'dollars' : unit;
}

function limitUnknown(scope: string, name: LimitName, limits: readonly LimitState[]): CodedError {
  const kind = name.every === null ? 'for life' : `a ${name.every}${name.timeZone ? ` (${name.timeZone})` : ''}`;
  const there = limits.map(({ unit, limit, window }) => `${quantity(unit, limit)} ${windowText(window)}`);
  return new CodedError({
    code: 'limit_unknown',
    kind: 'input',
    message: `${scope} has no limit on ${unitText(name)} ${kind}, so none was removed. ${there.length === 0 ? 'It has no limits.' : `It has ${there.join(', ')}.`}`,
  });
}
