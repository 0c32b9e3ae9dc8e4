import type { KeptJudgement } from '../../checked-observation.js';
import type { KeptObservation } from '../../kept-observation.js';
import type { JudgeOutcome, ObserveOutcome } from '../../observation-store.js';
import { ownQualities } from '../../rollup-changes.js';
import { RollupCollector } from '../../rollup-collector.js';
import { isSameObservation } from '../observation-columns.js';
import type { Connections } from './connections.js';
import { findJudgements, insertJudgement } from './judgement-rows.js';
import { findObservations, insertObservations, lockObservation } from './observation-rows.js';
import { Again } from './postgres-errors.js';
import { addToRollups } from './rollups.js';
import type { Statement, Transaction } from './transaction.js';

const reset: Statement = {
  name: 'reset usage',
  text: `UPDATE usage_state SET epoch = epoch + 1,
      reset_at_ms = coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    RETURNING reset_at_ms`,
};
const findReset: Statement = { name: 'find usage reset', text: 'SELECT reset_at_ms FROM usage_state' };

/** What changes observations. Each verb is one transaction; rows are locked by their ids, then roll-ups by their keys. */
export class ObservationsInPostgres {
  readonly #connections: Connections;
  readonly #clockMs: () => number | null;

  /** `clockMs`: for tests; `null` for the server's time. */
  constructor(connections: Connections, clockMs: () => number | null) {
    this.#connections = connections;
    this.#clockMs = clockMs;
  }

  async observe(batch: readonly KeptObservation[]): Promise<readonly ObserveOutcome[]> {
    if (batch.length === 0) return [];
    const firstAt = new Map<string, number>();
    for (const [index, { id }] of batch.entries()) if (!firstAt.has(id)) firstAt.set(id, index);
    const once = batch.filter(({ id }, index) => firstAt.get(id) === index);
    const known = await this.#connections.transaction((transaction) => this.#record(transaction, once));
    return batch.map((kept, index) => {
      const first = firstAt.get(kept.id) as number;
      const before = known.get(kept.id);
      if (before === undefined && first === index) return 'recorded';
      return isSameObservation(kept, before ?? (batch[first] as KeptObservation)) ? 'known' : 'differs';
    });
  }

  judge({ observationId: id, qualityMillionths, source }: KeptJudgement): Promise<JudgeOutcome> {
    return this.#connections.transaction(async (transaction) => {
      // The second looks when the first has its lock.
      const [row, judgements] = await Promise.all([
        lockObservation(transaction, id),
        findJudgements(transaction, [id]),
      ]);
      if (row === null) return 'unknown';
      const { kept, totalsEpoch } = row;
      const qualities = [...ownQualities(kept), ...(judgements.get(id) ?? [])];
      const said = qualities.find((each) => each.source === source);
      if (said !== undefined) return said.qualityMillionths === qualityMillionths ? 'known' : 'differs';
      const collector = new RollupCollector();
      collector.addJudgement({ kept, qualities }, { source, qualityMillionths });
      insertJudgement(transaction, id, { source, qualityMillionths }, this.#clockMs());
      addToRollups(transaction, collector.changes(), totalsEpoch, 'all');
      return 'judged';
    });
  }

  async read(id: string): Promise<KeptObservation | null> {
    const [row] = await this.#connections.transaction((transaction) => findObservations(transaction, [id]));
    return row?.kept ?? null;
  }

  async judgementsOf(ids: readonly string[]): Promise<readonly KeptJudgement[]> {
    const byId = await this.#connections.transaction((transaction) => findJudgements(transaction, ids));
    return [...byId].flatMap(([observationId, said]) => said.map((each) => ({ observationId, ...each })));
  }

  resetUsage(): Promise<number> {
    return this.#connections.transaction(async (transaction) => {
      const [row] = await transaction.change<{ readonly reset_at_ms: bigint }>(reset, [this.#clockMs()]);
      return Number(row?.reset_at_ms);
    });
  }

  readUsageReset(): Promise<number | null> {
    return this.#connections.transaction(async (transaction) => {
      const [row] = await transaction.rows<{ readonly reset_at_ms: bigint | null }>(findReset);
      return row?.reset_at_ms == null ? null : Number(row.reset_at_ms);
    });
  }

  /** Each id once. Resolves to those that were known before. */
  async #record(
    transaction: Transaction,
    given: readonly KeptObservation[],
  ): Promise<ReadonlyMap<string, KeptObservation>> {
    const { isNew, epoch } = await insertObservations(transaction, given, this.#clockMs());
    const others = given.map(({ id }) => id).filter((id) => !isNew(id));
    const rows = others.length === 0 ? [] : await findObservations(transaction, others);
    // One was forgotten while it was looked at.
    if (rows.length < others.length) throw new Again();
    if (epoch !== null) {
      const collector = new RollupCollector();
      for (const kept of given)
        if (isNew(kept.id)) collector.add({ kept, qualities: ownQualities(kept) }, { isInTotals: true });
      addToRollups(transaction, collector.changes(), epoch, 'all');
    }
    return new Map(rows.map(({ kept }) => [kept.id, kept]));
  }
}
