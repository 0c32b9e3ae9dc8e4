import fc from 'fast-check';
import { readStructured } from '../yaml/read-structured.js';
import { isMap, type YamlMap, type YamlValue } from '../yaml/scalars.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { text, value } from './hostile-values.js';
import { inStyle, style } from './random-style.js';

/** Makes another text of a valid one, as accidents and bad intentions do. */
export type Mutation = (valid: string) => string;

/** What means something to a parser, and numbers and names on which a reader may stumble. */
const fragment = fc.oneof(
  fc.constantFrom(
    '\n',
    '\n- ',
    '\n  ',
    ' ',
    ': ',
    '- ',
    '? ',
    '&a ',
    '*a',
    '!!str ',
    '!!set ',
    '!!binary ',
    '!x ',
    '|',
  ),
  fc.constantFrom(
    '>',
    "'",
    '"',
    '[',
    ']',
    '{',
    '}',
    ',',
    '#',
    '---\n',
    '\n...\n',
    '%YAML 1.2\n',
    '<<: *a\n',
    '\t',
    '\r',
  ),
  fc.constantFrom('\0', '\ufeff', '\u0085', '\u2028', '\u007f', '\\', '\\u', '\\x', '\ud800', '\udfff', '😀', 'ü'),
  fc.constantFrom(
    'null',
    '~',
    '{}',
    '[]',
    '-1',
    '0.5',
    '1e400',
    '-0',
    '.nan',
    '-.inf',
    '9007199254740993',
    '0x',
    '1:30',
  ),
  fc.constantFrom(
    '__proto__: {a: 1}\n',
    'constructor: {prototype: {a: 1}}\n',
    '2026-02-30',
    '9'.repeat(400),
    '{a: *a}',
  ),
  fc.constantFrom(
    'schema_version: 2\n',
    'runs: []\n',
    'snapshots: {}\n',
    'run_id: x\n',
    'end_of_run: 3\n',
    'run_index: 3\n',
  ),
  text,
);

interface Edit {
  /** Where, from 0 for the beginning to 1 for the end. */
  readonly at: number;
  readonly kind: 'insert' | 'remove' | 'replace' | 'value' | 'double' | 'drop line' | 'indent' | 'cut' | 'append';
  readonly length: number;
  readonly fragment: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom(
    'insert',
    'remove',
    'replace',
    'value',
    'value',
    'double',
    'drop line',
    'indent',
    'cut',
    'append',
  ),
  length: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 400 })),
  fragment,
});

function edited(source: string, { at, kind, length, fragment: inserted }: Edit): string {
  const position = Math.floor(at * source.length);
  const lineStart = source.lastIndexOf('\n', position - 1) + 1;
  const lineEnd = (source.indexOf('\n', position) + 1 || source.length + 1) - 1;
  const [before, line, after] = [source.slice(0, lineStart), source.slice(lineStart, lineEnd), source.slice(lineEnd)];
  switch (kind) {
    case 'insert':
      return source.slice(0, position) + inserted + source.slice(position);
    case 'remove':
      return source.slice(0, position) + source.slice(position + length);
    case 'replace':
      return source.slice(0, position) + inserted + source.slice(position + inserted.length);
    case 'value':
      return before + line.replace(/(?<=: ).*$|(?<=^ *- )[^:]*$/, () => inserted) + after;
    case 'double':
      return source.slice(0, position) + source.slice(Math.max(0, position - length));
    case 'drop line':
      return before + after.slice(1);
    case 'indent':
      return before + ' '.repeat(length % 5) + (length % 2 === 0 ? line.trimStart() : line) + after;
    case 'cut':
      return source.slice(0, position);
    case 'append':
      return source + inserted;
  }
}

const edits: fc.Arbitrary<Mutation> = fc
  .array(edit, { minLength: 1, maxLength: 4 })
  .map((all) => (valid) => all.reduce(edited, valid));

interface Change {
  /** Which child to go down to, at each level. */
  readonly path: readonly number[];
  readonly kind: 'put' | 'remove' | 'add' | 'wrap' | 'double';
  readonly key: string;
  readonly value: unknown;
}

const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'length', '<<'),
  fc.constantFrom('runs', 'run_id', 'run_index', 'end_of_run', 'rollup', 'per_bucket', 'stages', 'metadata', 'usage'),
  text,
);

const change: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.nat(30), { maxLength: 6 }),
  kind: fc.constantFrom('put', 'put', 'remove', 'add', 'wrap', 'double'),
  key,
  value: fc.oneof(value, fc.constantFrom(-1, 0.5, 2 ** 53 - 1, 10n ** 30n, 'text', true, null, [], {}, [{}], [[1]])),
});

function changed(node: YamlValue, { path, kind, key: name, value: put }: Change, depth = 0): YamlValue {
  const keys = Array.isArray(node) ? [...node.keys()].map(String) : isMap(node) ? Object.keys(node) : [];
  const step = path[depth];
  if (step === undefined || keys.length === 0) {
    if (kind === 'wrap') return [node];
    return kind === 'add' && isMap(node) ? { ...node, [name]: put as YamlValue } : (put as YamlValue);
  }
  const at = keys[step % keys.length] as string;
  const goesOn = depth + 1 < path.length;
  const below = changed((node as YamlMap)[at] as YamlValue, { path, kind, key: name, value: put }, depth + 1);
  const isLast = !goesOn && (kind === 'remove' || kind === 'double');
  if (Array.isArray(node)) {
    const index = Number(at);
    const doubled = kind === 'double' ? [node[index] as YamlValue, node[index] as YamlValue] : [];
    return isLast ? node.toSpliced(index, 1, ...doubled) : node.with(index, below);
  }
  const copy: YamlMap = Object.assign(Object.create(null), node);
  if (isLast && kind === 'remove') delete copy[at];
  else copy[at] = below;
  return copy;
}

/** The same document with parts of it exchanged, as programs write it or in a style that nobody expects. */
const changes: fc.Arbitrary<Mutation> = fc
  .tuple(fc.array(change, { minLength: 1, maxLength: 3 }), fc.option(style))
  .map(([all, given]) => (valid) => {
    const document = all.reduce((node, one) => changed(node, one), readStructured(valid, 'valid'));
    return given === null || !isMap(document) ? writeYaml(document) : inStyle(document, given);
  });

const other: fc.Arbitrary<Mutation> = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.json(),
    value.map(writeYaml),
  )
  .map((whole) => () => whole);

/** On bytes, as a disk or a wire damages them: the rest is no longer UTF-8. Text as latin-1 in and out. */
export const damagedBytes: fc.Arbitrary<Mutation> = fc
  .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 5 })
  .map(
    (all) => (valid) =>
      all.reduce((bytes, [at, byte]) => {
        const position = Math.floor(at * bytes.length);
        return bytes.slice(0, position) + String.fromCharCode(byte) + bytes.slice(position + 1);
      }, valid),
  );

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: edits },
  { weight: 5, arbitrary: changes },
  { weight: 1, arbitrary: other },
);
