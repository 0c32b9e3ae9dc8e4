import type { NamedUsageSums, Span, UsageQuery } from '../../observation-store.js';
import { SLOT_MS } from '../../rollup-changes.js';
import type { UsageSums } from '../../usage-sums.js';
import { columnOf } from '../observation-columns.js';
import type { Connections } from './connections.js';
import { BEGIN_READING } from './scope-states.js';
import { type SumsRow, usageOfRow } from './sums-columns.js';
import type { Statement } from './transaction.js';

/** What was used within each span, in their order, by name; all of one state of the ledger. */
export function readUsage(
  connections: Connections,
  { by, spans, organisationId }: UsageQuery,
): Promise<readonly (readonly NamedUsageSums[])[]> {
  const statement = statements[by];
  return connections.transaction(
    (transaction) =>
      Promise.all(
        spans.map(async (span) => {
          const rows = await transaction.rows<SumsRow>(statement, [...partsOf(span), organisationId]);
          return rows.map((row) => ({ ...usageOfRow(row), name: row['name'] as string }));
        }),
      ),
    { begin: BEGIN_READING },
  );
}

/** Where its whole quarters of an hour begin and end; then where what lies before and after them begins and ends. */
function partsOf({ fromMs, toMs }: Span): readonly unknown[] {
  const firstMs = Math.ceil(fromMs / SLOT_MS) * SLOT_MS;
  const endMs = Math.floor(toMs / SLOT_MS) * SLOT_MS;
  return firstMs <= endMs ? [firstMs, endMs, [fromMs, endMs], [firstMs, toMs]] : [0, 0, [fromMs], [toMs]];
}

/** Of observations `o`; as `addUsageOf` sums them. */
const isPriced = 'o.cost_nano_usd IS NOT NULL';
const isEstimated = `${isPriced} AND o.estimated_cost_nano_usd IS NOT NULL`;
const sumOfObservations: Readonly<Record<keyof UsageSums, string>> = {
  observations: 'count(*)',
  completed: `count(*) FILTER (WHERE o.status = 'completed')`,
  failed: `count(*) FILTER (WHERE o.status = 'failed')`,
  cancelled: `count(*) FILTER (WHERE o.status = 'cancelled')`,
  retried: 'count(*) FILTER (WHERE o.attempt > 1)',
  priced: `count(*) FILTER (WHERE ${isPriced})`,
  localHits: `count(*) FILTER (WHERE o.cache_hit = 'local')`,
  providerHits: `count(*) FILTER (WHERE o.cache_hit = 'provider')`,
  timed: 'count(o.latency_ms)',
  estimated: `count(*) FILTER (WHERE ${isEstimated})`,
  promptTokens: 'sum(o.prompt_tokens)',
  completionTokens: 'sum(o.completion_tokens)',
  cachedPromptTokens: 'sum(o.cached_prompt_tokens)',
  costNanoUsd: 'sum(o.cost_nano_usd)',
  economicCostNanoUsd: `sum(coalesce(o.economic_cost_nano_usd, o.cost_nano_usd)) FILTER (WHERE ${isPriced})`,
  latencyMsTotal: 'sum(o.latency_ms)',
  estimatedCostNanoUsd: `sum(o.estimated_cost_nano_usd) FILTER (WHERE ${isEstimated})`,
  estimateDeltaNanoUsd: `sum(o.cost_nano_usd - o.estimated_cost_nano_usd) FILTER (WHERE ${isEstimated})`,
};

/** Each with the column of the slots that holds the name, and what of an observation it is. */
const statements: Readonly<Record<UsageQuery['by'], Statement>> = {
  overall: usageBy('overall', 'name', `''::text`),
  agent: usageBy('agent', 'name', 'o.agent_id'),
  model: usageBy('model', 'name', 'o.model'),
  phase: usageBy('phase', 'name', 'o.phase'),
  application: usageBy('application', 'name', 'o.application'),
  infospace: usageBy('infospace', 'name', 'o.infospace'),
  organisation: usageBy('overall', 'organisation', `coalesce(o.organisation_id, '')`),
};

function usageBy(dimension: string, nameOfSlot: string, nameOfObservation: string): Statement {
  const fields = Object.keys(sumOfObservations) as (keyof UsageSums)[];
  const columns = fields.map(columnOf);
  return {
    name: `usage by ${nameOfSlot === 'name' ? dimension : nameOfSlot}`,
    text: `SELECT name, ${columns.map((column) => `coalesce(sum(${column}), 0) AS ${column}`).join(', ')} FROM (
        SELECT ${nameOfSlot} AS name, ${columns.join(', ')} FROM usage_slots
        WHERE dimension = '${dimension}' AND slot_at_ms >= $1 AND slot_at_ms < $2 AND NOT is_forgotten
          AND ($5::text IS NULL OR organisation = $5)
        UNION ALL
        SELECT ${nameOfObservation}, ${fields.map((field) => sumOfObservations[field]).join(', ')}
        FROM unnest($3::bigint[], $4::bigint[]) AS part (from_ms, to_ms)
          JOIN observations o ON o.at_ms >= part.from_ms AND o.at_ms < part.to_ms
        WHERE ${nameOfObservation} IS NOT NULL AND ($5::text IS NULL OR o.organisation_id = $5)
        GROUP BY 1) AS parts
      GROUP BY name ORDER BY name`,
  };
}
