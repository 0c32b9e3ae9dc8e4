import { estimateTokenCount } from 'tokenx';

/** White space and punctuation beyond ASCII: they end words too, and a text that has any is left to tokenx as a whole. */
const ENDS_WORDS =
  /[\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000-\u3003\u3008-\u3011\u3014-\u301F\u3030\u30FB\uFEFF\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]/;

const LINE_FEED = 10;
const PUNCTUATION_PER_TOKEN = 6;
const DIGITS_PER_TOKEN = 3;
const CHARACTERS_PER_TOKEN = 7;
const SHORT_WORD = 3;
const PLAIN_WORD = 8;

/** What a character is to tokenx, a bit each: what follows the second is part of a word. */
const WHITE_SPACE = 1;
const PUNCTUATION = 2;
const DIGIT = 4;
const LOWER_CASE = 8;
const OTHER = 16;
const BEYOND_ASCII = 32;
const kinds = new Uint8Array(0x10000).fill(OTHER, 0, 128).fill(BEYOND_ASCII, 128);
for (const character of '\t\n\v\f\r ') kinds[character.charCodeAt(0)] = WHITE_SPACE;
for (const character of '.,!?;(){}[]<>:/\\|@#$%^&*+=`~_"-') kinds[character.charCodeAt(0)] = PUNCTUATION;
for (const character of '0123456789') kinds[character.charCodeAt(0)] = DIGIT;
for (const character of 'abcdefghijklmnopqrstuvwxyz') kinds[character.charCodeAt(0)] = LOWER_CASE;

/**
 * How many tokens a text likely has: what tokenx says, in a twentieth of its time. Every call under a budget has its whole
 * prompt counted, and an agent sends the same history with every call.
 */
export function likelyTokens(text: string): number {
  const isAscii = Buffer.byteLength(text) === text.length;
  if (!isAscii && ENDS_WORDS.test(text)) return estimateTokenCount(text);
  const units = unitsOf(text);
  let tokens = 0;
  for (let start = 0; start < units.length; ) {
    let seen = kindAt(units, start);
    let end = start + 1;
    if (seen === WHITE_SPACE) {
      while (end < units.length && kindAt(units, end) === WHITE_SPACE) end += 1;
      tokens += tokensOfWhiteSpace(units, start, end);
    } else if (seen === PUNCTUATION) {
      while (end < units.length && kindAt(units, end) === PUNCTUATION) end += 1;
      tokens += end - start <= SHORT_WORD ? 1 : Math.ceil((end - start) / PUNCTUATION_PER_TOKEN);
    } else {
      for (; end < units.length; end += 1) {
        const kind = kindAt(units, end);
        if (kind <= PUNCTUATION) break;
        seen |= kind;
      }
      tokens += seen < BEYOND_ASCII ? tokensOfWord(end - start, seen) : estimateTokenCount(text.slice(start, end));
    }
    start = end;
  }
  return tokens;
}

/** Of most prompts. To ask for memory takes as long as to count the tokens of a short text. */
const kept = new Uint16Array(32 * 1024);
const keptBytes = Buffer.from(kept.buffer);

/** The text as an array, which is read several times as fast as its characters. Good until the next one is asked for. */
function unitsOf(text: string): Uint16Array {
  const isKept = text.length <= kept.length;
  const units = isKept ? kept.subarray(0, text.length) : new Uint16Array(text.length);
  const bytes = isKept ? keptBytes : Buffer.from(units.buffer);
  bytes.write(text, 'utf16le');
  return units;
}

function kindAt(units: Uint16Array, index: number): number {
  return kinds[units[index] as number] as number;
}

/** @param seen the kinds of its characters */
function tokensOfWord(length: number, seen: number): number {
  if (seen === DIGIT) return Math.ceil(length / DIGITS_PER_TOKEN);
  return length <= SHORT_WORD || (seen === LOWER_CASE && length <= PLAIN_WORD)
    ? 1
    : Math.ceil(length / CHARACTERS_PER_TOKEN);
}

/** Lines that are indented or empty are a token; the end of a line is one, but for one that follows punctuation. */
function tokensOfWhiteSpace(units: Uint16Array, start: number, end: number): number {
  for (let index = start; index < end - 1; index += 1) if (units[index] === LINE_FEED) return 1;
  if (units[end - 1] !== LINE_FEED) return 0;
  return start > 0 && kindAt(units, start - 1) === PUNCTUATION ? 0 : 1;
}
