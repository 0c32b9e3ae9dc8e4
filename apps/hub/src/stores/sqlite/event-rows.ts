import type { TokenEvent } from '@budget/hub-client';
import type { Database } from 'better-sqlite3';
import { type EventPart, eventParts, isCostLowerBound, nanoUsd } from '../../event-parts.js';
import type { SummaryQuery, SummaryRow } from '../../summary.js';

/** Where a sum has got to: rows are read in the order of this pair. */
export interface Place {
  readonly endedAtMs: bigint;
  readonly seq: bigint;
}

export const beforeAll: Place = { endedAtMs: -(2n ** 62n), seq: 0n };

type Row = Readonly<Record<string, bigint | string | null>>;

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
    const { data } = event;
    const { changes, lastInsertRowid } = this.#statements.insertEvent.run(
      ...[data.workspace, data.infospace_slug, event.source, event.id, BigInt(nowMs)],
      ...[
        data.run_id,
        BigInt(data.run_index),
        data.snapshot_id,
        data.workplan_id ?? null,
        data.workplan_task_id ?? null,
      ],
      ...[timeOf(data.started_at), timeOf(data.ended_at), data.duration_seconds, data.status],
      ...[BigInt(data.calls), BigInt(data.tokens_in), BigInt(data.tokens_out), nanoUsd(data.cost_nano_usd)],
      ...[data.cost_source, BigInt(data.unpriced_calls), isCostLowerBound(event) ? 1n : 0n],
    );
    if (changes === 0) return false;
    for (const [position, part] of eventParts(event).entries())
      this.#insertPart(BigInt(lastInsertRowid), position, part);
    return true;
  }

  #insertPart(seq: bigint, position: number, part: EventPart): void {
    this.#statements.insertPart.run(
      ...[seq, BigInt(position), part.provider, part.model],
      ...[part.calls, part.tokensIn, part.tokensOut, part.cachedTokensIn, part.cacheWriteTokens, part.reasoningTokens],
      ...[part.costNanoUsd, part.unpricedCalls, part.isCostLowerBound ? 1n : 0n],
    );
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

/** Exact within 2^53, as times are. */
function summaryRow(row: Row): SummaryRow {
  return {
    run: row['seq'] as bigint,
    endedAtMs: Number(row['ended_at_ms']),
    workspace: row['workspace'] as string,
    infospace: row['infospace'] as string,
    workplan: row['workplan'] as string | null,
    provider: row['provider'] as string | null,
    model: row['model'] as string | null,
    calls: row['calls'] as bigint,
    tokensIn: row['tokens_in'] as bigint,
    tokensOut: row['tokens_out'] as bigint,
    costNanoUsd: row['cost_nano_usd'] as bigint | null,
    unpricedCalls: row['unpriced_calls'] as bigint,
    isCostLowerBound: row['is_cost_lower_bound'] !== 0n,
  };
}

function timeOf(time: string | null): bigint | null {
  return time === null ? null : BigInt(Date.parse(time));
}

function prepared(database: Database) {
  const figures = (table: string) =>
    ['calls', 'tokens_in', 'tokens_out', 'cost_nano_usd', 'unpriced_calls', 'is_cost_lower_bound']
      .map((name) => `${table}.${name}`)
      .join(', ');
  const names = 'e.seq, e.ended_at_ms, e.workspace, e.infospace, e.workplan';
  const which = `(e.ended_at_ms, e.seq) > (?, ?) AND (e.ended_at_ms, e.seq) <= (?, ?) AND e.seq <= ?
    AND (? IS NULL OR e.workspace = ?) AND (? IS NULL OR e.infospace = ?)`;
  const order = 'ORDER BY e.ended_at_ms, e.seq';
  return {
    insertEvent: database.prepare(
      `INSERT INTO events (
         workspace, infospace, source, id, received_at_ms, run_id, run_index, snapshot_id, workplan, workplan_task,
         started_at_ms, ended_at_ms, duration_seconds, status,
         calls, tokens_in, tokens_out, cost_nano_usd, cost_source, unpriced_calls, is_cost_lower_bound
       ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (workspace, infospace, source, id) DO NOTHING`,
    ),
    insertPart: database.prepare('INSERT INTO event_models VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    lastSeq: database.prepare('SELECT max(seq) AS seq FROM events'),
    placesAfter: database.prepare(
      `SELECT ended_at_ms, seq FROM (
         SELECT ended_at_ms, seq FROM events WHERE (ended_at_ms, seq) > (?, ?) AND ended_at_ms < ?
         ORDER BY ended_at_ms, seq LIMIT ?
       ) ORDER BY ended_at_ms DESC, seq DESC LIMIT 1`,
    ),
    events: database.prepare(
      `SELECT ${names}, NULL AS provider, NULL AS model, ${figures('e')} FROM events e WHERE ${which} ${order}`,
    ),
    parts: database.prepare(
      `SELECT ${names}, m.provider, m.model, ${figures('m')}
       FROM events e JOIN event_models m ON m.seq = e.seq WHERE ${which} ${order}`,
    ),
  };
}
