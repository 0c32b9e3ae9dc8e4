import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { RecordCounts } from '@budget/ledger';
import { type CommandResult, text } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { newOutput } from '../new-output.js';
import { openExistingLedger } from '../open-ledger.js';
import { recordsText } from '../render/record-counts.js';
import type { Terminal } from '../terminal.js';

export interface LedgerExportOptions {
  /** Default: standard output. */
  readonly output?: string;
}

/** All that the ledger keeps, as JSON lines that any ledger can import. @throws CodedError `ledger_missing`, `file_exists` */
export async function ledgerExport({ output }: LedgerExportOptions, terminal: Terminal): Promise<CommandResult> {
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(ledgerPlace(terminal).where);
  const target = output === undefined || output === '-' ? null : resolve(terminal.directory, output);
  const { exportLedger } = await import('@budget/ledger');
  let counts: RecordCounts;
  try {
    if (target === null) counts = await exportLedger(open.store, (lines) => printed(lines, terminal.stdout));
    else counts = await newOutput(target, (write) => exportLedger(open.store, write));
  } catch (error) {
    if (error instanceof ReaderGone) return stopped();
    throw error;
  } finally {
    await open.ledger.close();
  }
  return {
    value: { output: target, records: counts },
    view: () => [text(`Exported ${recordsText(counts)}${target === null ? '' : ` to ${target}`}.`)],
    // The records themselves are on stdout.
    ...(target === null && { to: 'stderr' as const }),
  };
}

async function printed(lines: string, stdout: NodeJS.WriteStream): Promise<void> {
  const error = await new Promise((done) => stdout.write(lines, done));
  if (error || !stdout.writable) throw new ReaderGone();
}

/** As `head` does. That is no error. */
class ReaderGone extends Error {}

function stopped(): CommandResult {
  const what = 'Whoever read the export stopped before its end. What was read is not whole, and cannot be imported.';
  return { value: { output: null, records: null }, view: () => [text(what)], to: 'stderr' };
}

function ledgerMissing(where: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    message: `There is no ledger to export (${where}). The first limit or reservation makes it; BUDGET_LEDGER names another one.`,
  });
}
