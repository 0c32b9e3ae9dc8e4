import { exactInteger } from './json.js';

/** A list is a row each; anything else is one row. Nested fields become `outer.inner`, nested lists stay JSON. */
export function renderCsv(value: unknown): string {
  const rows = (Array.isArray(value) ? value : [value]).map((row) => flatten(row));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (columns.length === 0) return '';
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  return lines.map(csvLine).join('');
}

export function csvLine(cells: readonly string[]): string {
  return `${cells.map(quote).join(',')}\r\n`;
}

function flatten(value: unknown, prefix = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [prefix || 'value']: value === null ? '' : String(value) };
  if (Array.isArray(value)) return { [prefix || 'value']: JSON.stringify(value, exactInteger) };
  const fields = Object.entries(value).map(([key, field]) => flatten(field, prefix === '' ? key : `${prefix}.${key}`));
  return Object.assign({}, ...fields) as Record<string, string>;
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is kept from being one. */
function quote(cell: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
