import { isMap, toPlain, type YamlMap, type YamlValue } from './scalars.js';

// Documents are read leniently where only a part of them is of use: a field of another kind is as good as missing.

/** A name, whatever YAML took it for: an id of digits alone, or one that is a date. `null` for anything but a scalar. */
export function textField(value: YamlValue | undefined): string | null {
  const plain = toPlain(value ?? null);
  return plain === null || typeof plain === 'object' ? null : String(plain);
}

export function numberField(value: YamlValue | undefined): number | bigint | null {
  const plain = toPlain(value ?? null);
  if (typeof plain === 'bigint') return plain;
  return typeof plain === 'number' && Number.isFinite(plain) ? plain : null;
}

/** A count: a whole number that is not negative. */
export function countField(value: YamlValue | undefined): number | null {
  const number = numberField(value);
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : null;
}

export function integerField(value: YamlValue | undefined): bigint | null {
  const number = numberField(value);
  return typeof number === 'bigint' || Number.isSafeInteger(number) ? BigInt(number as number | bigint) : null;
}

export function mapsField(value: YamlValue | undefined): YamlMap[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}
