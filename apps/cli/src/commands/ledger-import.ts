import { type CommandResult, text } from '../command-result.js';
import { exitCodes } from '../exit-code.js';
import { inputBytes } from '../input-bytes.js';
import { openLedger } from '../open-ledger.js';
import { recordsText } from '../render/record-counts.js';
import type { Terminal } from '../terminal.js';

/** Takes an export over into a ledger that nobody has used, all of it or nothing. @throws CodedError as `importLedger`; `file_unreadable` */
export async function ledgerImport(from: string, terminal: Terminal): Promise<CommandResult> {
  const input = await inputBytes(from, terminal);
  const { ledger, store } = await openLedger(terminal);
  try {
    const { importLedger } = await import('@budget/ledger');
    const { counts, discrepancies } = await importLedger(store, input);
    const isSound = discrepancies.length === 0;
    return {
      value: { records: counts, discrepancies: discrepancies.map(discrepancyFields) },
      view: () => [
        text(`Imported ${recordsText(counts)}.`),
        text(isSound ? 'Every counter is the sum of its reservations.' : faultsText(discrepancies.length)),
      ],
      exitCode: isSound ? 0 : exitCodes.input,
    };
  } finally {
    await ledger.close();
  }
}

type Discrepancies = Awaited<ReturnType<typeof import('@budget/ledger').importLedger>>['discrepancies'];

function discrepancyFields(found: Discrepancies[number]): object {
  const { scope, unit, windowStartsAtMs, what, counted, summed } = found;
  return { scope, unit, window_starts_at: new Date(windowStartsAtMs).toISOString(), what, counted, summed };
}

function faultsText(count: number): string {
  return `${count} counters are not the sum of their reservations, as in the ledger that was exported: \`--format json\` names them.`;
}
