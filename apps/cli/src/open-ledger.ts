import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { Ledger } from '@budget/ledger';
import type { SqliteStore } from '@budget/ledger/sqlite';
import type { Terminal } from './terminal.js';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly store: SqliteStore;
}

/** The file that the environment names, or the one of this user. @throws CodedError `ledger_disabled`, `ledger_not_supported` */
export function ledgerFile({ environment, directory }: Terminal): string {
  const disabled = environment['BUDGET_LEDGER_DISABLE'] ?? '';
  if (!['', '0', 'false'].includes(disabled.toLowerCase())) {
    throw new CodedError({
      code: 'ledger_disabled',
      kind: 'usage',
      message: `The ledger is turned off: BUDGET_LEDGER_DISABLE is ${disabled}. Unset it, or set it to 0, to use limits.`,
    });
  }
  const named = environment['BUDGET_LEDGER'] ?? '';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(named)?.[1];
  if (scheme !== undefined) {
    throw new CodedError({
      code: 'ledger_not_supported',
      kind: 'usage',
      // Without the address, which may hold a password.
      message: `BUDGET_LEDGER is a ${scheme}:// address, but this version keeps its ledger in an SQLite file only. Name a file, or unset it.`,
    });
  }
  if (named !== '') return resolve(directory, named);
  // The XDG specification: a path that is not absolute is to be ignored.
  const xdg = environment['XDG_DATA_HOME'] ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'budget', 'ledger.db');
}

/** Makes the ledger if there is none. Who opens it closes it. `log` is told of thresholds that are reached. */
export async function openLedger(terminal: Terminal, log: (line: string) => void = () => {}): Promise<OpenLedger> {
  return await openLedgerFile(ledgerFile(terminal), log);
}

/** As `openLedger`, in a file that is not the user's. */
export async function openLedgerFile(file: string, log: (line: string) => void): Promise<OpenLedger> {
  const [{ createLedger }, { sqliteStore }] = await Promise.all([
    import('@budget/ledger'),
    import('@budget/ledger/sqlite'),
  ]);
  const store = await sqliteStore({ file }).catch((error) => {
    throw withGlobalInstall(error);
  });
  return { store, ledger: createLedger({ store, log }) };
}

/** `null` where there is no ledger yet: looking must not make one. */
export async function openExistingLedger(
  terminal: Terminal,
  log: (line: string) => void = () => {},
): Promise<OpenLedger | null> {
  return existsSync(ledgerFile(terminal)) ? await openLedger(terminal, log) : null;
}

/** Beside a command that is installed globally, a package of some project is not found. */
function withGlobalInstall(error: unknown): unknown {
  if (!CodedError.isInstance(error) || error.code !== 'driver_missing') return error;
  const { code, kind, message, cause } = error;
  return new CodedError({
    code,
    kind,
    cause,
    message: `${message} Where budget itself is installed globally: \`npm install --global better-sqlite3\`. Commands that need no ledger work without it.`,
  });
}
