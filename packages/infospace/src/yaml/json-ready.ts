import { fieldsOf, isMap, YamlFloat, YamlTagged, YamlTimestamp } from './scalars.js';

/** What `JSON.stringify` takes as it is. An integer past 2^53 is decimal text. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonFields;
export interface JsonFields {
  [field: string]: JsonValue;
}

/** The same values as JSON can say them: what only YAML knows (a date, a float that is whole) becomes text or number. */
function jsonReady(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof YamlFloat || value instanceof YamlTagged) return jsonReady(value.value);
  if (value instanceof YamlTimestamp) return value.text;
  if (Array.isArray(value)) return value.map(jsonReady);
  return isMap(value) ? jsonFields(value) : String(value);
}

export function jsonFields(map: Readonly<Record<string, unknown>>): JsonFields {
  const fields: JsonFields = Object.create(null);
  for (const [key, field] of fieldsOf(map)) fields[String(jsonReady(key))] = jsonReady(field);
  return fields;
}
