import type { TokenEvent } from '@budget/hub-client';
import { eventParts } from '../../event-parts.js';
import type { SummaryQuery, SummaryRow } from '../../summary.js';
import {
  eventColumns,
  eventValues,
  partColumns,
  partValues,
  type Row,
  summaryColumns,
  summaryRow,
} from '../event-columns.js';
import type { Transaction } from './connections.js';

const eventKey = ['workspace', 'infospace', 'source', 'id'];
const textColumns: readonly string[] = [
  ...[...eventKey, 'run_id', 'snapshot_id', 'workplan', 'workplan_task', 'status', 'cost_source', 'provider', 'model'],
];

const INSERT_EVENTS = `INSERT INTO events (${eventColumns.join(', ')}) SELECT * FROM unnest(${lists(eventColumns)})
  ON CONFLICT (workspace, infospace, id, hashtextextended(source, 0)) DO NOTHING RETURNING seq, ${eventKey.join(', ')}`;
const positioned = ['seq', 'position', ...partColumns];
const INSERT_PARTS = `INSERT INTO event_models (${positioned.join(', ')}) SELECT * FROM unnest(${lists(positioned)})`;

/**
 * Keeps those that are not there yet, and says how many they were. In the order of their names: two who bring the same ones
 * at the same time wait for each other in turn. Of several with one name the first stays.
 */
export async function insertEvents(
  transaction: Transaction,
  events: readonly TokenEvent[],
  nowMs: number,
): Promise<number> {
  if (events.length === 0) return 0;
  const byKey = new Map<string, TokenEvent>();
  for (const event of events) if (!byKey.has(keyOf(event))) byKey.set(keyOf(event), event);
  const ordered = [...byKey].sort(([first], [second]) => (first < second ? -1 : 1)).map(([, event]) => event);
  const made = await transaction(INSERT_EVENTS, columnsOf(ordered.map((event) => eventValues(event, nowMs))));
  const parts = made.flatMap((row) => {
    const event = byKey.get(JSON.stringify(eventKey.map((name) => row[name]))) as TokenEvent;
    return eventParts(event).map((part, position) => [row['seq'], position, ...partValues(part)]);
  });
  if (parts.length > 0) await transaction(INSERT_PARTS, columnsOf(parts));
  return made.length;
}

/** Those of a query in the order of time, some at once. One statement sees all of them as they were when it began. */
export async function* summaryRows(
  transaction: Transaction,
  { by, fromMs, untilMs, workspace, infospace }: SummaryQuery,
  rowsAtOnce: number,
): AsyncGenerator<readonly SummaryRow[]> {
  const isByModel = by.includes('model');
  const parts = isByModel ? 'JOIN event_models m ON m.seq = e.seq' : '';
  await transaction(
    `DECLARE summed NO SCROLL CURSOR FOR SELECT ${summaryColumns(isByModel ? 'm' : 'e')} FROM events e ${parts}
      WHERE e.ended_at_ms >= $1 AND e.ended_at_ms < $2 AND ($3::text IS NULL OR e.workspace = $3)
        AND ($4::text IS NULL OR e.infospace = $4)
      ORDER BY e.ended_at_ms, e.seq${isByModel ? ', m.position' : ''}`,
    [fromMs ?? -(2n ** 62n), untilMs ?? 2n ** 62n, workspace, infospace],
  );
  for (;;) {
    const rows = await transaction(`FETCH ${rowsAtOnce} FROM summed`);
    if (rows.length === 0) return;
    yield rows.map((row) => summaryRow(row as Row));
  }
}

function keyOf({ source, id, data }: TokenEvent): string {
  return JSON.stringify([data.workspace, data.infospace_slug, source, id]);
}

/** One list a column, as parameters of `unnest`. */
function lists(columns: readonly string[]): string {
  const typeOf = (name: string) =>
    textColumns.includes(name) ? 'text' : name === 'duration_seconds' ? 'double precision' : 'bigint';
  return columns.map((name, index) => `$${index + 1}::${typeOf(name)}[]`).join(', ');
}

function columnsOf(rows: readonly (readonly unknown[])[]): unknown[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
}
