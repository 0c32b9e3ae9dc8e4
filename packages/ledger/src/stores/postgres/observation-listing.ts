import type { KeptObservation } from '../../kept-observation.js';
import type { ObservationPage, ObservationQuery } from '../../observation-store.js';
import { SLOT_MS, slotOf } from '../../rollup-changes.js';
import type { Connections } from './connections.js';
import { type ObservationColumns, observationIn, observationList } from './observation-rows.js';
import { BEGIN_READING } from './scope-states.js';
import type { Statement, Transaction } from './transaction.js';

const findSlots: Statement = {
  name: 'find slots with observations',
  text: `SELECT slot_at_ms, sum(CASE WHEN is_forgotten THEN -observations ELSE observations END)::bigint AS count
    FROM usage_slots WHERE dimension = $1 AND slot_at_ms >= $2 AND slot_at_ms < $3 AND name = $4
      AND ($5::text IS NULL OR organisation = $5)
    GROUP BY slot_at_ms HAVING sum(CASE WHEN is_forgotten THEN -observations ELSE observations END) > 0
    ORDER BY slot_at_ms DESC`,
};
/** `$1`: the slots; then the filters. */
const inSlots = `FROM unnest($1::bigint[]) AS slot (at_ms)
    JOIN observations o ON o.at_ms >= greatest(slot.at_ms, $2::bigint) AND o.at_ms < least(slot.at_ms + ${SLOT_MS}, $3::bigint)
  WHERE ($4::text IS NULL OR o.organisation_id = $4) AND ($5::text IS NULL OR o.agent_id = $5)
    AND ($6::text IS NULL OR o.model = $6)`;
const countInSlots: Statement = {
  name: 'count observations',
  text: `SELECT slot.at_ms AS slot_at_ms, count(*) ${inSlots} GROUP BY slot.at_ms`,
};
const pageInSlots: Statement = {
  name: 'page of observations',
  text: `SELECT ${observationList} ${inSlots} ORDER BY o.at_ms DESC, o.seq DESC LIMIT $7 OFFSET $8`,
};

interface CountedSlot {
  readonly slot_at_ms: bigint;
  readonly count: bigint;
}

/**
 * A page of observations, and how many there are of them, in one state of the ledger. The roll-ups say in which quarters
 * of an hour there are any and how many: so a page far down, or of somebody who called rarely, does not look at all that
 * was observed in between.
 */
export function listObservations(connections: Connections, query: ObservationQuery): Promise<ObservationPage> {
  return connections.transaction(
    async (transaction) => {
      const slots = await countedSlots(transaction, query);
      const asked: bigint[] = [];
      let total = 0;
      let before = 0;
      for (const { slot_at_ms, count } of slots) {
        if (total + Number(count) <= query.offset) before += Number(count);
        else if (total < query.offset + query.limit) asked.push(slot_at_ms);
        total += Number(count);
      }
      const observations = asked.length === 0 ? [] : await pageOf(transaction, query, asked, query.offset - before);
      return { observations, total };
    },
    { begin: BEGIN_READING },
  );
}

/** Newest first. Of an agent and a model together, and at the ends of the span, roll-ups do not know how many there are. */
async function countedSlots(transaction: Transaction, query: ObservationQuery): Promise<readonly CountedSlot[]> {
  const { span, agentId, model, organisationId } = query;
  const [dimension, name] = agentId !== null ? ['agent', agentId] : model !== null ? ['model', model] : ['overall', ''];
  const slots = await transaction.rows<CountedSlot>(findSlots, [
    ...[dimension, slotOf(span.fromMs), span.toMs, name, organisationId],
  ]);
  const unsure = slots.map(({ slot_at_ms }) => slot_at_ms).filter((slotAtMs) => !isWhole(query, Number(slotAtMs)));
  if (unsure.length === 0) return slots;
  const rows = await transaction.rows<CountedSlot>(countInSlots, [unsure, ...filtersOf(query)]);
  const counts = new Map(rows.map(({ slot_at_ms, count }) => [slot_at_ms, count]));
  return slots.map((slot) =>
    unsure.includes(slot.slot_at_ms) ? { ...slot, count: counts.get(slot.slot_at_ms) ?? 0n } : slot,
  );
}

async function pageOf(
  transaction: Transaction,
  query: ObservationQuery,
  slots: readonly bigint[],
  offset: number,
): Promise<readonly KeptObservation[]> {
  const values = [slots, ...filtersOf(query), query.limit, offset];
  return (await transaction.rows<ObservationColumns>(pageInSlots, values)).map((row) => observationIn(row).kept);
}

/** Whether the count of the roll-up is that of the filters. */
function isWhole({ span, agentId, model }: ObservationQuery, slotAtMs: number): boolean {
  return (agentId === null || model === null) && slotAtMs >= span.fromMs && slotAtMs + SLOT_MS <= span.toMs;
}

function filtersOf({ span, organisationId, agentId, model }: ObservationQuery): readonly unknown[] {
  return [span.fromMs, span.toMs, organisationId, agentId, model];
}
