const LINE_FEED = 10;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const SINGLE_QUOTE = 39;
const DASH = 45;
const COLON = 58;
const BACKSLASH = 92;
const DELETE = 127;

// How a byte may take part in a plain scalar.
const NEVER = 0;
const WITH_CARE = 1;
const INSIDE = 2;
const FIRST = 3;

// Some of them may begin a plain scalar in some places; `=` and `<<` mean something else by themselves.
const INDICATORS = `?,[]{}&*!|>'"%@\`=<`;

const plainRoles = new Uint8Array(256).map((_, byte) => {
  if (byte === SPACE || byte === HASH || byte === COLON) return WITH_CARE;
  if (byte < SPACE || byte >= DELETE) return NEVER;
  return INDICATORS.includes(String.fromCharCode(byte)) ? INSIDE : FIRST;
});

// An integer of more digits is refused by the whole parser.
const MAX_PLAIN_LENGTH = 4000;

/**
 * Where the scalar at `start` ends: its line end, or -1 where it is not certain to be one whole scalar. It may go on in
 * lines below that are indented deeper than `indentation`: PyYAML breaks text at 80 columns.
 */
export function scalarEnd(bytes: Buffer, start: number, indentation: number): number {
  const first = bytes[start] as number;
  if (plainRoles[first] === FIRST) return plainEnd(bytes, start, indentation);
  if (first === SINGLE_QUOTE) return singleQuotedEnd(bytes, start, indentation);
  if (first === DOUBLE_QUOTE) return doubleQuotedEnd(bytes, start, indentation);
  return emptyCollectionEnd(bytes, start);
}

function plainEnd(bytes: Buffer, start: number, indentation: number): number {
  let at = start;
  for (;;) {
    at = plainLineEnd(bytes, at);
    if (at < 0 || at - start > MAX_PLAIN_LENGTH) return -1;
    if (!isDeeper(bytes, at + 1, indentation)) return at;
    at += indentation + 2;
    while (bytes[at] === SPACE) at++;
  }
}

function plainLineEnd(bytes: Buffer, start: number): number {
  let at = start;
  if (plainRoles[bytes[at] as number] !== FIRST) return -1;
  // A dash before a space begins an item.
  if (bytes[at] === DASH && (plainRoles[bytes[at + 1] as number] as number) < INSIDE) return -1;
  for (;;) {
    while ((plainRoles[bytes[at] as number] as number) >= INSIDE) at++;
    const byte = bytes[at];
    if (byte === LINE_FEED) return at;
    if (byte === SPACE) {
      while (bytes[at] === SPACE) at++;
      // A comment, or spaces at the end.
      if ((plainRoles[bytes[at] as number] as number) < INSIDE) return -1;
    } else if (byte === COLON) {
      at++;
      if (bytes[at] === SPACE || bytes[at] === LINE_FEED) return -1;
    } else if (byte === HASH) {
      at++;
    } else {
      return -1;
    }
  }
}

function singleQuotedEnd(bytes: Buffer, start: number, indentation: number): number {
  let at = start + 1;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === SINGLE_QUOTE) {
      if (bytes[at + 1] === LINE_FEED) return at + 1;
      if (bytes[at + 1] !== SINGLE_QUOTE) return -1;
      at += 2;
    } else if (byte === LINE_FEED) {
      if (!isQuotedTextBelow(bytes, at + 1, indentation)) return -1;
      at++;
    } else if (byte >= SPACE && byte < DELETE) {
      at++;
    } else {
      return -1;
    }
  }
}

function doubleQuotedEnd(bytes: Buffer, start: number, indentation: number): number {
  let at = start + 1;
  for (;;) {
    const byte = bytes[at] as number;
    if (byte === DOUBLE_QUOTE) return bytes[at + 1] === LINE_FEED ? at + 1 : -1;
    if (byte === LINE_FEED) {
      if (!isQuotedTextBelow(bytes, at + 1, indentation)) return -1;
      at++;
    } else if (byte === BACKSLASH) {
      at = escapeEnd(bytes, at + 1);
      if (at < 0) return -1;
    } else if (byte >= SPACE && byte !== DELETE) {
      at++;
    } else {
      return -1;
    }
  }
}

const ESCAPES = '0abtnvfre "/\\N_LP';
const MAX_CODE_POINT = 0x10ffff;

/** `start`: behind the backslash. A line end is only looked at: what follows it counts too. */
function escapeEnd(bytes: Buffer, start: number): number {
  const letter = String.fromCharCode(bytes[start] as number);
  if (letter === '\n') return start;
  if (ESCAPES.includes(letter)) return start + 1;
  const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  const code = bytes.toString('latin1', start + 1, start + 1 + digits);
  const isCode = /^[0-9a-fA-F]+$/.test(code) && Number.parseInt(code, 16) <= MAX_CODE_POINT;
  return isCode ? start + 1 + digits : -1;
}

function emptyCollectionEnd(bytes: Buffer, start: number): number {
  const text = bytes.toString('latin1', start, start + 3);
  return text === '[]\n' || text === '{}\n' ? start + 2 : -1;
}

function isQuotedTextBelow(bytes: Buffer, lineStart: number, indentation: number): boolean {
  // A line of its own that is empty is a line end in the text.
  return bytes[lineStart] === LINE_FEED || isDeeper(bytes, lineStart, indentation);
}

/** Whether more than `indentation` spaces stand at the beginning of a line. */
function isDeeper(bytes: Buffer, lineStart: number, indentation: number): boolean {
  if (lineStart + indentation >= bytes.length) return false;
  for (let at = lineStart + indentation; at >= lineStart; at--) if (bytes[at] !== SPACE) return false;
  return true;
}
