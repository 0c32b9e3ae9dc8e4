import { z } from '@hono/zod-openapi';
import { checkedJudgement, checkedObservation } from '../checked-observation.js';
import type { Observation } from '../observation.js';
import { MAX_BATCH } from '../observation-store.js';
import { type AmountJson, amountJson } from './amount-json.js';
import { checkedBy } from './checked-by.js';

const name = z.string();
const optionalName = name.nullish();
const tokens = z.int().min(0);
const costOrNull = amountJson.nullish();

/** Those that answers have, too. */
export const observationFields = {
  phase: z.enum(['train', 'infer']),
  status: z.enum(['completed', 'failed', 'cancelled']),
  cacheHit: z.enum(['none', 'local', 'provider']),
};

/**
 * Shape and description; what each value may be, the ledger's own check says. Defaults are given later: with them here,
 * clients that are made from the description would have to send each field.
 */
const observationShape = z.strictObject({
  id: name.openapi({ description: 'Chosen by whoever made the call; the same one is recorded once.' }),
  at: name.openapi({ description: 'When it was made, with the offset.', example: '2026-11-22T12:00:00.000Z' }),
  application: name,
  infospace: optionalName,
  runId: optionalName,
  organisationId: optionalName,
  task: optionalName.openapi({ description: 'What the call was for; with an adapter, or neither.' }),
  adapter: optionalName.openapi({ description: 'What a router chooses between.' }),
  provider: name,
  model: name,
  threadId: optionalName,
  agentId: optionalName,
  phase: observationFields.phase.optional().openapi({ description: 'Default: infer.' }),
  promptTokens: tokens.openapi({ description: 'Cached ones included.' }),
  completionTokens: tokens,
  cachedPromptTokens: tokens.optional(),
  cacheWriteTokens: tokens.optional(),
  reasoningTokens: tokens.optional(),
  costNanoUsd: costOrNull.openapi({ description: 'Leave it out where it is not known.' }),
  economicCostNanoUsd: costOrNull.openapi({ description: 'Without any cache hit. Default: the cost.' }),
  estimatedCostNanoUsd: costOrNull.openapi({ description: 'What it was thought to cost before it was made.' }),
  costSource: z.enum(['provider', 'rates', 'unknown']).optional().openapi({
    description: 'Default: rates where there is a cost, else unknown.',
  }),
  cacheHit: observationFields.cacheHit.optional().openapi({
    description: 'Default: provider where there are cached tokens, else none.',
  }),
  latencyMs: z.number().min(0).nullish(),
  status: observationFields.status.optional().openapi({ description: 'Default: completed.' }),
  attempt: z.int().min(1).optional().openapi({ description: 'Every retry is a call of its own. Default: 1.' }),
  quality: z.number().min(0).max(1).nullish().openapi({ description: 'A missing quality is not 0.' }),
  qualitySource: optionalName,
  metadata: z.record(z.string(), z.unknown()).nullish().openapi({ description: '4 KiB at most as JSON.' }),
});

type ObservationJson = z.infer<typeof observationShape>;

const observationSchema = observationShape
  .superRefine(checkedBy((json) => checkedObservation(observationFromJson(json))))
  .openapi('Observation');

export const observationsSchema = z.union([observationSchema, z.array(observationSchema).min(1).max(MAX_BATCH)]);

export function observationFromJson({ quality, metadata, ...json }: ObservationJson): Observation {
  const named = Object.entries(json).filter(([, value]) => value !== null && value !== undefined);
  const costNanoUsd = amountOrNull(json.costNanoUsd);
  return {
    ...{ phase: 'infer', status: 'completed', attempt: 1 },
    ...{ cachedPromptTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    ...Object.fromEntries(named),
    costNanoUsd,
    economicCostNanoUsd: amountOrNull(json.economicCostNanoUsd),
    estimatedCostNanoUsd: amountOrNull(json.estimatedCostNanoUsd),
    costSource: json.costSource ?? (costNanoUsd === null ? 'unknown' : 'rates'),
    cacheHit: json.cacheHit ?? ((json.cachedPromptTokens ?? 0) > 0 ? 'provider' : 'none'),
    latencyMs: json.latencyMs ?? null,
    ...(quality !== null && quality !== undefined && { quality }),
    ...(metadata !== null && metadata !== undefined && { metadata }),
  } as Observation;
}

const judgementShape = z.strictObject({
  quality: z.number().min(0).max(1),
  source: name.openapi({ description: 'Who says so. Each says it once of a call.', example: 'tests' }),
});

export const judgementSchema = judgementShape
  .superRefine(checkedBy((json) => checkedJudgement({ observationId: 'any', ...json })))
  .openapi('Judgement');

function amountOrNull(amount: AmountJson | null | undefined): bigint | null {
  return amount === null || amount === undefined ? null : BigInt(amount);
}
