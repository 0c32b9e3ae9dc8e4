import { CodedError } from '@budget/core';

/** A reservation on as many scopes as may be, with names as long as may be, is shorter. */
const MAX_LINE_CHARACTERS = 2 ** 21;

/** Lines of a text that comes in pieces, without their ends. Only the longest line is ever in memory. @throws CodedError `export_invalid` */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = `${rest}${decoded(() => decoder.decode(chunk, { stream: true }))}`.split('\n');
    rest = lines.pop() as string;
    yield* lines;
    if (rest.length > MAX_LINE_CHARACTERS) throw invalid('A line of it is longer than any record can be.');
  }
  const last = `${rest}${decoded(() => decoder.decode())}`;
  if (last !== '') yield last;
}

function decoded(decode: () => string): string {
  try {
    return decode();
  } catch {
    throw invalid('It is no text in UTF-8.');
  }
}

function invalid(what: string): CodedError {
  const message = `This is no export of a ledger. ${what} Nothing was imported.`;
  return new CodedError({ code: 'export_invalid', kind: 'input', message });
}
