import { type Clock, systemClock } from '@budget/core';
import type { LedgerStore } from '../store.js';
import type { LedgerRecord } from './ledger-record.js';
import { recordLine } from './record-line.js';

/** Of the format. A new one where somebody who knows this one could not do without what is new. */
export const EXPORT_VERSION = 1;
export const HEADER_KIND = 'ledger_export';
export const END_KIND = 'end';

/** How many there are of each kind. */
export type RecordCounts = Readonly<Partial<Record<LedgerRecord['kind'], number>>>;

export interface ExportOptions {
  /** When this was written. Nothing else of an export depends on the time. */
  readonly clock?: Clock | undefined;
}

/**
 * Hands on all that a ledger keeps as JSON lines, which `importLedger` reads: its state at one moment, while others write on.
 * `write` is told a few hundred records at a time, the next ones once its promise is done.
 *
 * Without the last line, which says how many records there are, an export is not whole.
 *
 * @throws CodedError as the verbs of the store, and whatever `write` does
 */
export async function exportLedger(
  store: LedgerStore,
  write: (text: string) => Promise<void>,
  { clock = systemClock }: ExportOptions = {},
): Promise<RecordCounts> {
  const counts: Partial<Record<LedgerRecord['kind'], number>> = {};
  const exportedAt = new Date(clock.nowMs()).toISOString();
  await write(`${JSON.stringify({ kind: HEADER_KIND, version: EXPORT_VERSION, exported_at: exportedAt })}\n`);
  await store.exportRecords(async (records) => {
    for (const { kind } of records) counts[kind] = (counts[kind] ?? 0) + 1;
    await write(records.map(recordLine).join(''));
  });
  const records = Object.values(counts).reduce((sum, count) => sum + count, 0);
  await write(`${JSON.stringify({ kind: END_KIND, records })}\n`);
  return counts;
}
