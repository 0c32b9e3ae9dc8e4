import type { Database } from 'better-sqlite3';
import type { ObservationStore } from '../../observation-store.js';
import { discrepancyOf } from '../../rollup-comparison.js';
import { listObservations } from './observation-listing.js';
import type { ObservationsInSqlite } from './observations-in-sqlite.js';
import { auditRollups } from './rollup-audit.js';

/** So many roll-ups are mended in one transaction. */
const MENDED_AT_ONCE = 100;

/** How a store runs what its verbs do. */
export interface VerbRunner {
  /** In one immediate transaction. */
  write<T>(work: (nowMs: number) => T): Promise<T>;
  /** On one state of the ledger. */
  read<T>(work: (nowMs: number) => T): Promise<T>;
  /** On a connection of its own, for what takes long. */
  withReader<T>(work: (reader: Database) => Promise<T>): Promise<T>;
}

/** The verbs of an `ObservationStore`. */
export function observationVerbs(observations: ObservationsInSqlite, run: VerbRunner): ObservationStore {
  const { rows, rollups } = observations;
  return {
    observe: (batch) => run.write((nowMs) => observations.observe(batch, nowMs)),
    judge: (judgement) => run.write((nowMs) => observations.judge(judgement, nowMs)),
    readObservation: (id) => run.read(() => rows.find(id)?.kept ?? null),
    readJudgements: (ids) => run.read(() => observations.judgementsOf(ids)),
    listObservations: (query) => run.withReader((reader) => listObservations(reader, query)),

    readTaskSummaries: (query) => run.read(() => rollups.readTaskSummaries(query)),
    listUsageTotals: (query) => run.read(() => rollups.listTotals(observations.epoch(), query)),
    countUsageTotals: (dimension, atMost) =>
      run.read(() => rollups.countTotals(observations.epoch(), dimension, atMost)),
    readUsageTotal: (dimension, name) => run.read(() => rollups.readTotal(observations.epoch(), dimension, name)),
    readUsage: (query) => run.read(() => query.spans.map((span) => rollups.slots.read(query, span))),
    resetUsage: () => run.write((nowMs) => observations.resetUsage(nowMs)),
    readUsageReset: () => run.read(() => observations.readUsageReset()),

    auditRollups: async () => (await run.withReader(auditRollups)).differing.map(discrepancyOf),
    async rebuildRollups() {
      const { epoch, differing } = await run.withReader(auditRollups);
      for (let at = 0; at < differing.length; at += MENDED_AT_ONCE) {
        const some = differing.slice(at, at + MENDED_AT_ONCE);
        await run.write(() => observations.mend(some, epoch));
      }
      return differing.map(discrepancyOf);
    },
  };
}
