import type { KeptObservation } from '../../kept-observation.js';
import type { ObservationQuery, ObservationStore } from '../../observation-store.js';
import type { LedgerStore } from '../../store.js';
import type { ContractTools } from './contract-tools.js';

/** Tests by their names. After each of them the audit of roll-ups must find nothing. */
export type ObservationContract = Readonly<Record<string, (given: GivenObservations) => Promise<unknown>>>;

export interface GivenObservations extends ContractTools {
  readonly store: LedgerStore & ObservationStore;
}

export const NOON = Date.parse('2026-06-10T12:00:00Z');

/** A call of a thousand and a hundred tokens at noon, for 2,000,000 nano-USD in 400 ms, unless told. */
export function observationOf(id: string, given: Partial<KeptObservation> = {}): KeptObservation {
  return {
    ...{ id, atMs: NOON, application: 'chat', infospace: null, runId: null, organisationId: null },
    ...{ task: 'summarise', adapter: 'fast', provider: 'openai', model: 'gpt-4o-mini', threadId: null, agentId: null },
    ...{ phase: 'infer', promptTokens: 1000, completionTokens: 100, cachedPromptTokens: 0, cacheWriteTokens: 0 },
    ...{ reasoningTokens: 0, costNanoUsd: 2_000_000n, economicCostNanoUsd: 2_000_000n, estimatedCostNanoUsd: null },
    ...{ costSource: 'rates', cacheHit: 'none', latencyMs: 400, status: 'completed', attempt: 1 },
    ...{ qualityMillionths: null, qualitySource: null, metadata: null },
    ...given,
  };
}

export const allTime = { fromMs: 0, toMs: Date.parse('9999-01-01T00:00:00Z') };

export function queryOf(given: Partial<ObservationQuery> = {}): ObservationQuery {
  return { span: allTime, organisationId: null, agentId: null, model: null, offset: 0, limit: 100, ...given };
}

/** Of the only adapter of a task. */
export async function summaryOf(store: ObservationStore, given: { sinceDay?: number; source?: string } = {}) {
  const { sinceDay = null, source = null } = given;
  const [summary] = await store.readTaskSummaries({ task: 'summarise', adapter: 'fast', sinceDay, source });
  return summary;
}

/** `[judged, sum of qualities, sum of their squares]` */
export async function qualityOf(store: ObservationStore, source?: string): Promise<readonly unknown[]> {
  const summary = await summaryOf(store, source === undefined ? {} : { source });
  return [summary?.judged, summary?.qualityMillionths, summary?.qualitySquaresMillionths];
}
