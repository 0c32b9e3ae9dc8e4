// The spelling of PyYAML's `safe_dump` for the few kinds of value that the earlier tool wrote. scripts/bench.test.mjs
// compares it with PyYAML itself, byte for byte.

/** Plain text that YAML 1.1 would read as an integer; PyYAML puts it in quotes. Ids of hexadecimal digits can be such. */
const LOOKS_LIKE_INTEGER = /^(?:0b[01]+|0[0-7]*|[1-9]\d*)$/;

/** An id or a name: letters, digits and `-./`. */
export function pyText(text) {
  return text === '' || LOOKS_LIKE_INTEGER.test(text) ? `'${text}'` : text;
}

/** A time has colons and dashes as a timestamp of YAML has, so that it needs quotes. */
export function pyTime(time) {
  return `'${time}'`;
}

/** The float `units / 10 ** decimals`, as Python's `repr` and PyYAML after it write it: `0.0`, `1.5`, `1.0e-05`. */
export function pyFloat(units, decimals) {
  if (units === 0) return '0.0';
  const digits = String(units).replace(/0+$/, '');
  const exponent = String(units).length - 1 - decimals;
  if (exponent < -4) return `${digits[0]}.${digits.slice(1) || '0'}e-${String(-exponent).padStart(2, '0')}`;
  const whole = String(Math.floor(units / 10 ** decimals));
  const fraction = String(units % 10 ** decimals).padStart(decimals, '0');
  return `${whole}.${fraction.replace(/0+$/, '') || '0'}`;
}

export const pyNullable = (value, spell) => (value === null ? 'null' : spell(value));
