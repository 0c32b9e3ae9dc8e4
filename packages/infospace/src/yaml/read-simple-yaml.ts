import { readPlainScalar, type YamlMap, type YamlValue } from './scalars.js';

/**
 * Reads YAML in the plain layout in which `writeYaml` and PyYAML write machine files: block style, a scalar on one
 * line, no comments, tags, anchors or folded text. `undefined` for anything else, also for what is no YAML: then a
 * whole parser has the word. A cold parser costs half of the start-up of `budget status`; this one hardly any.
 */
export function readSimpleYaml(text: string): YamlValue | undefined {
  if (!text.endsWith('\n')) return undefined;
  const lines = { all: text.slice(0, -1).split('\n'), next: 0 };
  try {
    const value = readBlock(lines, 0, 0);
    return lines.next === lines.all.length ? value : undefined;
  } catch (error) {
    // A number of too many digits is for the whole parser to refuse, with its line.
    if (error === notSimple || error instanceof RangeError) return undefined;
    throw error;
  }
}

const notSimple = Symbol('not in the simple layout');
const MAX_DEPTH = 90;

interface Lines {
  readonly all: string[];
  next: number;
}

function readBlock(lines: Lines, indentation: number, depth: number): YamlValue {
  if (depth > MAX_DEPTH) throw notSimple;
  const line = lines.all[lines.next] as string;
  if (indentationOf(line) !== indentation) throw notSimple;
  return isItem(line, indentation) ? readList(lines, indentation, depth) : readMap(lines, indentation, depth);
}

function readList(lines: Lines, indentation: number, depth: number): YamlValue[] {
  const items: YamlValue[] = [];
  for (let line = lines.all[lines.next]; line !== undefined; line = lines.all[lines.next]) {
    if (!isItem(line, indentation)) break;
    const content = line.slice(indentation + 2);
    if (content.startsWith('- ') || ENTRY.test(content)) {
      // The item begins beside its dash; without the dash it is a block of its own.
      lines.all[lines.next] = ' '.repeat(indentation + 2) + content;
      items.push(readBlock(lines, indentation + 2, depth + 1));
    } else {
      items.push(readScalar(content));
      lines.next++;
    }
  }
  return items;
}

// A name, a colon, and nothing or a value behind it.
const ENTRY = /^([A-Za-z_][\w./@-]*|'[\x20-\x26\x28-\x7e]*'):(?: (.*))?$/;

function readMap(lines: Lines, indentation: number, depth: number): YamlMap {
  const map: YamlMap = Object.create(null);
  for (let line = lines.all[lines.next]; line !== undefined; line = lines.all[lines.next]) {
    if (indentationOf(line) < indentation || isItem(line, indentation)) break;
    const [, key, value] = ENTRY.exec(line.slice(indentation)) ?? [];
    if (indentationOf(line) !== indentation || key === undefined) throw notSimple;
    lines.next++;
    map[readKey(key)] = value === undefined ? readBelow(lines, indentation, depth) : readScalar(value);
  }
  return map;
}

/** What stands under a key without a value: a deeper block, a list at the key's own column, or nothing. */
function readBelow(lines: Lines, indentation: number, depth: number): YamlValue {
  const line = lines.all[lines.next];
  if (line === undefined) return null;
  if (isItem(line, indentation)) return readList(lines, indentation, depth + 1);
  const deeper = indentationOf(line);
  return deeper > indentation ? readBlock(lines, deeper, depth + 1) : null;
}

function readKey(text: string): string {
  const key = readScalar(text);
  // A key such as `on` or `null` is no text to PyYAML.
  if (typeof key !== 'string') throw notSimple;
  return key;
}

const SINGLE_QUOTED = /^'[\x20-\x26\x28-\x7e]*'$/;
// Printable characters that every YAML parser takes as they are, and JSON's escapes.
const DOUBLE_QUOTED =
  /^"(?:[ !#-[\]-~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd]|\\["\\bnrtf]|\\u[0-9a-fA-F]{4})*"$/;
const PLAIN = /^(?:[A-Za-z_][\w./@-]*|[-+]?[0-9.][\w.+-]*)$/;

function readScalar(text: string): YamlValue {
  if (PLAIN.test(text)) return readPlainScalar(text);
  if (SINGLE_QUOTED.test(text)) return text.slice(1, -1);
  if (DOUBLE_QUOTED.test(text)) return JSON.parse(text) as string;
  if (text === '[]') return [];
  if (text === '{}') return Object.create(null) as YamlMap;
  throw notSimple;
}

function isItem(line: string, indentation: number): boolean {
  return line.startsWith('- ', indentation) && indentationOf(line) === indentation;
}

function indentationOf(line: string): number {
  let spaces = 0;
  while (line.charCodeAt(spaces) === 32) spaces++;
  return spaces;
}
