import { usdNumber } from '@budget/core';
import { z } from '@hono/zod-openapi';
import type { UsageEvent } from '../usage-event.js';
import type { UsageFigures, UsageTotals } from '../usage-figures.js';
import { amountJson, amountToJson, signedAmountJson } from './amount-json.js';
import { observationFields } from './observation-json.js';

const count = z.int().min(0);
const usd = z.number().openapi({ description: 'US dollars with 6 decimals, for people; nothing adds up in them.' });

const figures = {
  requestCount: count,
  totalTokens: amountJson,
  promptTokens: amountJson.openapi({ description: 'Cached ones included.' }),
  completionTokens: amountJson,
  cachedPromptTokens: amountJson,
  totalCost: usd,
  totalCostNanoUsd: amountJson.openapi({ description: 'The same, exact: 1,000,000,000 are a dollar.' }),
  unpricedRequests: count.openapi({
    description: 'Whose cost nobody knows, and no cost here contains: unless it is 0, each cost is a lower bound.',
  }),
  economicCost: usd,
  economicCostNanoUsd: amountJson.openapi({ description: 'What they would have cost without any cache hit.' }),
  estimatedRequests: count.openapi({ description: 'Those with an estimate and a cost.' }),
  estimatedCostNanoUsd: amountJson.openapi({ description: 'What these were estimated at.' }),
  estimateDeltaNanoUsd: signedAmountJson.openapi({ description: 'How much more these cost.' }),
  failedRequests: count,
  cancelledRequests: count,
  retriedRequests: count,
  cacheHitRatio: z.number(),
  avgLatencyMs: z.number().openapi({ description: '0 where no latency is known.' }),
};

export const usageFiguresSchema = z.object(figures).openapi('UsageFigures');

export const usageTotalsSchema = z
  .object({
    ...figures,
    p50LatencyMs: z.number().nullable().openapi({ description: 'Within 3.2 %; null where no latency is known.' }),
    p95LatencyMs: z.number().nullable(),
  })
  .openapi('UsageTotals');

export function usageFiguresToJson(usage: UsageFigures): z.infer<typeof usageFiguresSchema> {
  return {
    requestCount: usage.requestCount,
    totalTokens: amountToJson(usage.totalTokens),
    promptTokens: amountToJson(usage.promptTokens),
    completionTokens: amountToJson(usage.completionTokens),
    cachedPromptTokens: amountToJson(usage.cachedPromptTokens),
    totalCost: usdNumber(usage.costNanoUsd),
    totalCostNanoUsd: amountToJson(usage.costNanoUsd),
    unpricedRequests: usage.unpricedRequests,
    economicCost: usdNumber(usage.economicCostNanoUsd),
    economicCostNanoUsd: amountToJson(usage.economicCostNanoUsd),
    estimatedRequests: usage.estimatedRequests,
    estimatedCostNanoUsd: amountToJson(usage.estimatedCostNanoUsd),
    estimateDeltaNanoUsd: amountToJson(usage.estimateDeltaNanoUsd),
    failedRequests: usage.failedRequests,
    cancelledRequests: usage.cancelledRequests,
    retriedRequests: usage.retriedRequests,
    cacheHitRatio: usage.cacheHitRatio,
    avgLatencyMs: usage.meanLatencyMs,
  };
}

export function usageTotalsToJson(usage: UsageTotals): z.infer<typeof usageTotalsSchema> {
  const { p50LatencyMs, p95LatencyMs } = usage;
  return { ...usageFiguresToJson(usage), p50LatencyMs, p95LatencyMs };
}

const { phase, status, cacheHit } = observationFields;
const name = z.string();
const nameOrNull = z.string().nullable();
const amountOrNull = amountJson.nullable();

export const usageEventSchema = z
  .object({
    ...{ id: name, at: z.iso.datetime(), threadId: nameOrNull, agentId: nameOrNull, organisationId: nameOrNull },
    ...{ application: name, provider: name, model: name, phase },
    ...{ promptTokens: count, completionTokens: count, totalTokens: count, cachedPromptTokens: count },
    cost: usd.nullable().openapi({ description: 'US dollars with 6 decimals; null where nobody knows.' }),
    ...{ costNanoUsd: amountOrNull, economicCostNanoUsd: amountOrNull, estimatedCostNanoUsd: amountOrNull },
    ...{ latencyMs: count.nullable(), status, attempt: count, cacheHit },
    ...{ isUnpriced: z.boolean(), isRetry: z.boolean(), metadata: z.record(z.string(), z.unknown()).nullable() },
  })
  .openapi('UsageEvent');

export function usageEventToJson(event: UsageEvent): z.infer<typeof usageEventSchema> {
  const { costNanoUsd, economicCostNanoUsd, estimatedCostNanoUsd } = event;
  const orNull = (amount: bigint | null) => (amount === null ? null : amountToJson(amount));
  return {
    ...event,
    cost: costNanoUsd === null ? null : usdNumber(costNanoUsd),
    costNanoUsd: orNull(costNanoUsd),
    economicCostNanoUsd: orNull(economicCostNanoUsd),
    estimatedCostNanoUsd: orNull(estimatedCostNanoUsd),
    metadata: event.metadata === null ? null : { ...event.metadata },
  };
}
