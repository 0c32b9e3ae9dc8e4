import { CodedError } from '@budget/core';
import { parse } from 'lossless-json';
import { fromJavaScript } from './from-javascript.js';
import { readYaml } from './read-yaml.js';
import { readableText } from './readable-text.js';
import { asFloat, type YamlValue } from './scalars.js';

/**
 * Reads an input that may be JSON or YAML and keeps every number as it was written: an integer literal all its digits,
 * `2.0` apart from `2`.
 *
 * What begins as JSON does must be JSON: YAML 1.1 would take its `1e-05` for text and a slip would change figures.
 * `advice` ends the message of an error. Where a key stands twice the last one counts, but for `once` in JSON, which is
 * refused then.
 *
 * @throws CodedError `file_corrupt` (kind `input`) with the file, and the line where the parser knows it.
 */
export function readStructured(text: string, file: string, advice = '', once?: string): YamlValue {
  const source = text.replace(/^\ufeff/, '');
  const value = isJson(source, file) ? readJson(source, file, advice, once) : undefined;
  return fromJavaScript(value ?? readYaml(source, file, advice), file);
}

/** By its name, or by how it begins. */
export function isJson(source: string, file: string): boolean {
  return /\.json$/i.test(file) || /^\ufeff?\s*(?:\{\s*["}]|\[)/.test(source);
}

function readJson(source: string, file: string, advice: string, once?: string): YamlValue {
  try {
    return parse(source, null, {
      parseNumber: readJsonNumber,
      onDuplicateKey({ key, newValue, position }) {
        if (key === once) throw new SyntaxError(`${key} stands twice, at position ${position}`);
        return newValue;
      },
    }) as YamlValue;
  } catch (error) {
    throw notJson(file, source, error, advice);
  }
}

function readJsonNumber(text: string): number | bigint | YamlValue {
  if (/[.eE]/.test(text)) return asFloat(Number(text));
  if (text.length > 4300) throw new RangeError('an integer of more than 4300 digits');
  const number = Number(text);
  return Number.isSafeInteger(number) && !Object.is(number, -0) ? number : BigInt(text) || 0;
}

function notJson(file: string, source: string, cause: unknown, advice: string): CodedError {
  // Its parser calls itself for every level.
  const isTooDeep = cause instanceof RangeError && /call stack/.test(cause.message);
  const whole = isTooDeep ? 'it is nested too deep' : cause instanceof Error ? cause.message : String(cause);
  const reason = readableText(whole, 200);
  const position = /at position (\d+)/.exec(whole)?.[1];
  const line = position === undefined ? undefined : source.slice(0, Number(position)).split('\n').length;
  return new CodedError({
    code: 'file_corrupt',
    kind: 'input',
    file,
    line,
    message: `${line === undefined ? file : `${file}:${line}`}: not readable as JSON: ${reason}. ${advice}`,
    cause,
  });
}
