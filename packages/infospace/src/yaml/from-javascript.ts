import { CodedError } from '@budget/core';
import { asYamlMap, fieldsOf, YamlFloat, YamlTagged, YamlTimestamp, type YamlValue } from './scalars.js';

// What is given is written into deeper places of our own files, which are read with a limit of 100.
const MAX_DEPTH = 64;

/**
 * A value that a program hands over, in the form in which files are read: objects of any class by their own fields,
 * dates as text, `undefined` fields left out.
 *
 * @param name how errors call it: a file, or `records[0]`.
 * @throws CodedError `value_unsupported` (kind `input`) with the path of what has no place in a file: a function, a
 * symbol, a circle, or more than 64 levels.
 */
export function fromJavaScript(given: unknown, name: string): YamlValue {
  const refuse = (path: string, why: string): CodedError =>
    new CodedError({
      code: 'value_unsupported',
      kind: 'input',
      file: name,
      message: `${name}${path === '' ? '' : `: ${path.replace(/^\./, '').slice(0, 60)}`} cannot be recorded: ${why}. Nothing was recorded.`,
    });

  const convert = (value: unknown, path: string, depth: number): YamlValue => {
    if (depth > MAX_DEPTH) throw refuse(path, `nested more than ${MAX_DEPTH} levels deep, or in a circle`);
    if (value === null || value === undefined) return null;
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(path, `a ${typeof value}`);
    if (typeof value !== 'object') return value as YamlValue;
    if (value instanceof YamlFloat || value instanceof YamlTimestamp || value instanceof YamlTagged) return value;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (Array.isArray(value)) return value.map((item, index) => convert(item, `${path}[${index}]`, depth + 1));
    const fields = [...(value instanceof Map ? value : fieldsOf(value as Record<string, unknown>))];
    return asYamlMap(
      fields
        .filter(([, field]) => field !== undefined)
        .map(([key, field]) => [key as YamlValue, convert(field, `${path}.${String(key)}`, depth + 1)]),
    );
  };
  return convert(given, '', 0);
}
