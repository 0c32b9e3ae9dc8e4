import { createHash } from 'node:crypto';
import { compareCodePoints } from '../compare-code-points.js';
import { pythonFloatText } from '../yaml/float-text.js';
import {
  fieldsOf,
  isMap,
  isWrittenAsInteger,
  YamlFloat,
  YamlTagged,
  YamlTimestamp,
  type YamlValue,
} from '../yaml/scalars.js';

const FINGERPRINT_KEYS = [
  'stage',
  'selected_chunk_count',
  'selected_chunk_ids',
  'selected_chapter_numbers',
  'total_provider_calls_estimate',
  'total_prompt_tokens_estimate',
  'estimated_cost_usd',
  'cost_per_1k_tokens',
  'max_calls',
  'cost_cap',
  'filters',
] as const;

/**
 * `snapshot_id`: the first 12 hex digits of SHA-256 over a canonical JSON of the fields that make a plan this plan.
 * The same figures give the same id here and in the earlier Python tool, to the last digit of every number.
 */
export function planFingerprint(snapshot: Readonly<Record<string, YamlValue>>): string {
  const relevant = Object.fromEntries(FINGERPRINT_KEYS.map((key) => [key, snapshot[key] ?? null]));
  return createHash('sha256').update(canonicalJson(relevant), 'utf8').digest('hex').slice(0, 12);
}

/** As Python's `json.dumps(value, sort_keys=True)`: ASCII only, `", "` and `": "` between. */
function canonicalJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return isWrittenAsInteger(value) ? String(value) : pythonFloatText(value);
  if (typeof value === 'string') return asciiJson(value);
  if (value instanceof YamlFloat) return pythonFloatText(value.value);
  if (value instanceof YamlTimestamp) return asciiJson(value.text);
  if (value instanceof YamlTagged) return canonicalJson(value.value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(', ')}]`;
  if (isMap(value)) return canonicalMap(fieldsOf(value).map(([key, field]) => [keyText(key), field]));
  throw new TypeError(`a ${typeof value} has no place in a plan`);
}

function canonicalMap(entries: [string, unknown][]): string {
  const fields = entries
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, value]) => `${asciiJson(key)}: ${canonicalJson(value)}`);
  return `{${fields.join(', ')}}`;
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? key : canonicalJson(key);
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
