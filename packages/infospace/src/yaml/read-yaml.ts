import { CodedError } from '@budget/core';
import {
  constructFromEvents,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ID,
  type MappingTagDefinition,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  type ScalarTagDefinition,
  Schema,
  type SequenceTagDefinition,
  YAMLException,
} from 'js-yaml';
import { readSimpleYaml } from './read-simple-yaml.js';
import { readableText } from './readable-text.js';
import {
  asYamlMap,
  fieldsOf,
  isMap,
  readBoolean,
  readFloat,
  readInteger,
  readNull,
  readTaggedFloat,
  readTimestamp,
  YamlFloat,
  type YamlMap,
  YamlTagged,
  YamlTimestamp,
  type YamlValue,
} from './scalars.js';

// js-yaml reads 13 times as fast as the `yaml` package, which is kept for the files that people edit.

const TAG = 'tag:yaml.org,2002:';
const MAX_DEPTH = 100;

/**
 * Reads one YAML document as PyYAML's safe loader does; an empty one is `null`. Where a key stands twice, the last one
 * counts. `advice` ends the message of an error: what to do depends on whose file it is.
 *
 * @throws CodedError `file_corrupt` (kind `input`) with the file and the line, when the text is no such document,
 * nests deeper than 100 levels, or expands beyond its size by aliases.
 */
export function readYaml(text: string, file: string, advice = ''): YamlValue {
  return readSimpleYaml(text) ?? readWholeYaml(text, file, advice);
}

/** As `readYaml`, by a parser of all of YAML. */
export function readWholeYaml(text: string, file: string, advice: string): YamlValue {
  try {
    const events = parseEvents(text, { filename: file, maxDepth: MAX_DEPTH });
    const documents = constructFromEvents(events, { source: text, filename: file, schema, json: true });
    if (documents.length > 1) throw new RangeError(`${documents.length} documents where one is expected`);
    const value = (documents[0] ?? null) as YamlValue;
    if (events.some((event) => event.type === EVENT_ID.ALIAS)) refuseExpansion(value, text.length);
    return value;
  } catch (error) {
    throw corrupt(file, error, advice);
  }
}

function corrupt(file: string, error: unknown, advice: string): CodedError {
  const mark = error instanceof YAMLException ? error.mark : undefined;
  const line = mark === undefined ? undefined : mark.line + 1;
  const whole = error instanceof YAMLException ? error.reason : error instanceof Error ? error.message : String(error);
  const reason = readableText(whole, 200);
  const place = line === undefined ? file : `${file}:${line}`;
  return new CodedError({
    code: 'file_corrupt',
    kind: 'input',
    file,
    line,
    message: `${place}: not readable as YAML: ${reason}. ${advice}`.trimEnd(),
    cause: error,
  });
}

/** An alias costs a few bytes and stands for a whole value: nine of them nested make a billion nodes. */
function refuseExpansion(value: YamlValue, textLength: number): void {
  let remaining = 100_000 + 2 * textLength;
  const visit = (node: unknown): void => {
    if (--remaining < 0) throw new RangeError('its aliases stand for far more than the file holds');
    if (node instanceof YamlTagged) visit(node.value);
    else if (Array.isArray(node)) node.forEach(visit);
    else if (typeof node === 'object' && node !== null) Object.values(node).forEach(visit);
  };
  visit(value);
}

function scalar(
  name: string,
  read: (text: string) => YamlValue | undefined,
  first: string,
  readTagged: (text: string) => YamlValue | undefined = read,
): ScalarTagDefinition<YamlValue> {
  return defineScalarTag<YamlValue>(TAG + name, {
    implicit: true,
    implicitFirstChars: first === '' ? [''] : ['', ...first],
    resolve: (text, isExplicit) => {
      const plain = read(text);
      const value = plain === undefined && isExplicit ? readTagged(text) : plain;
      return value === undefined ? NOT_RESOLVED : value;
    },
    identify: () => false,
  });
}

/** Collects into a `Map`, which no key can harm. */
function mapping(name: string, finish: (map: YamlMap) => YamlValue): MappingTagDefinition {
  return defineMappingTag<Map<YamlValue, YamlValue>, YamlValue>(TAG + name, {
    create: () => new Map(),
    addPair: (map, key, value) => {
      if (typeof key === 'object' && key !== null && !isScalarObject(key))
        return 'a key must be text, a number, a date, a boolean or null';
      map.set(keyIn(map, key as YamlValue), value as YamlValue);
      return '';
    },
    has: (map, key) => map.has(keyIn(map, key as YamlValue)),
    keys: (map) => mergeable(map).map(([key]) => key),
    // Asked for once a key of a merge: a new `Map` each time would take minutes over a merge of 9,000 keys.
    get: (map, key) =>
      typeof key === 'string' && isMap(map) ? map[key] : mergeable(map).find(([other]) => Object.is(other, key))?.[1],
    finalize: (map) => finish(asYamlMap(map)),
    identify: () => false,
  }) as unknown as MappingTagDefinition;
}

function isScalarObject(value: unknown): value is YamlFloat | YamlTimestamp {
  return value instanceof YamlFloat || value instanceof YamlTimestamp;
}

const objectKeys = new WeakMap<object, Map<string, YamlValue>>();

/** A date, or a float such as `1.0`, is an object here: of equal ones the first stands for all, so that the last counts. */
function keyIn(map: Map<YamlValue, YamlValue>, key: YamlValue): YamlValue {
  if (!isScalarObject(key)) return key;
  const known = objectKeys.get(map) ?? new Map<string, YamlValue>();
  objectKeys.set(map, known);
  const name = key instanceof YamlFloat ? String(key.value) : key.text;
  known.set(name, known.get(name) ?? key);
  return known.get(name) as YamlValue;
}

/** The fields of a map that is merged into another, also of one under a tag. */
function mergeable(map: unknown): [unknown, unknown][] {
  return fieldsOf((map instanceof YamlTagged ? map.value : map) as YamlMap);
}

function list(name: string, finish: (items: YamlValue[]) => YamlValue): SequenceTagDefinition {
  return defineSequenceTag<YamlValue[], YamlValue>(TAG + name, {
    create: () => [],
    addItem: (items, item) => {
      items.push(item as YamlValue);
    },
    finalize: finish,
    identify: () => false,
  }) as unknown as SequenceTagDefinition;
}

const NUMBER_START = '-+0123456789.';

const schema = new Schema([
  defineScalarTag<string>(`${TAG}str`, { resolve: (text) => text, identify: () => false }),
  scalar('null', readNull, '~nN'),
  scalar('bool', readBoolean, 'yYnNtTfFoO'),
  scalar('int', readInteger, NUMBER_START),
  scalar('float', readFloat, NUMBER_START, readTaggedFloat),
  scalar('timestamp', readTimestamp, '0123456789'),
  mergeTag,
  defineScalarTag<YamlValue>(`${TAG}binary`, {
    resolve: (text) => new YamlTagged(`${TAG}binary`, text),
    identify: () => false,
  }),
  list('seq', (items) => items),
  list('omap', (items) => new YamlTagged(`${TAG}omap`, items)),
  list('pairs', (items) => new YamlTagged(`${TAG}pairs`, items)),
  mapping('map', (map) => map),
  mapping('set', (map) => new YamlTagged(`${TAG}set`, map)),
]);
