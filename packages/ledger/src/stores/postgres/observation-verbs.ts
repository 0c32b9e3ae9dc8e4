import type { ObservationStore } from '../../observation-store.js';
import { discrepancyOf } from '../../rollup-comparison.js';
import type { Connections } from './connections.js';
import { listObservations } from './observation-listing.js';
import { ObservationRetention } from './observation-retention.js';
import { ObservationsInPostgres } from './observations-in-postgres.js';
import { auditRollups, differingIn } from './rollup-audit.js';
import { mendRollups } from './rollup-mending.js';
import { RollupReads } from './rollup-reads.js';
import { BEGIN_READING } from './scope-states.js';
import type { SteadyTime } from './steady-time.js';
import { readUsage } from './usage-of-spans.js';

/** So many roll-ups are mended in one transaction. */
const MENDED_AT_ONCE = 100;

export interface ObservationVerbsOptions {
  readonly connections: Connections;
  readonly time: SteadyTime;
  readonly keptMs: number;
  /** For tests; `null` for the server's time. */
  readonly clockMs: () => number | null;
  /** Of many observations an audit looks at every one. */
  readonly auditTimeoutMs: number;
  /** Runs what a verb does. */
  readonly verb: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs what nobody waits for; what fails there is tried again another time. */
  readonly inBackground: (work: () => Promise<void>) => void;
}

/** The verbs of an `ObservationStore`. */
export function observationVerbs(options: ObservationVerbsOptions): ObservationStore {
  const { connections, time, keptMs, clockMs, auditTimeoutMs, verb, inBackground } = options;
  const observations = new ObservationsInPostgres(connections, clockMs);
  const rollups = new RollupReads(connections);
  const retention = new ObservationRetention({ connections, time, keptMs, clockMs });
  const audited = async () => {
    const found = await connections.transaction(auditRollups, { begin: BEGIN_READING, timeoutMs: auditTimeoutMs });
    return { epoch: found.epoch, differing: differingIn(found) };
  };
  return {
    async observe(batch) {
      const outcomes = await verb(() => observations.observe(batch));
      if (retention.isNext(batch.length)) inBackground(() => retention.forgetOld());
      return outcomes;
    },
    judge: (judgement) => verb(() => observations.judge(judgement)),
    readObservation: (id) => verb(() => observations.read(id)),
    readJudgements: (ids) => verb(() => observations.judgementsOf(ids)),
    listObservations: (query) => verb(() => listObservations(connections, query)),

    readTaskSummaries: (query) => verb(() => rollups.taskSummaries(query)),
    listUsageTotals: (query) => verb(() => rollups.totals(query)),
    countUsageTotals: (dimension, atMost) => verb(() => rollups.countTotals(dimension, atMost)),
    readUsageTotal: (dimension, name) => verb(() => rollups.total(dimension, name)),
    readUsage: (query) => verb(() => readUsage(connections, query)),
    resetUsage: () => verb(() => observations.resetUsage()),
    readUsageReset: () => verb(() => observations.readUsageReset()),

    auditRollups: () => verb(async () => (await audited()).differing.map(discrepancyOf)),
    rebuildRollups: () =>
      verb(async () => {
        const { epoch, differing } = await audited();
        for (let at = 0; at < differing.length; at += MENDED_AT_ONCE) {
          const some = differing.slice(at, at + MENDED_AT_ONCE);
          await connections.transaction((transaction) => mendRollups(transaction, some, epoch));
        }
        return differing.map(discrepancyOf);
      }),
  };
}
