import { yamlFloatText } from './float-text.js';
import {
  fieldsOf,
  isMap,
  isWrittenAsInteger,
  readPlainScalar,
  YamlFloat,
  YamlTagged,
  YamlTimestamp,
} from './scalars.js';

/**
 * A value as a YAML document, in block style as PyYAML writes it: lists are not indented under their key. It reads to
 * the same values in PyYAML and in YAML 1.2 parsers, whose rules for plain scalars differ; so a string is plain only
 * when it is surely a word. `undefined` fields are left out.
 */
export function writeYaml(value: unknown): string {
  return `${blockLines(value, 0).join('\n')}\n`;
}

/** One item of a block list whose dash stands at column `indentation`, with its line end. */
export function writeListItem(item: unknown, indentation: number): string {
  const lines = blockLines(item, indentation + 2);
  const prefix = ' '.repeat(indentation);
  return `${prefix}- ${(lines[0] ?? '').trimStart()}\n${lines
    .slice(1)
    .map((line) => `${line}\n`)
    .join('')}`;
}

// Deeper than any document of ours; a cycle ends here instead of exhausting the stack.
const MAX_DEPTH = 200;

function blockLines(value: unknown, indentation: number, depth = 0): string[] {
  if (depth > MAX_DEPTH) throw new RangeError(`a value nested more than ${MAX_DEPTH} levels deep`);
  const padding = ' '.repeat(indentation);
  const tag = value instanceof YamlTagged ? shortTag(value.tag) : '';
  const content = value instanceof YamlTagged ? value.value : value;
  const entries = mapEntries(content);
  if (entries !== undefined && entries.length > 0) {
    const lines = entries.flatMap(([key, field]) => entryLines(key, field, indentation, depth));
    return tag === '' ? lines : [`${padding}${tag}`, ...lines];
  }
  if (Array.isArray(content) && content.length > 0) {
    const lines = content.flatMap((item) => itemLines(item, indentation, depth));
    return tag === '' ? lines : [`${padding}${tag}`, ...lines];
  }
  return [padding + [tag, scalarText(content)].filter((part) => part !== '').join(' ')];
}

function entryLines(key: unknown, value: unknown, indentation: number, depth: number): string[] {
  const padding = ' '.repeat(indentation);
  const keyText = scalarText(key);
  // Parsers look for the colon of a simple key within 1,024 characters.
  const head = keyText.length > 500 ? [`${padding}? ${keyText}`, `${padding}:`] : [`${padding}${keyText}:`];
  const last = head.length - 1;
  const content = value instanceof YamlTagged ? value.value : value;
  if (!isCollection(content)) {
    head[last] += ` ${blockLines(value, 0, depth + 1).join('')}`;
    return head;
  }
  if (value instanceof YamlTagged) head[last] += ` ${shortTag(value.tag)}`;
  const inner = Array.isArray(content) && head.length === 1 ? indentation : indentation + 2;
  return [...head, ...blockLines(content, inner, depth + 1)];
}

function itemLines(item: unknown, indentation: number, depth: number): string[] {
  const padding = ' '.repeat(indentation);
  if (item instanceof YamlTagged && isCollection(item.value)) {
    return [`${padding}- ${shortTag(item.tag)}`, ...blockLines(item.value, indentation + 2, depth + 1)];
  }
  const lines = blockLines(item, indentation + 2, depth + 1);
  return [`${padding}- ${(lines[0] ?? '').slice(indentation + 2)}`, ...lines.slice(1)];
}

function isCollection(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : (mapEntries(value)?.length ?? 0) > 0;
}

function mapEntries(value: unknown): [unknown, unknown][] | undefined {
  if (!isMap(value)) return undefined;
  return fieldsOf(value).filter(([, field]) => field !== undefined);
}

function scalarText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return isWrittenAsInteger(value) ? String(value) : yamlFloatText(value);
  if (typeof value === 'string') return stringText(value);
  if (value instanceof YamlFloat) return yamlFloatText(value.value);
  if (value instanceof YamlTimestamp) return value.text;
  if (Array.isArray(value)) return '[]';
  if (isMap(value)) return '{}';
  throw new TypeError(`only plain values can be written as YAML, not ${Object.prototype.toString.call(value)}`);
}

const SURE_WORD = /^[A-Za-z][\w/@-]*(?:\.[\w/@-]+)*$/;
// Words that some YAML parser takes for a boolean or null, and text that one takes for a float.
const NO_WORD = /^(?:y|n|yes|no|on|off|true|false|null|e\d+)$/i;
const SINGLE_QUOTABLE = /^[\x20-\x26\x28-\x7e]*$/;
// JSON leaves these bare; YAML readers reject them, fold them, or take them for a line end.
const NEEDS_ESCAPE = /[\x7f-\x9f\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff]/g;

function stringText(text: string): string {
  if (SURE_WORD.test(text) && !NO_WORD.test(text) && typeof readPlainScalar(text) === 'string') return text;
  if (SINGLE_QUOTABLE.test(text)) return `'${text}'`;
  return JSON.stringify(text).replace(
    NEEDS_ESCAPE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function shortTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!');
}
