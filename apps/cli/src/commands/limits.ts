import { CodedError } from '@budget/core';
import type { Ledger, ScopeState } from '@budget/ledger';
import { type CommandResult, text, type View } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { nearNames } from '../near-names.js';
import { openExistingLedger } from '../open-ledger.js';
import { scopeFields } from '../render/limit-fields.js';
import { lifetimeText, limitTable } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';

export interface LimitsListOptions {
  readonly scopePrefix?: string;
}

const SCOPES_A_PAGE = 500;
/** There is one for each run that ever was; who wants them asks for them. */
const RUNS = 'run:';
/** Behind every name that begins so. */
const AFTER_RUNS = `${RUNS}\u{10ffff}`;
/** Names that are compared with one that was not found. */
const MAX_COMPARED = 20_000;

/** The scopes of the ledger but for runs, or those whose name begins so, each with its limits and what was used. */
export async function limitsList({ scopePrefix = '' }: LimitsListOptions, terminal: Terminal): Promise<CommandResult> {
  return {
    value: scopeRows(scopePrefix, terminal),
    async view() {
      const scopes: ScopeState[] = [];
      for await (const page of existingScopes(scopePrefix, terminal)) scopes.push(...page);
      const isShort = scopePrefix === '' && (await hasRuns(terminal));
      const runs = isShort ? [text('Runs are not shown: `budget limits list --scope-prefix run:` does.')] : [];
      if (scopes.length > 0) return [limitTable(scopes, Date.now()), ...runs];
      const where = scopePrefix === '' ? '' : ` whose scope begins with ${scopePrefix}`;
      return [text(`No limits${where}. Set one with \`budget limits set <scope> --unit usd --limit 5\`.`), ...runs];
    },
  };
}

/** One scope. @throws CodedError `scope_unknown` */
export async function limitsShow(scope: string, terminal: Terminal): Promise<CommandResult> {
  const open = await openExistingLedger(terminal);
  if (open === null) {
    throw scopeUnknown(`There is no ledger yet (${ledgerPlace(terminal).where}), so no scope is known.`);
  }
  try {
    const state = await open.ledger.readScope(scope);
    if (state === null) throw scopeUnknown(await unknownText(scope, open.ledger));
    return { value: scopeFields(state), view: () => scopeView(state) };
  } finally {
    await open.ledger.close();
  }
}

/** How one scope stands, for people. */
export function scopeView(state: ScopeState): View {
  const lifetime = lifetimeText(state);
  const facts = [
    ...(state.parent === null ? [] : [`parent ${state.parent}`]),
    ...(lifetime === '' ? [] : [`used for life ${lifetime}`]),
  ];
  return [limitTable([state], Date.now()), ...(facts.length === 0 ? [] : [text(facts.join('; '))])];
}

async function* scopeRows(prefix: string, terminal: Terminal): AsyncGenerator<readonly unknown[]> {
  for await (const page of existingScopes(prefix, terminal)) yield page.map(scopeFields);
}

async function* existingScopes(prefix: string, terminal: Terminal): AsyncGenerator<readonly ScopeState[]> {
  const open = await openExistingLedger(terminal);
  if (open === null) return;
  try {
    yield* scopesFrom(open.ledger, prefix);
  } finally {
    await open.ledger.close();
  }
}

async function hasRuns(terminal: Terminal): Promise<boolean> {
  const open = await openExistingLedger(terminal);
  if (open === null) return false;
  try {
    const [next] = await open.ledger.listScopes({ after: RUNS, limit: 1 });
    return next?.scope.startsWith(RUNS) === true;
  } finally {
    await open.ledger.close();
  }
}

/** Names that begin alike stand beside each other, right behind the one that is the beginning itself. */
async function* scopesFrom(ledger: Ledger, prefix: string): AsyncGenerator<readonly ScopeState[]> {
  const first = prefix.trim() === '' ? null : await ledger.readScope(prefix.trim());
  if (first?.scope.startsWith(prefix)) yield [first];
  for (let after = prefix; ; ) {
    const page = await ledger.listScopes({ after, limit: SCOPES_A_PAGE });
    const beginning = page.filter(({ scope }) => scope.startsWith(prefix));
    const wanted = prefix === '' ? beginning.filter(({ scope }) => !scope.startsWith(RUNS)) : beginning;
    if (wanted.length > 0) yield wanted;
    const last = page.at(-1)?.scope;
    if (last === undefined || beginning.length < page.length || page.length < SCOPES_A_PAGE) return;
    after = prefix === '' && last.startsWith(RUNS) ? AFTER_RUNS : last;
  }
}

async function unknownText(scope: string, ledger: Ledger): Promise<string> {
  const names: string[] = [];
  for await (const page of scopesFrom(ledger, '')) {
    names.push(...page.map((state) => state.scope));
    if (names.length >= MAX_COMPARED) break;
  }
  const near = nearNames(scope, names);
  return `No scope ${scope} is known: it has no limit and nothing was used on it.${near.length === 0 ? '' : ` Near: ${near.join(', ')}.`}`;
}

function scopeUnknown(what: string): CodedError {
  return new CodedError({
    code: 'scope_unknown',
    kind: 'input',
    message: `${what} \`budget limits list\` shows all; \`budget limits set\` sets a limit.`,
  });
}
