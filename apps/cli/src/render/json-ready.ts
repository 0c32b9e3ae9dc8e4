/** The same value with integers that `JSON.stringify` takes; those past 2^53 become decimal text. */
export function jsonReady(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(jsonReady);
  if (typeof value !== 'object' || value === null) return value;
  const ready: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = (value as Readonly<Record<string, unknown>>)[key];
    // Assigning to this name would set the prototype, and a file may hold any key.
    if (key === '__proto__') Object.defineProperty(ready, key, { value: jsonReady(field), enumerable: true });
    else ready[key] = typeof field === 'object' || typeof field === 'bigint' ? jsonReady(field) : field;
  }
  return ready;
}
