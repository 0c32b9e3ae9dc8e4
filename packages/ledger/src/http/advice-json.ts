import { z } from '@hono/zod-openapi';
import type { CandidateAdvice, Recommendation } from '../routing/recommend.js';
import { checkedRequest, type RecommendationRequest } from '../routing/recommendation-request.js';
import type { TaskStatistics } from '../routing/task-statistics.js';
import { amountJson, amountToJson } from './amount-json.js';
import { checkedBy } from './checked-by.js';
import { timeOrNull } from './time-json.js';

const count = z.int().min(0);
const number = z.number();
const amountOrNull = amountJson.nullable();
const estimate = { mean: number.nullable(), lower: number, upper: number };

const statistics = {
  ...{ task: z.string(), adapter: z.string(), observations: count },
  confidence: number.openapi({ description: 'With which an interval holds at all times together.' }),
  quality: z.object({ ...estimate, judged: count }),
  success: z.object({ ...estimate, completed: count, failed: count, cancelled: count }),
  cost: z.object({
    priced: count,
    unpriced: count.openapi({ description: 'Whose cost nobody knows, and no mean contains.' }),
    meanNanoUsd: amountOrNull,
    deviationNanoUsd: number.nullable(),
    economicMeanNanoUsd: amountOrNull.openapi({ description: 'Without any cache hit.' }),
    economicPerCompletedNanoUsd: amountOrNull.openapi({ description: 'With the failed calls on the way.' }),
  }),
  latency: z.object({ p50Ms: number.nullable(), p95Ms: number.nullable() }),
  lastSeenAt: z.iso.datetime().nullable(),
};

export const taskStatisticsSchema = z.object(statistics).openapi('TaskStatistics');

export function taskStatisticsToJson(known: TaskStatistics): z.infer<typeof taskStatisticsSchema> {
  const { task, adapter, observations, confidence, quality, success, cost, latency, lastSeenMs } = known;
  const orNull = (amount: bigint | null) => (amount === null ? null : amountToJson(amount));
  return {
    ...{ task, adapter, observations, confidence, quality, success },
    cost: {
      priced: cost.priced,
      unpriced: cost.unpriced,
      meanNanoUsd: orNull(cost.meanNanoUsd),
      deviationNanoUsd: cost.deviationNanoUsd,
      economicMeanNanoUsd: orNull(cost.economicMeanNanoUsd),
      economicPerCompletedNanoUsd: orNull(cost.economicPerCompletedNanoUsd),
    },
    latency,
    lastSeenAt: timeOrNull(lastSeenMs),
  };
}

/** Shape and description; what each value may be, the check of `recommend` says. */
const requestShape = z.strictObject({
  task: z.string().openapi({ example: 'summarise' }),
  candidates: z.array(z.string()).openapi({ description: 'Adapters, each once; 100 at most.' }),
  minQuality: number.optional().openapi({ description: 'Good enough is what has this mean quality at least.' }),
  maxLoss: number.optional().openapi({ description: 'Or: what loses at most this much against the best.' }),
  maxCostNanoUsd: amountJson.optional().openapi({ description: 'Of a completed call, without cache hits.' }),
  maxP95Ms: number.optional(),
  explore: number.optional().openapi({ description: 'The share of calls to learn from. Default: 0.1.' }),
  seed: z.union([z.string(), number]).optional().openapi({ description: 'Another for every call, such as its id.' }),
  default: z.string().optional().openapi({ description: 'While too little is known. Default: the first.' }),
  confidence: number.optional().openapi({ description: 'Default: 0.95.' }),
});

type RequestJson = z.infer<typeof requestShape>;

export const recommendationRequestSchema = requestShape
  .superRefine(checkedBy((json) => checkedRequest(requestFromJson(json))))
  .openapi('RecommendationRequest', {
    example: { task: 'summarise', candidates: ['small', 'large'], maxLoss: 0.05, seed: 'call-7f3a' },
  });

export function requestFromJson({ maxCostNanoUsd, ...request }: RequestJson): RecommendationRequest {
  return { ...request, ...(maxCostNanoUsd !== undefined && { maxCostNanoUsd: BigInt(maxCostNanoUsd) }) };
}

const candidateSchema = z
  .object({
    ...statistics,
    standing: z.enum(['proven', 'open', 'ruled_out', 'excluded']),
    worstLoss: number.nullable(),
    propensity: number.openapi({ description: 'Those of all candidates sum to 1.' }),
    whyNot: z.string().nullable().openapi({ description: 'For people; null for the one that is taken.' }),
  })
  .openapi('Candidate');

export const recommendationSchema = z
  .object({
    ...{ task: z.string(), adapter: z.string(), choice: z.enum(['proven', 'default', 'explored']) },
    reason: z.string().openapi({ description: 'For people.' }),
    propensity: number.openapi({ description: 'With which this adapter was taken, over all seeds.' }),
    candidates: z.array(candidateSchema),
  })
  .openapi('Recommendation');

export function recommendationToJson(advice: Recommendation): z.infer<typeof recommendationSchema> {
  const { task, adapter, choice, reason, propensity, candidates } = advice;
  return { task, adapter, choice, reason, propensity, candidates: candidates.map(candidateToJson) };
}

function candidateToJson(candidate: CandidateAdvice): z.infer<typeof candidateSchema> {
  const { standing, worstLoss, propensity, whyNot } = candidate;
  return { ...taskStatisticsToJson(candidate), standing, worstLoss, propensity, whyNot };
}
