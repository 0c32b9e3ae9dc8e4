import type { TokenEvent } from '@budget/hub-client';
import { type EventPart, isCostLowerBound, nanoUsd } from '../event-parts.js';
import type { SummaryRow } from '../summary.js';

/** What is kept of an event, beside its number. Tables of all stores have the same columns. */
export const eventColumns = [
  ...['workspace', 'infospace', 'source', 'id', 'received_at_ms'],
  ...['run_id', 'run_index', 'snapshot_id', 'workplan', 'workplan_task'],
  ...['started_at_ms', 'ended_at_ms', 'duration_seconds', 'status'],
  ...['calls', 'tokens_in', 'tokens_out', 'cost_nano_usd', 'cost_source', 'unpriced_calls', 'is_cost_lower_bound'],
] as const;

/** In the order of `eventColumns`. Whole numbers are bigints, durations are not whole. */
export function eventValues(event: TokenEvent, nowMs: number): readonly (bigint | number | string | null)[] {
  const { data } = event;
  return [
    ...[data.workspace, data.infospace_slug, event.source, event.id, BigInt(nowMs)],
    ...[data.run_id, BigInt(data.run_index), data.snapshot_id],
    ...[data.workplan_id ?? null, data.workplan_task_id ?? null],
    ...[timeOf(data.started_at), timeOf(data.ended_at), data.duration_seconds, data.status],
    ...[BigInt(data.calls), BigInt(data.tokens_in), BigInt(data.tokens_out), nanoUsd(data.cost_nano_usd)],
    ...[data.cost_source, BigInt(data.unpriced_calls), isCostLowerBound(event) ? 1n : 0n],
  ];
}

/** Behind the number of the event and the position in it. */
export const partColumns = [
  ...['provider', 'model', 'calls', 'tokens_in', 'tokens_out'],
  ...['cached_tokens_in', 'cache_write_tokens', 'reasoning_tokens'],
  ...['cost_nano_usd', 'unpriced_calls', 'is_cost_lower_bound'],
] as const;

/** In the order of `partColumns`. */
export function partValues(part: EventPart): readonly (bigint | string | null)[] {
  return [
    ...[part.provider, part.model, part.calls, part.tokensIn, part.tokensOut],
    ...[part.cachedTokensIn, part.cacheWriteTokens, part.reasoningTokens],
    ...[part.costNanoUsd, part.unpricedCalls, part.isCostLowerBound ? 1n : 0n],
  ];
}

/** What a summary asks of the table of events `e`, or, by model, of their parts `m` too. */
export function summaryColumns(table: 'e' | 'm'): string {
  const names = ['e.seq', 'e.ended_at_ms', 'e.workspace', 'e.infospace', 'e.workplan'];
  const ofModel = table === 'e' ? ['NULL AS provider', 'NULL AS model'] : ['m.provider', 'm.model'];
  const figures = ['calls', 'tokens_in', 'tokens_out', 'cost_nano_usd', 'unpriced_calls', 'is_cost_lower_bound'];
  return [...names, ...ofModel, ...figures.map((name) => `${table}.${name}`)].join(', ');
}

export type Row = Readonly<Record<string, bigint | string | null>>;

/** Exact within 2^53, as times are. */
export function summaryRow(row: Row): SummaryRow {
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
