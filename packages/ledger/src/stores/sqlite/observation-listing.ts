import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { KeptObservation } from '../../kept-observation.js';
import type { ObservationPage, ObservationQuery } from '../../observation-store.js';
import { SLOT_MS, slotOf } from '../../rollup-changes.js';
import { countOfObservations, type ObservationFilter, pageOfObservations } from './observation-rows.js';

const SLOTS_A_TURN = 50;

/**
 * A page of observations, and how many there are of them, on a connection of its own. The roll-ups say in which quarters
 * of an hour there are any and how many: so a page far down, or of somebody who called rarely, does not look at all that
 * was observed in between.
 */
export async function listObservations(database: Database, query: ObservationQuery): Promise<ObservationPage> {
  database.exec('BEGIN');
  try {
    const observations: KeptObservation[] = [];
    let total = 0;
    for (const [index, slot] of slotsOf(database, query).entries()) {
      const filter = filterOf(query, slot.slotAtMs);
      const count = isWhole(query, slot.slotAtMs) ? slot.count : countOfObservations(database, filter);
      const offset = Math.max(0, query.offset - total);
      const limit = query.limit - observations.length;
      if (limit > 0 && offset < count) observations.push(...pageOfObservations(database, filter, { offset, limit }));
      total += count;
      if (index % SLOTS_A_TURN === SLOTS_A_TURN - 1) await nextTurn();
    }
    return { observations, total };
  } finally {
    database.exec('COMMIT');
  }
}

interface CountedSlot {
  readonly slotAtMs: number;
  readonly count: number;
}

/** Newest first. Of an agent and a model together those of the agent. */
function slotsOf(
  database: Database,
  { span, agentId, model, organisationId }: ObservationQuery,
): readonly CountedSlot[] {
  const [dimension, name] = agentId !== null ? ['agent', agentId] : model !== null ? ['model', model] : ['overall', ''];
  const statement = database
    .prepare(
      `SELECT slot_at_ms, sum(CASE is_forgotten WHEN 0 THEN observations ELSE -observations END) AS kept FROM usage_slots
       WHERE dimension = ? AND slot_at_ms >= ? AND slot_at_ms < ? AND name = ? AND (? IS NULL OR organisation = ?)
       GROUP BY slot_at_ms HAVING kept > 0 ORDER BY slot_at_ms DESC`,
    )
    .raw()
    .safeIntegers(false);
  const rows = statement.all(dimension, slotOf(span.fromMs), span.toMs, name, organisationId, organisationId);
  return (rows as (readonly [number, number])[]).map(([slotAtMs, count]) => ({ slotAtMs, count }));
}

/** Whether the count of the roll-up is that of the filters. */
function isWhole({ span, agentId, model }: ObservationQuery, slotAtMs: number): boolean {
  return (agentId === null || model === null) && slotAtMs >= span.fromMs && slotAtMs + SLOT_MS <= span.toMs;
}

function filterOf({ span, organisationId, agentId, model }: ObservationQuery, slotAtMs: number): ObservationFilter {
  const filters = Object.entries({ organisation_id: organisationId, agent_id: agentId, model });
  const asked = filters.filter((filter): filter is [string, string] => filter[1] !== null);
  return {
    condition: ['at_ms >= ?', 'at_ms < ?', ...asked.map(([column]) => `${column} = ?`)].join(' AND '),
    parameters: [
      Math.max(slotAtMs, span.fromMs),
      Math.min(slotAtMs + SLOT_MS, span.toMs),
      ...asked.map(([, value]) => value),
    ],
  };
}
