import stringWidth from 'string-width';

export type Align = 'left' | 'right';

const GAP = '  ';

/** Rows of cells as aligned columns. A cell may have several lines. Takes time in proportion to the cells. */
export function columns(rows: readonly (readonly string[])[], aligns: readonly Align[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      for (const line of cell.split('\n')) widths[column] = Math.max(widths[column] ?? 0, stringWidth(line));
    }
  }
  return rows.map((row) => rowText(row, widths, aligns)).join('\n');
}

function rowText(row: readonly string[], widths: readonly number[], aligns: readonly Align[]): string {
  const cells = row.map((cell) => cell.split('\n'));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, column) => padded(lines[line] ?? '', widths[column] ?? 0, aligns[column]))
      .join(GAP)
      .trimEnd(),
  ).join('\n');
}

function padded(text: string, width: number, align: Align = 'left'): string {
  const blanks = ' '.repeat(width - stringWidth(text));
  return align === 'right' ? blanks + text : text + blanks;
}
