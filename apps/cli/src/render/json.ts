export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, exactInteger, 2)}\n`;
}

/** The text of `renderJson` for all rows together, in pieces of `PIECE_LENGTH` or more. */
export async function* renderJsonRows(batches: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let piece = '[';
  let hasRow = false;
  for await (const rows of batches) {
    if (rows.length === 0) continue;
    // Without its brackets.
    piece += `${hasRow ? ',' : ''}${JSON.stringify(withExactIntegers(rows), null, 2).slice(1, -2)}`;
    hasRow = true;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}${hasRow ? '\n' : ''}]\n`;
}

/** Large enough that of most inputs with a fault in them nothing is printed but the error. */
const PIECE_LENGTH = 1024 * 1024;

/**
 * As with `exactInteger` for a replacer, of values that are fields and lists only. A replacer is called for each field of
 * each row, which takes as long as all the rest.
 */
function withExactIntegers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return exactInteger('', value);
  if (Array.isArray(value)) return value.map(withExactIntegers);
  const fields: Record<string, unknown> = { ...value };
  for (const key in fields) {
    const field = fields[key];
    if (typeof field === 'bigint' || typeof field === 'object') fields[key] = withExactIntegers(field);
  }
  return fields;
}

/** For `JSON.stringify`, which takes no bigint: those past 2^53 become decimal text. */
export function exactInteger(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
