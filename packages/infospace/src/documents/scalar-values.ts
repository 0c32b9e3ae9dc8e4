import { parseNanoUsd } from '@budget/core';
import { numberField, textField } from '../yaml/fields.js';
import { readPlainScalar } from '../yaml/scalars.js';

/** There is no value: the field is left out, or null. */
export const MISSING = -1;
/** It is not certain what the value comes to. */
export const UNCERTAIN = -2;

const POINT = 46;
const ZERO = 48;
// So many digits are an exact integer, whatever they are.
const SAFE_DIGITS = 15;
const NANO_DECIMALS = 9;
const nanoUsdPerUnit = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];
// Below 1,000 USD a float and any text that is read as it are apart by less than a thousandth of a nano-USD.
const MAX_QUICK_NANO_USD = 1e12;

/** A whole number that is not negative. */
export function readCount(bytes: Buffer, start: number, end: number): number {
  if (end - start > SAFE_DIGITS) return UNCERTAIN;
  let count = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return isWord(bytes, start, end, NULL) ? MISSING : UNCERTAIN;
    count = count * 10 + digit;
  }
  return isOctal(bytes, start, end) ? UNCERTAIN : count;
}

/** An amount of USD as nano-USD: the same as `parseNanoUsd` makes of the number. */
export function readUsd(bytes: Buffer, start: number, end: number): number {
  let units = 0;
  let decimals = -1;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (decimals >= 0) decimals++;
      if (decimals <= NANO_DECIMALS) units = units * 10 + digit;
    } else if (bytes[at] === POINT && decimals < 0 && at > start) {
      decimals = 0;
    } else {
      return isWord(bytes, start, end, NULL) ? MISSING : readUnusualUsd(bytes, start, end);
    }
  }
  const nanoUsd = units * (nanoUsdPerUnit[Math.max(0, decimals)] ?? 1);
  if (nanoUsd >= MAX_QUICK_NANO_USD || (decimals < 0 && isOctal(bytes, start, end)))
    return readUnusualUsd(bytes, start, end);
  if (decimals <= NANO_DECIMALS) return nanoUsd;
  const rest = thousandths(bytes, end - decimals + NANO_DECIMALS, end);
  if (rest === 499 || rest === 500) return readUnusualUsd(bytes, start, end);
  return rest > 500 ? nanoUsd + 1 : nanoUsd;
}

/** The three digits at `start`, with zeros where there are fewer. */
function thousandths(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < start + 3; at++) value = value * 10 + (at < end ? (bytes[at] as number) - ZERO : 0);
  return value;
}

function readUnusualUsd(bytes: Buffer, start: number, end: number): number {
  const text = bytes.toString('latin1', start, end);
  const number = /^\d+(?:\.\d*(?:e[-+]\d+)?)?$/.test(text) ? numberField(readPlainScalar(text)) : null;
  const nanoUsd = number === null ? null : parseNanoUsd(number);
  return nanoUsd === null || nanoUsd > Number.MAX_SAFE_INTEGER ? UNCERTAIN : Number(nanoUsd);
}

/** What the calls of a bucket are. */
export const PRICED = 0;
export const PARTLY_PRICED = 1;
const UNPRICED = 2;

export function readCostStatus(bytes: Buffer, start: number, end: number): number {
  if (isWord(bytes, start, end, KNOWN) || isWord(bytes, start, end, ESTIMATED)) return PRICED;
  if (isWord(bytes, start, end, UNKNOWN)) return UNPRICED;
  return isWord(bytes, start, end, PARTIAL) ? PARTLY_PRICED : UNCERTAIN;
}

/** 1 for true, 0 for false. */
export function readFlag(bytes: Buffer, start: number, end: number): number {
  if (isWord(bytes, start, end, TRUE)) return 1;
  if (isWord(bytes, start, end, FALSE)) return 0;
  return isWord(bytes, start, end, NULL) ? MISSING : UNCERTAIN;
}

/** A name, as `textField` reads it; `undefined` where it is not certain. The scalar has been found to be one. */
export function readText(bytes: Buffer, start: number, end: number): string | null | undefined {
  const text = bytes.toString('utf8', start, end);
  if (text.startsWith('"')) return unescapeText(text.slice(1, -1));
  if (text.includes('\n')) return undefined;
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  return text === '[]' || text === '{}' ? null : textField(readPlainScalar(text));
}

// Behind a backslash a line may end; the spaces before what follows are no part of the text then.
const ESCAPE = /\\(?:x(..)|u(.{4})|U(.{8})|(\n *)|(.))/g;
const LETTERS = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  ['N', '\x85'],
  ['_', '\xa0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);

function unescapeText(text: string): string | undefined {
  // A line end without a backslash stands for a space, or for several line ends.
  if (text.replace(/\\(?:.|\n)/g, '').includes('\n')) return undefined;
  return text.replace(ESCAPE, (_, x?: string, u?: string, U?: string, lineEnd?: string, letter = '') => {
    const code = x ?? u ?? U;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return lineEnd === undefined ? (LETTERS.get(letter) ?? letter) : '';
  });
}

// A zero before other digits makes YAML 1.1 take them for octal ones.
const isOctal = (bytes: Buffer, start: number, end: number): boolean => bytes[start] === ZERO && end - start > 1;

const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const KNOWN = Buffer.from('known');
const ESTIMATED = Buffer.from('estimated');
const PARTIAL = Buffer.from('partial');
const UNKNOWN = Buffer.from('unknown');

function isWord(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) if (bytes[start + index] !== word[index]) return false;
  return true;
}
