/** A column, whose values are handed over as a list, of all rows of a statement. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'bigint' | 'numeric';
  /** What its values become where they are not of the type in which they are handed over. */
  readonly cast?: string;
}

/** A list for each column, as PostgreSQL writes lists: the driver would take several times as long to write them. */
export function byColumn(rows: readonly (readonly unknown[])[], width: number): string[] {
  return Array.from({ length: width }, (_, column) => `{${rows.map((row) => elementOf(row[column])).join(',')}}`);
}

function elementOf(value: unknown): string {
  if (typeof value === 'string') return `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, '\\$&') : value}"`;
  return value === null ? 'NULL' : String(value);
}

/** As rows, of parameters from `$first` on. */
export function rowsOf(columns: readonly Column[], first: number): string {
  return `unnest(${columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ')})`;
}

export function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
