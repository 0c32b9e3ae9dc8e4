import { CodedError } from '@budget/core';
import { exportObservations, type ObservationStore, type Span } from '@budget/ledger';
import { askedSpan } from '../asked-span.js';
import { type CommandResult, text } from '../command-result.js';
import { ledgerOutput, type Write } from '../ledger-output.js';
import { observationFields, observationKeys } from '../observing/observation-fields.js';
import { ownTimeZone } from '../own-time-zone.js';
import { counted } from '../render/amounts.js';
import { csvLine } from '../render/csv.js';
import type { Format } from '../render/render-result.js';
import type { Terminal } from '../terminal.js';

export interface ObservationExportOptions {
  /** Default: standard output. */
  readonly output?: string;
  readonly since?: string;
  readonly until?: string;
  readonly timeZone?: string;
}

/**
 * The observations that are kept, newest first, as JSON lines, which `ledger observe` reads, or as CSV. Never more than
 * 1,000 of them are in memory.
 *
 * @throws CodedError `ledger_missing`, `file_exists`, `span_options`, `format_not_supported`
 */
export async function ledgerExportObservations(
  { output, since, until, timeZone = ownTimeZone() }: ObservationExportOptions,
  format: Format | undefined,
  terminal: Terminal,
): Promise<CommandResult> {
  if (format === 'table' || format === 'yaml') throw formatNotSupported(format);
  const span = askedSpan({ since, until, timeZone }, Date.now());
  const { target, done: count } = await ledgerOutput(output, 'observation', terminal, ({ store }, write) =>
    exported(store, span, format === 'csv', write),
  );
  if (count === null) return stopped();
  return {
    value: { output: target, observations: count },
    view: () => [text(`Exported ${counted(count, 'observation')}${target === null ? '' : ` to ${target}`}.`)],
    // The observations themselves are on stdout.
    ...(target === null && { to: 'stderr' as const }),
  };
}

async function exported(store: ObservationStore, span: Span, isCsv: boolean, write: Write): Promise<number> {
  if (isCsv) await write(csvLine(observationKeys));
  let count = 0;
  for await (const page of exportObservations(store, span)) {
    const rows = page.map(observationFields);
    await write(rows.map(isCsv ? csvRow : jsonLine).join(''));
    count += rows.length;
  }
  return count;
}

function jsonLine(row: Record<string, unknown>): string {
  return `${JSON.stringify(row)}\n`;
}

function csvRow(row: Record<string, unknown>): string {
  return csvLine(observationKeys.map((key) => cell(row[key])));
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function stopped(): CommandResult {
  const what = 'Whoever read the observations stopped before their end.';
  return { value: { output: null, observations: null }, view: () => [text(what)], to: 'stderr' };
}

function formatNotSupported(format: string): CodedError {
  return new CodedError({
    code: 'format_not_supported',
    kind: 'usage',
    message: `Observations are exported as JSON lines (--format json, the default) or as CSV (--format csv), not as ${format}.`,
  });
}
