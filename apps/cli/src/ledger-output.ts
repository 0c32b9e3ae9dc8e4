import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { ledgerPlace } from './ledger-place.js';
import { newOutput } from './new-output.js';
import { type OpenLedger, openExistingLedger } from './open-ledger.js';
import { printed, ReaderGone } from './printed.js';
import type { Terminal } from './terminal.js';

export type Write = (lines: string) => Promise<void>;

export interface LedgerOutput<T> {
  /** The new file; `null`: standard output. */
  readonly target: string | null;
  /** What the work came to; `null`: whoever read it stopped before its end. */
  readonly done: T | null;
}

/**
 * Writes what is in the ledger to a new file, or to standard output (no name, or `-`).
 *
 * @param madeBy the first of which makes a ledger, for who has none
 * @throws CodedError `ledger_missing`, `file_exists`
 */
export async function ledgerOutput<T>(
  output: string | undefined,
  madeBy: string,
  terminal: Terminal,
  work: (open: OpenLedger, write: Write) => Promise<T>,
): Promise<LedgerOutput<T>> {
  const place = ledgerPlace(terminal);
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(place.where, madeBy);
  const target = output === undefined || output === '-' ? null : resolve(terminal.directory, output);
  const writeTo = (write: Write) => work(open, write);
  try {
    if (target !== null && place.kind === 'file') {
      const { expectNotOfLedger } = await import('@budget/ledger/sqlite');
      expectNotOfLedger(target, place.file);
    }
    const done = target === null ? writeTo((lines) => printed(lines, terminal.stdout)) : newOutput(target, writeTo);
    return { target, done: await done };
  } catch (error) {
    if (error instanceof ReaderGone) return { target, done: null };
    throw error;
  } finally {
    await open.ledger.close();
  }
}

function ledgerMissing(where: string, madeBy: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    message: `There is no ledger to export (${where}). The first ${madeBy} makes it; BUDGET_LEDGER names another one.`,
  });
}
