import type { TokenEvent } from '@budget/hub-client';
import type { Database } from 'better-sqlite3';
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

/** Where a sum has got to: rows are read in the order of this pair. */
export interface Place {
  readonly endedAtMs: bigint;
  readonly seq: bigint;
}

export const beforeAll: Place = { endedAtMs: -(2n ** 62n), seq: 0n };

/** Events to rows and back. */
export class EventRows {
  readonly #database: Database;
  readonly #statements: ReturnType<typeof prepared>;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepared(database);
  }

  /** Within a transaction. False for an event that is there already. */
  insert(event: TokenEvent, nowMs: number): boolean {
    const { changes, lastInsertRowid } = this.#statements.insertEvent.run(...eventValues(event, nowMs));
    if (changes === 0) return false;
    const seq = BigInt(lastInsertRowid);
    for (const [position, part] of eventParts(event).entries()) {
      this.#statements.insertPart.run(seq, BigInt(position), ...partValues(part));
    }
    return true;
  }

  /** Events that are recorded later come after it, and are not of the same sum. */
  lastSeq(): bigint {
    return (this.#statements.lastSeq.get() as { seq: bigint | null }).seq ?? 0n;
  }

  /** Where the next rows after a place end, of at most so many events; `null` when there are none. */
  placeAfter(place: Place, untilMs: number | null, count: number): Place | null {
    const until = untilMs === null ? 2n ** 62n : BigInt(untilMs);
    const found = this.#statements.placesAfter.get(place.endedAtMs, place.seq, until, BigInt(count)) as
      | { count: bigint; ended_at_ms: bigint; seq: bigint }
      | undefined;
    return found === undefined ? null : { endedAtMs: found.ended_at_ms, seq: found.seq };
  }

  *rows(query: SummaryQuery, after: Place, upTo: Place, lastSeq: bigint): Iterable<SummaryRow> {
    const statement = query.by.includes('model') ? this.#statements.parts : this.#statements.events;
    const places = [after.endedAtMs, after.seq, upTo.endedAtMs, upTo.seq, lastSeq];
    const { workspace, infospace } = query;
    for (const row of statement.iterate(...places, workspace, workspace, infospace, infospace))
      yield summaryRow(row as Row);
  }

  /** Throws what SQLite throws when the file cannot be used. */
  look(): void {
    this.#database.prepare('SELECT 1 FROM events LIMIT 1').get();
  }
}

function prepared(database: Database) {
  const which = `(e.ended_at_ms, e.seq) > (?, ?) AND (e.ended_at_ms, e.seq) <= (?, ?) AND e.seq <= ?
    AND (? IS NULL OR e.workspace = ?) AND (? IS NULL OR e.infospace = ?)`;
  const order = 'ORDER BY e.ended_at_ms, e.seq';
  return {
    insertEvent: database.prepare(
      `INSERT INTO events (${eventColumns.join(', ')}) VALUES (${eventColumns.map(() => '?').join(', ')})
       ON CONFLICT (workspace, infospace, source, id) DO NOTHING`,
    ),
    insertPart: database.prepare(
      `INSERT INTO event_models (seq, position, ${partColumns.join(', ')}) VALUES (?, ?, ${partColumns.map(() => '?').join(', ')})`,
    ),
    lastSeq: database.prepare('SELECT max(seq) AS seq FROM events'),
    placesAfter: database.prepare(
      `SELECT ended_at_ms, seq FROM (
         SELECT ended_at_ms, seq FROM events WHERE (ended_at_ms, seq) > (?, ?) AND ended_at_ms < ?
         ORDER BY ended_at_ms, seq LIMIT ?
       ) ORDER BY ended_at_ms DESC, seq DESC LIMIT 1`,
    ),
    events: database.prepare(`SELECT ${summaryColumns('e')} FROM events e WHERE ${which} ${order}`),
    parts: database.prepare(
      `SELECT ${summaryColumns('m')}
       FROM events e JOIN event_models m ON m.seq = e.seq WHERE ${which} ${order}`,
    ),
  };
}
