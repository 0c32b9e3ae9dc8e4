import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fieldsOf, isMap, isWrittenAsInteger, YamlFloat, YamlTagged, YamlTimestamp } from '../yaml/scalars.js';

/** A Python that can `import yaml`, or `undefined`. CI makes sure of one. */
export const python: string | undefined = [process.env['BUDGET_PYTHON'], 'python3', '/usr/bin/python3'].find(
  (candidate) => candidate !== undefined && spawnSync(candidate, ['-c', 'import yaml']).status === 0,
);

if (python === undefined && process.env['BUDGET_REQUIRE_ALL'] === '1') {
  throw new Error('No python3 with PyYAML was found: install python3-yaml, or name one in BUDGET_PYTHON.');
}

export type Spelled = unknown;
export interface Answer {
  value?: Spelled;
  text?: string;
  error?: string;
}

/** Asks one PyYAML process all at once. */
export function askPyYaml(requests: readonly ({ load: string } | { dump: Spelled; options?: object })[]): Answer[] {
  const script = fileURLToPath(new URL('./pyyaml.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync(python as string, [script], {
    input: requests.map((request) => JSON.stringify(request)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`PyYAML failed: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

/** The same spelling as the Python side's, of our values. */
export function spell(value: unknown): Spelled {
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return isWrittenAsInteger(value) ? { int: String(value) } : { float: floatHex(value) };
  if (value instanceof YamlFloat) return { float: floatHex(value.value) };
  if (typeof value === 'string') return { str: Array.from(value, (character) => character.codePointAt(0)) };
  if (value instanceof YamlTimestamp) return { time: value.text };
  if (value instanceof YamlTagged) {
    if (value.tag.endsWith('set')) return { set: sorted(Object.keys(value.value as object).map(spell)) };
    return { bytes: String(value.value).replace(/\s/g, '') };
  }
  if (Array.isArray(value)) return value.map(spell);
  const entries = isMap(value) ? fieldsOf(value) : [];
  return { map: sorted(entries.map(([key, field]) => [spell(key), spell(field)])) };
}

function sorted(items: Spelled[]): Spelled[] {
  // Python's json.dumps puts spaces after separators; comparing without them on both sides would differ in order.
  const text = (item: Spelled): string => pythonJson(item);
  return items.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function pythonJson(value: Spelled): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, field]) => `"${key}": ${pythonJson(field)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** Python's `float.hex`, so that not one bit may differ. */
function floatHex(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const sign = high >>> 31 === 1 ? '-' : '';
  const exponent = (high >>> 20) & 0x7ff;
  const mantissa = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  if (exponent === 0 && mantissa === 0n) return `${sign}0x0.0p+0`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  const digits = mantissa.toString(16).padStart(13, '0');
  return `${sign}0x${exponent === 0 ? 0 : 1}.${digits}p${power < 0 ? '-' : '+'}${Math.abs(power)}`;
}
