import { existsSync } from 'node:fs';
import { CodedError } from '@budget/core';
import type { Ledger, LedgerStore, ObservationStore } from '@budget/ledger';
import { type LedgerPlace, ledgerPlace } from './ledger-place.js';
import type { Terminal } from './terminal.js';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly store: LedgerStore & ObservationStore;
}

type Log = (line: string) => void;
const quiet: Log = () => {};

/** Makes the ledger if there is none. Who opens it closes it. `log` is told of thresholds that are reached. */
export async function openLedger(terminal: Terminal, log = quiet): Promise<OpenLedger> {
  const place = ledgerPlace(terminal);
  return place.kind === 'file' ? await openLedgerFile(place.file, log) : await openLedgerOnServer(place, log);
}

/** As `openLedger`, in a file that is not the user's. */
export async function openLedgerFile(file: string, log: Log): Promise<OpenLedger> {
  const { sqliteStore } = await import('@budget/ledger/sqlite');
  return await opened(() => sqliteStore({ file }), log, 'better-sqlite3');
}

/** `null` where there is no ledger yet: looking must not make one. */
export async function openExistingLedger(terminal: Terminal, log = quiet): Promise<OpenLedger | null> {
  const place = ledgerPlace(terminal);
  if (place.kind === 'file') return existsSync(place.file) ? await openLedgerFile(place.file, log) : null;
  try {
    return await openLedgerOnServer(place, log, { mustExist: true });
  } catch (error) {
    if (CodedError.isInstance(error) && error.code === 'ledger_missing') return null;
    throw error;
  }
}

async function openLedgerOnServer(
  { address }: Extract<LedgerPlace, { kind: 'server' }>,
  log: Log,
  { mustExist = false } = {},
): Promise<OpenLedger> {
  const { postgresStore } = await import('@budget/ledger/postgres');
  return await opened(() => postgresStore({ connectionString: address, mustExist }), log, 'pg');
}

async function opened(open: () => Promise<OpenLedger['store']>, log: Log, driver: string): Promise<OpenLedger> {
  const { createLedger } = await import('@budget/ledger');
  const store = await open().catch((error) => {
    throw withGlobalInstall(error, driver);
  });
  return { store, ledger: createLedger({ store, log }) };
}

/** Beside a command that is installed globally, a package of some project is not found. */
function withGlobalInstall(error: unknown, driver: string): unknown {
  if (!CodedError.isInstance(error) || error.code !== 'driver_missing') return error;
  const { code, kind, message, cause } = error;
  return new CodedError({
    code,
    kind,
    cause,
    message: `${message} Where budget itself is installed globally: \`npm install --global ${driver}\`. Commands that need no ledger work without it.`,
  });
}
