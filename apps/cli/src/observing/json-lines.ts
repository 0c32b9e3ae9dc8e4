import { parsedJson } from '@budget/core';
import { WrongLine } from './wrong-line.js';

/** A line of a text, counted from 1. */
export interface Line {
  readonly number: number;
  /** What its JSON says; never `undefined`. */
  readonly value: unknown;
}

/** An observation has 4 KiB of metadata at most; hundreds of judgements fit beside it. */
const MAX_LINE_BYTES = 2 ** 20;
const LINE_FEED = 10;

/** The JSON lines of a text that comes in pieces, without those that are blank. Only one is in memory. @throws WrongLine */
export async function* jsonLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let rest: Uint8Array = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED, rest.length); end !== -1; end = bytes.indexOf(LINE_FEED, from)) {
      yield* lineOf(bytes.subarray(from, end), number);
      number += 1;
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(number);
  }
  yield* lineOf(rest, number);
}

function* lineOf(bytes: Uint8Array, number: number): Generator<Line> {
  if (bytes.length > MAX_LINE_BYTES) throw tooLong(number);
  const text = decoded(bytes, number).trim();
  if (text === '') return;
  const value = parsedJson(text);
  if (value === undefined) throw new WrongLine(number, 'it is no JSON');
  yield { number, value };
}

function decoded(bytes: Uint8Array, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new WrongLine(number, 'it is no text in UTF-8');
  }
}

function tooLong(number: number): WrongLine {
  return new WrongLine(number, `it is longer than ${MAX_LINE_BYTES} bytes, and so is no observation`);
}
