import { type Clock, CodedError, systemClock, uuidv7 } from '@budget/core';
import { checkedObservation } from './checked-observation.js';
import type { KeptObservation } from './kept-observation.js';
import type { Observation } from './observation.js';
import type { ObservationQuery, ObservationStore, Span } from './observation-store.js';
import type { SlotDimension, UsageDimension } from './rollup-changes.js';
import { quietLog } from './threshold-events.js';
import type { TrackedCall, TrackedCost } from './tracked-call.js';
import { daysBetween } from './usage-days.js';
import { type UsageEvent, usageEventOf } from './usage-event.js';
import { type UsageFigures, type UsageTotals, usageFigures, usageTotals } from './usage-figures.js';
import { type SubscriberFailures, type UsageSubscriber, UsageSubscribers } from './usage-subscribers.js';
import { noUsage } from './usage-sums.js';

export interface UsageTrackerOptions {
  readonly store: ObservationStore;
  /** Whose calls these are. */
  readonly application: string;
  /** What a call cost; `null` where that is not known, as without this function. */
  readonly price?: ((call: TrackedCall) => TrackedCost | null) | undefined;
  /** Told once of each subscriber that fails, and of prices that throw. Default: nothing. */
  readonly log?: ((line: string) => unknown) | undefined;
  /** After this long the promise of a subscriber counts as one that never settles. Default: 10 seconds. */
  readonly subscribersSettleWithinMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface NamedUsage extends UsageTotals {
  readonly name: string;
}

export interface NamedUsageFigures extends UsageFigures {
  readonly name: string;
}

export interface DailyUsage extends UsageFigures {
  /** `2026-11-28`, in the time zone that was asked for. */
  readonly date: string;
}

export interface UsageHistoryQuery extends Partial<Omit<ObservationQuery, 'span'>> {
  readonly span?: Span | undefined;
}

/**
 * What was used, at once: every call is an observation in the ledger, and totals are the ledger's, whichever process
 * recorded the call and however often one crashed.
 */
export interface UsageTracker {
  /**
   * Records a call, also one that failed or was broken off, and tells subscribers when totals have it. With an id that
   * was recorded before it changes nothing and tells nobody.
   *
   * @throws CodedError `observation_invalid`; `id_taken` where another call was recorded under the id; of kind `environment` where the store could not be used.
   */
  record(call: TrackedCall): Promise<UsageEvent>;
  /** Called after totals are updated. Returns what unsubscribes. */
  subscribe(subscriber: UsageSubscriber): () => void;
  /** Since this tracker was made. */
  subscriberFailures(): SubscriberFailures;
  /** Since the last reset. @param name of an agent, a model …; zeros where it is not known */
  totals(dimension?: UsageDimension, name?: string): Promise<UsageTotals>;
  /** Since the last reset, by name; pages of at most 1,000. */
  totalsBy(
    dimension: UsageDimension,
    page?: { readonly after?: string; readonly limit?: number },
  ): Promise<readonly NamedUsage[]>;
  /** Of how many agents, models … there are any since the last reset: 10,000 stands for as many or more. */
  countOf(dimension: UsageDimension): Promise<number>;
  /** Of a span of time, whenever totals were reset. By name. */
  usageOf(
    span: Span,
    by?: SlotDimension | 'organisation',
    organisationId?: string,
  ): Promise<readonly NamedUsageFigures[]>;
  /** Every day of the time zone that has a moment of the span, ascending. @throws CodedError `time_zone_invalid`, `span_invalid` */
  daily(span: Span, timeZone: string, organisationId?: string): Promise<readonly DailyUsage[]>;
  /** Newest first; `total` counts all that fit. At most 1,000 at once. */
  history(query?: UsageHistoryQuery): Promise<{ readonly events: readonly UsageEvent[]; readonly total: number }>;
  /** Starts totals anew and keeps everything. Resolves to when that was. */
  reset(): Promise<Date>;
}

const DEFAULT_SETTLES_WITHIN_MS = 10_000;
const MAX_PAGE = 1000;
/** To count is to look at each: so many take a millisecond or two. */
const MAX_COUNTED = 10_000;
const ALL_TIME: Span = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

export function createUsageTracker(options: UsageTrackerOptions): UsageTracker {
  const { store, log = () => {}, clock = systemClock } = options;
  const settlesWithinMs = options.subscribersSettleWithinMs ?? DEFAULT_SETTLES_WITHIN_MS;
  const subscribers = new UsageSubscribers({ log, settlesWithinMs });
  const tellLog = quietLog(log);

  /** The call was made and is paid for: it counts, whatever is wrong with prices. */
  function costOf(call: TrackedCall): TrackedCost | null {
    try {
      return options.price?.(call) ?? null;
    } catch (error) {
      tellLog(`A call of ${call.model} has no price: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  return {
    async record(call) {
      const { application } = options;
      const kept = checkedObservation(observationOfCall(call, { application, clock, cost: costOf(call) }), 'call');
      const [outcome] = await store.observe([kept]);
      if (outcome === 'differs') throw idTaken(kept.id);
      const event = usageEventOf(kept);
      if (outcome === 'recorded') subscribers.tell(event);
      return event;
    },
    subscribe: (subscriber) => subscribers.subscribe(subscriber),
    subscriberFailures: () => subscribers.failures(),
    totals: async (dimension = 'overall', name = '') => usageTotals(await store.readUsageTotal(dimension, name)),
    async totalsBy(dimension, { after, limit = MAX_PAGE } = {}) {
      const rows = await store.listUsageTotals({ dimension, after: after ?? null, limit: Math.min(limit, MAX_PAGE) });
      return rows.map((sums) => ({ ...usageTotals(sums), name: sums.name }));
    },
    countOf: (dimension) => store.countUsageTotals(dimension, MAX_COUNTED),
    async usageOf(span, by = 'overall', organisationId) {
      const [rows = []] = await store.readUsage({ by, spans: [span], organisationId: organisationId ?? null });
      return rows.map((sums) => ({ ...usageFigures(sums), name: sums.name }));
    },
    async daily(span, timeZone, organisationId) {
      const days = daysBetween(span, timeZone);
      const spans = days.map((day) => day.span);
      const rows = await store.readUsage({ by: 'overall', spans, organisationId: organisationId ?? null });
      return days.map(({ date }, index) => ({ ...usageFigures(rows[index]?.[0] ?? noUsage()), date }));
    },
    async history({ span = ALL_TIME, organisationId, agentId, model, offset = 0, limit = 100 } = {}) {
      const filters = { organisationId: organisationId ?? null, agentId: agentId ?? null, model: model ?? null };
      const page = await store.listObservations({ span, ...filters, offset, limit: Math.min(limit, MAX_PAGE) });
      return { events: page.observations.map((kept: KeptObservation) => usageEventOf(kept)), total: page.total };
    },
    reset: async () => new Date(await store.resetUsage()),
  };
}

interface Recording {
  readonly application: string;
  readonly clock: Clock;
  readonly cost: TrackedCost | null;
}

function observationOfCall(call: TrackedCall, { application, clock, cost }: Recording): Observation {
  const { cachedPromptTokens = 0, metadata, threadId, agentId, organisationId } = call;
  return {
    id: call.id ?? uuidv7(clock),
    at: call.at ?? new Date(clock.nowMs()).toISOString(),
    application,
    ...(threadId !== undefined && { threadId }),
    ...(agentId !== undefined && { agentId }),
    ...(organisationId !== undefined && { organisationId }),
    provider: call.provider,
    model: call.model,
    phase: call.phase ?? 'infer',
    promptTokens: call.promptTokens,
    completionTokens: call.completionTokens,
    cachedPromptTokens,
    cacheWriteTokens: call.cacheWriteTokens ?? 0,
    reasoningTokens: call.reasoningTokens ?? 0,
    costNanoUsd: cost?.costNanoUsd ?? null,
    economicCostNanoUsd: cost?.economicCostNanoUsd ?? null,
    estimatedCostNanoUsd: call.estimatedCostNanoUsd ?? null,
    costSource: cost === null ? 'unknown' : (cost.costSource ?? 'rates'),
    cacheHit: call.cacheHit ?? (cachedPromptTokens > 0 ? 'provider' : 'none'),
    latencyMs: call.latencyMs ?? null,
    status: call.status ?? 'completed',
    attempt: call.attempt ?? 1,
    ...(metadata !== undefined && { metadata }),
  };
}

function idTaken(id: string): CodedError {
  return new CodedError({
    code: 'id_taken',
    kind: 'input',
    message: `${id} is recorded already, as another call. Nothing was changed. Give every call an id of its own.`,
  });
}
