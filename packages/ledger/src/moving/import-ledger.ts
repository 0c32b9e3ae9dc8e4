import { CodedError } from '@budget/core';
import { shown } from '../shown.js';
import type { Discrepancy, LedgerStore } from '../store.js';
import { END_KIND, EXPORT_VERSION, HEADER_KIND, type RecordCounts } from './export-ledger.js';
import type { LedgerRecord } from './ledger-record.js';
import { readRecord } from './read-record.js';
import { type Json, jsonObject, numberIn, WrongRecord } from './record-fields.js';
import { textLines } from './text-lines.js';

/** Written together, and as many as are in memory at once. */
const RECORDS_A_PAGE = 500;

export interface ImportResult {
  /** How many there were of each kind. */
  readonly counts: RecordCounts;
  /** What the audit found afterwards: empty unless the ledger that was exported had the same. */
  readonly discrepancies: readonly Discrepancy[];
}

/**
 * Takes over what `exportLedger` wrote, into a ledger that nobody has used: all of it, or nothing. A ledger that holds
 * anything is left as it is, so that nothing is taken over twice.
 *
 * @throws CodedError of kind `input`: `export_invalid` (with the line), `export_newer`, `export_cut_off`,
 * `ledger_not_empty`; and as the verbs of the store
 */
export async function importLedger(store: LedgerStore, chunks: AsyncIterable<Uint8Array>): Promise<ImportResult> {
  const counts: Partial<Record<LedgerRecord['kind'], number>> = {};
  const outcome = await store.importRecords(pages(records(chunks), counts));
  if (outcome === 'not_empty') throw ledgerNotEmpty();
  return { counts, discrepancies: await store.audit() };
}

async function* pages(
  all: AsyncIterable<LedgerRecord>,
  counts: Partial<Record<LedgerRecord['kind'], number>>,
): AsyncGenerator<readonly LedgerRecord[]> {
  let page: LedgerRecord[] = [];
  for await (const record of all) {
    counts[record.kind] = (counts[record.kind] ?? 0) + 1;
    page.push(record);
    if (page.length < RECORDS_A_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function* records(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LedgerRecord> {
  let line = 0;
  let count = 0;
  let isOver = false;
  try {
    for await (const text of textLines(chunks)) {
      line += 1;
      if (isOver) throw new WrongRecord('there is more behind its end.');
      const fields = jsonObject(text);
      if (line === 1) expectHeader(fields);
      else if (fields['kind'] === END_KIND) {
        isOver = true;
        if (numberIn(fields, 'records') !== count) throw new WrongRecord(`there are ${count} records before it.`);
      } else {
        count += 1;
        yield readRecord(fields);
      }
    }
  } catch (error) {
    throw error instanceof WrongRecord ? invalidLine(line, error.message) : error;
  }
  if (!isOver) throw cutOff(line);
}

function expectHeader({ kind, version }: Json): void {
  if (kind !== HEADER_KIND) throw new WrongRecord(`an export of a ledger begins with the kind ${HEADER_KIND}.`);
  if (typeof version === 'number' && version > EXPORT_VERSION) throw newer(version);
  if (version !== EXPORT_VERSION) throw new WrongRecord(`its version is ${shown(version)}.`);
}

function invalidLine(line: number, what: string): CodedError {
  return failure(
    'export_invalid',
    `Line ${line} of the export cannot be taken over: ${what} Nothing was imported.`,
    line,
  );
}

function newer(version: number): CodedError {
  const what = `The export is of version ${version}, and this program knows ${EXPORT_VERSION}. Update the program.`;
  return failure('export_newer', `${what} Nothing was imported.`, 1);
}

function cutOff(lines: number): CodedError {
  const what = `The export is not whole: its last line is missing behind line ${lines}. Export again.`;
  return failure('export_cut_off', `${what} Nothing was imported.`, lines);
}

function ledgerNotEmpty(): CodedError {
  const what = 'The ledger holds limits, or what was used, already, perhaps of this same export. It was left as it is.';
  return failure('ledger_not_empty', `${what} Import into a ledger that nobody has used.`);
}

function failure(code: string, message: string, line?: number): CodedError {
  return new CodedError({ code, kind: 'input', message, ...(line !== undefined && { line }) });
}
