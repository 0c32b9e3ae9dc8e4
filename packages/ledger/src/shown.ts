import { inspect } from 'node:util';

/** Any value in a message, also those that `JSON.stringify` refuses. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}
