import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { ObservationStore, RecordCounts } from '@budget/ledger';
import { NEVER_MS } from '../asked-span.js';
import { type CommandResult, text } from '../command-result.js';
import { ledgerPlace } from '../ledger-place.js';
import { newOutput } from '../new-output.js';
import { openExistingLedger } from '../open-ledger.js';
import { printed, ReaderGone } from '../printed.js';
import { recordsText } from '../render/record-counts.js';
import type { Terminal } from '../terminal.js';

export interface LedgerExportOptions {
  /** Default: standard output. */
  readonly output?: string;
  /** These are of observations. */
  readonly since?: string;
  readonly until?: string;
  readonly timeZone?: string;
}

/** Sums of what is kept no more cannot be proved, and so belong to the ledger that made them. */
const LEFT_OUT =
  'What was observed of calls is not part of this: `budget ledger export --observations` writes the observations that are kept, and `budget ledger observe` reads them. Usage and statistics of observations that are kept no more stay in this ledger.';

/** All that the ledger keeps of limits and what counts on them, as JSON lines that any ledger can import. @throws CodedError `ledger_missing`, `file_exists` */
export async function ledgerExport(options: LedgerExportOptions, terminal: Terminal): Promise<CommandResult> {
  const { output } = options;
  if (options.since !== undefined || options.until !== undefined || options.timeZone !== undefined)
    throw ofObservations();
  const open = await openExistingLedger(terminal);
  if (open === null) throw ledgerMissing(ledgerPlace(terminal).where);
  const target = output === undefined || output === '-' ? null : resolve(terminal.directory, output);
  const { exportLedger } = await import('@budget/ledger');
  let counts: RecordCounts;
  let leavesOut: boolean;
  try {
    leavesOut = await hasObservations(open.store);
    if (target === null) counts = await exportLedger(open.store, (lines) => printed(lines, terminal.stdout));
    else counts = await newOutput(target, (write) => exportLedger(open.store, write));
  } catch (error) {
    if (error instanceof ReaderGone) return stopped();
    throw error;
  } finally {
    await open.ledger.close();
  }
  return {
    value: { output: target, records: counts, warnings: leavesOut ? [LEFT_OUT] : [] },
    view: () => [text(`Exported ${recordsText(counts)}${target === null ? '' : ` to ${target}`}.`)],
    warnings: leavesOut ? [LEFT_OUT] : [],
    // The records themselves are on stdout.
    ...(target === null && { to: 'stderr' as const }),
  };
}

function stopped(): CommandResult {
  const what = 'Whoever read the export stopped before its end. What was read is not whole, and cannot be imported.';
  return { value: { output: null, records: null }, view: () => [text(what)], to: 'stderr' };
}

async function hasObservations(store: ObservationStore): Promise<boolean> {
  const [overall] = await store.readUsage({
    by: 'overall',
    spans: [{ fromMs: 0, toMs: NEVER_MS }],
    organisationId: null,
  });
  return overall !== undefined && overall.length > 0;
}

function ofObservations(): CodedError {
  return new CodedError({
    code: 'export_options',
    kind: 'usage',
    message: '--since, --until and --time-zone are of --observations. All else is exported whole, or not at all.',
  });
}

function ledgerMissing(where: string): CodedError {
  return new CodedError({
    code: 'ledger_missing',
    kind: 'input',
    message: `There is no ledger to export (${where}). The first limit or reservation makes it; BUDGET_LEDGER names another one.`,
  });
}
