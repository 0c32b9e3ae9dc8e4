import { windowColumns } from '../window-columns.js';
import type { Counter } from './counters.js';
import type { Statement } from './transaction.js';

const keyColumns = ['scope', 'unit', 'every', 'time_zone', 'starts_at_ms', 'ends_at_ms'];
const movedColumns = [
  ...['used', 'held', 'overrun', 'forgotten_used', 'forgotten_overrun'],
  ...['reset_at', 'crossed_percent', 'last_used_at_ms'],
];
const columns = [...keyColumns, ...movedColumns];

export const MAKE_SCOPES: Statement = {
  name: 'make scopes',
  text: 'INSERT INTO scopes (scope) SELECT named FROM unnest($1::text[]) AS named',
};

/** Makes those that are new. A sum past 2^63 is refused as a parameter. */
export const WRITE_COUNTERS: Statement = {
  name: 'write counters',
  text: `INSERT INTO counters (${columns.join(', ')})
    SELECT * FROM unnest(${columns.map((_, index) => `$${index + 1}::${index < 4 ? 'text' : 'bigint'}[]`).join(', ')})
    ON CONFLICT (scope, ends_at_ms, unit, every, time_zone)
    DO UPDATE SET ${movedColumns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
};

/** A list for each column. */
export function counterValues(counters: readonly Counter[]): unknown[][] {
  const rows = counters.map((counter) => [
    ...[counter.scope, counter.unit, ...windowColumns(counter.window), counter.startsAtMs, counter.endsAtMs],
    ...[counter.used, counter.held, counter.overrun, counter.forgottenUsed, counter.forgottenOverrun],
    ...[counter.resetAt, counter.crossedPercent, counter.lastUsedAtMs],
  ]);
  return columns.map((_, index) => rows.map((row) => row[index]));
}
