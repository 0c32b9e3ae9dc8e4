import type { Choices } from '@budget/test-tools';
import { yamlFloatText } from '../yaml/float-text.js';
import { isWrittenAsInteger, readPlainScalar, YamlFloat, YamlTagged, YamlTimestamp } from '../yaml/scalars.js';
import type { Style } from './random-style.js';

/** Where a scalar stands: a key has one line, and inside brackets some characters mean more. */
export type Place = 'key' | 'flow' | 'block';

const PLAIN = /^[A-Za-z][\w./@-]*(?: [\w.@/][\w./@-]*)*$/;
// What no line of a file may hold bare: controls, and what ends a line for one parser and not for another.
const BARE = /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

/**
 * A scalar in any of the spellings that mean it to PyYAML. Continuation lines are indented by `column` at least; `\n`
 * separates lines.
 */
export function styledScalar(value: unknown, column: number, place: Place, style: Style, choices: Choices): string {
  if (typeof value === 'string') return styledText(value, column, place, style, choices);
  const odd = choices.chance(style.oddScalars);
  if (value === null || value === undefined) return odd ? choices.oneOf(['~', 'Null', "!!null ''"]) : 'null';
  if (typeof value === 'boolean')
    return odd ? choices.oneOf(value ? ['True', 'yes', 'on'] : ['FALSE', 'no', 'off']) : String(value);
  if (typeof value === 'bigint' || (typeof value === 'number' && isWrittenAsInteger(value)))
    return odd ? oddInteger(BigInt(value), choices) : String(value);
  if (typeof value === 'number') return yamlFloatText(value);
  if (value instanceof YamlFloat) return odd ? `!!float '${yamlFloatText(value.value)}'` : yamlFloatText(value.value);
  if (value instanceof YamlTimestamp) return odd ? `!!timestamp '${value.text}'` : value.text;
  if (value instanceof YamlTagged) return `!!binary ${doubleQuoted(String(value.value), column, style, choices)}`;
  throw new TypeError(`no scalar: ${String(value)}`);
}

function oddInteger(value: bigint, choices: Choices): string {
  const [sign, magnitude] = value < 0n ? ['-', -value] : ['', value];
  const grouped = magnitude.toString().replace(/(?<=\d)(?=(?:\d{3})+$)/g, '_');
  const spellings = [`0x${magnitude.toString(16)}`, `0b${magnitude.toString(2)}`, `0${magnitude.toString(8)}`, grouped];
  const spelled = sign + choices.oneOf(spellings);
  return choices.chance(0.2) ? `!!int '${spelled}'` : spelled;
}

function styledText(text: string, column: number, place: Place, style: Style, choices: Choices): string {
  const tag = choices.chance(style.tags) ? '!!str ' : '';
  const quoted = choices.chance(style.quotes);
  const isPlain = PLAIN.test(text) && (tag !== '' || typeof readPlainScalar(text) === 'string');
  if (isPlain && !quoted && !(place !== 'block' && text.includes(' ')))
    return tag + (place === 'block' ? foldedAtBlanks(text, column, style, choices) : text);
  if (place === 'block' && choices.chance(style.folds)) {
    const block = blockScalar(text, column, choices);
    if (block !== null) return tag + block;
  }
  const fits = place === 'key' ? { ...style, folds: 0 } : style;
  if (BARE.test(text) && text.length < 500 && choices.chance(0.5))
    return `${tag}'${foldedAtBlanks(text.replaceAll("'", "''"), column, fits, choices)}'`;
  return tag + doubleQuoted(text, column, fits, choices);
}

/** A single blank between two words may be a line end: it reads as a blank. */
function foldedAtBlanks(text: string, column: number, style: Style, choices: Choices): string {
  return text.replace(/(?<=[^ ]) (?=[^ ])/g, (blank) =>
    choices.chance(style.folds) ? `${'\n'.padEnd(column + 1 + choices.between(0, 3))}` : blank,
  );
}

/** `null` where a text cannot stand as a block: nothing but quotes tells its blanks at the edges. */
function blockScalar(text: string, column: number, choices: Choices): string | null {
  const lines = text.split('\n');
  const endsLine = lines.at(-1) === '';
  if (endsLine) lines.pop();
  const fits = lines.every((line) => BARE.test(line) && !/^ | $|^$/.test(line));
  if (lines.length === 0 || !fits) return null;
  const indented = lines.map((line) => `\n${' '.repeat(column)}${line}`).join('');
  return `${lines.length === 1 && choices.chance(0.3) ? '>' : '|'}${endsLine ? '' : '-'}${indented}`;
}

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u0000': '\\0',
};

function doubleQuoted(text: string, column: number, style: Style, choices: Choices): string {
  const lineEnd = `\\\n${' '.repeat(column)}`;
  let quoted = '';
  let isAtLineStart = false;
  for (const character of text) {
    // Behind a line end blanks are indentation, unless they are escaped.
    const escaped = isAtLineStart && character === ' ' ? '\\ ' : escapedCharacter(character, choices);
    isAtLineStart = choices.chance(style.folds / 10);
    quoted += escaped + (isAtLineStart ? lineEnd : '');
  }
  return `"${quoted}"`;
}

function escapedCharacter(character: string, choices: Choices): string {
  if (NAMED[character] !== undefined) return NAMED[character];
  const code = character.codePointAt(0) as number;
  if (BARE.test(character) && (code < 127 || choices.chance(0.5))) return character;
  if (code < 256 && choices.chance(0.5)) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
