/**
 * Plain scalars as PyYAML resolves them (YAML 1.1): the files were first written by a Python tool and other Python
 * programs go on reading them. `86e501496586`, a hex id, is text to PyYAML and infinity to a YAML 1.2 parser.
 */

/** A float whose value is a whole number (`2.0`). JavaScript alone cannot tell it from the integer `2`. */
export class YamlFloat {
  constructor(readonly value: number) {}
}

/** A date or time, kept as it was written. */
export class YamlTimestamp {
  constructor(readonly text: string) {}
}

/** A value under one of PyYAML's explicit tags that we have no use for, and must not lose: `!!binary`, `!!set`, … */
export class YamlTagged {
  constructor(
    readonly tag: string,
    readonly value: YamlValue,
  ) {}
}

/** Whole numbers are integers, `YamlFloat` apart. */
export type YamlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | YamlFloat
  | YamlTimestamp
  | YamlTagged
  | YamlValue[]
  | YamlMap;

/** Under it a map keeps the fields whose keys are no text (`1: a`): we have no use for them and must not lose them. */
const otherKeys: unique symbol = Symbol('fields whose keys are no text');

/** Has no prototype, so that a missing `constructor` field is missing. */
export interface YamlMap {
  [key: string]: YamlValue;
  [otherKeys]?: ReadonlyMap<YamlValue, YamlValue>;
}

/** The counterpart of `fieldsOf`. */
export function asYamlMap(fields: Iterable<readonly [YamlValue, YamlValue]>): YamlMap {
  const map: YamlMap = Object.create(null);
  const others = new Map<YamlValue, YamlValue>();
  for (const [key, value] of fields) {
    if (typeof key === 'string') map[key] = value;
    else others.set(key, value);
  }
  if (others.size > 0) map[otherKeys] = others;
  return map;
}

/** All fields of a map, those whose keys are no text last. */
export function fieldsOf(map: Readonly<Record<string, unknown>>): [unknown, unknown][] {
  const others = (map as YamlMap)[otherKeys];
  return others === undefined ? Object.entries(map) : [...Object.entries(map), ...others];
}

const NULL = /^(?:~|null|Null|NULL|)$/;
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/;

// Python refuses longer literals too, and BigInt takes quadratic time over them.
const MAX_INTEGER_DIGITS = 4300;

/** `undefined` when the text is no null, boolean, … of that kind. */
export const readNull = (text: string): null | undefined => (NULL.test(text) ? null : undefined);

export const readBoolean = (text: string): boolean | undefined =>
  BOOLEAN.test(text) ? /^(?:yes|true|on)$/i.test(text) : undefined;

export const readTimestamp = (text: string): YamlTimestamp | undefined =>
  TIMESTAMP.test(text) ? new YamlTimestamp(text) : undefined;

export function readInteger(text: string): number | bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  if (text.length > MAX_INTEGER_DIGITS) throw new RangeError(`an integer of more than ${MAX_INTEGER_DIGITS} digits`);
  const negative = text.startsWith('-');
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const magnitude = integerMagnitude(digits);
  if (magnitude === undefined) return undefined;
  const value = negative ? -magnitude : magnitude;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function integerMagnitude(digits: string): bigint | undefined {
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  if (/^0[bx]$/.test(digits)) return undefined;
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  return digits.length > 1 && digits.startsWith('0') ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
}

export function readFloat(text: string): number | YamlFloat | undefined {
  if (!FLOAT.test(text)) return undefined;
  const digits = text.replaceAll('_', '').toLowerCase();
  const sign = digits.startsWith('-') ? -1 : 1;
  const magnitude = floatMagnitude(digits.replace(/^[-+]/, ''));
  return asFloat(sign * magnitude);
}

/** Under `!!float` whatever is a number: `1`, `1e5`. */
export function readTaggedFloat(text: string): number | YamlFloat | undefined {
  const digits = text.replaceAll('_', '');
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(digits) ? asFloat(Number(digits)) : undefined;
}

function floatMagnitude(digits: string): number {
  if (digits === '.inf') return Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number(digits);
}

/** A float as a value that is written as a float again. */
export function asFloat(value: number): number | YamlFloat {
  return isWrittenAsInteger(value) ? new YamlFloat(value) : value;
}

/** Whether a bare JavaScript number stands for an integer. Whole numbers beyond 2^53 and -0 can only be floats. */
export function isWrittenAsInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** What a plain scalar means. Everything that is nothing else is text. */
export function readPlainScalar(text: string): YamlValue {
  for (const read of [readNull, readBoolean, readInteger, readFloat, readTimestamp]) {
    const value = read(text);
    if (value !== undefined) return value;
  }
  return text;
}

/** For those who want the value and not how it was written: floats as numbers, times as text, tags dropped. */
export function toPlain(value: YamlValue): unknown {
  if (value instanceof YamlFloat) return value.value;
  if (value instanceof YamlTimestamp) return value.text;
  if (value instanceof YamlTagged) return toPlain(value.value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (isMap(value)) return mapValues(value, toPlain);
  return value;
}

export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && isPlainPrototype(Object.getPrototypeOf(value));
}

function isPlainPrototype(prototype: unknown): boolean {
  return prototype === null || prototype === Object.prototype;
}

function mapValues<Result>(map: YamlMap, convert: (value: YamlValue) => Result): Record<string, Result> {
  const converted: Record<string, Result> = Object.create(null);
  for (const [key, value] of fieldsOf(map)) converted[String(toPlain(key as YamlValue))] = convert(value as YamlValue);
  return converted;
}
