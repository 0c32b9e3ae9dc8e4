import { CodedError } from '@budget/core';
import type { ObservationStore } from '@budget/ledger';
import { NEVER_MS } from '../asked-span.js';
import { type CommandResult, text } from '../command-result.js';
import { ledgerOutput } from '../ledger-output.js';
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
  if (options.since !== undefined || options.until !== undefined || options.timeZone !== undefined)
    throw ofObservations();
  const { exportLedger } = await import('@budget/ledger');
  const { target, done } = await ledgerOutput(
    options.output,
    'limit or reservation',
    terminal,
    async ({ store }, write) => {
      const leavesOut = await hasObservations(store);
      return { leavesOut, records: await exportLedger(store, write) };
    },
  );
  if (done === null) return stopped();
  const { leavesOut, records } = done;
  return {
    value: { output: target, records, warnings: leavesOut ? [LEFT_OUT] : [] },
    view: () => [text(`Exported ${recordsText(records)}${target === null ? '' : ` to ${target}`}.`)],
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
