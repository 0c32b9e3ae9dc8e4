import type { TokenEvent, TokenEventModel } from '@budget/hub-client';
import * as z from 'zod';

/** SQLite counts to there, and 9 billion dollars are no cost of a run. */
const MAX_NANO_USD = 2n ** 63n - 1n;
const MAX_MODELS = 1000;
/** The client makes one of two names of 128 characters, each of which may be 9 when it is percent-encoded. */
const MAX_SOURCE = 2400;

/** A name of something. What cannot be stored and shown as it was sent is none. */
const name = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'Must hold no control characters and no halves of characters');
const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });
const nanoUsd = z
  .union([z.int().min(0), z.string().regex(/^\d{1,19}$/)], {
    error: 'Must be a whole number of nano-USD from 0 on, as decimal text past 2^53, or null',
  })
  .refine((amount) => BigInt(amount) <= MAX_NANO_USD, 'Must be less than 2^63')
  .nullable();

const model = z.object({
  provider: name(256),
  model: name(512),
  calls: count,
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count.exactOptional(),
  cache_write_input_tokens: count.exactOptional(),
  reasoning_output_tokens: count.exactOptional(),
  cost_nano_usd: nanoUsd,
});

const { $schema: _, ...modelAsJson } = z.toJSONSchema(model);
/** Counted before they are looked at: each of a million that are wrong would be a fault of its own. */
const models = z.array(z.unknown()).max(MAX_MODELS).meta({ items: modelAsJson }).pipe(z.array(model));

const data = z.object({
  schema_version: z.literal(1),
  run_id: name(256),
  run_index: count,
  workspace: name(256),
  infospace_slug: name(256),
  workplan_id: name(256).exactOptional(),
  workplan_task_id: name(256).exactOptional(),
  started_at: time.nullable(),
  ended_at: time,
  duration_seconds: z.number().min(0).nullable(),
  status: z.enum(['completed', 'failed', 'cancelled']),
  snapshot_id: name(256).nullable(),
  calls: count,
  tokens_in: count,
  tokens_out: count,
  total_tokens: count,
  cost_usd: z.number().min(0).nullable(),
  cost_nano_usd: nanoUsd,
  currency: z.literal('USD'),
  cost_source: z.enum(['provider', 'rates', 'mixed', 'unknown']),
  unpriced_calls: count,
  model: name(512).nullable(),
  models,
});

/**
 * The token event of a run (CloudEvents 1.0, JSON). Fields that are not named here are taken and not kept, so that a newer
 * client can say more and nothing that nobody asked for is stored. Figures that contradict each other are refused: no sum
 * of them would be right.
 */
export const tokenEventSchema: z.ZodType<TokenEvent> = z.object({
  specversion: z.literal('1.0'),
  id: name(256),
  source: name(MAX_SOURCE),
  type: z.literal('dev.budget.run.v1'),
  time,
  subject: name(1024),
  data: data.superRefine((run, context) => {
    for (const [field, message] of contradictions(run)) {
      context.addIssue({ code: 'custom', path: [field], message });
    }
  }),
});

type Contradiction = readonly [field: string, message: string];

function contradictions(run: TokenEvent['data']): readonly Contradiction[] {
  const { models } = run;
  const rules: readonly (readonly [holds: boolean, ...Contradiction])[] = [
    [run.total_tokens === run.tokens_in + run.tokens_out, 'total_tokens', 'Must be tokens_in and tokens_out together'],
    [run.unpriced_calls <= run.calls, 'unpriced_calls', 'Must not be more than calls'],
    [new Set(models.map(nameOf)).size === models.length, 'models', 'Must name each model of a provider once'],
    [sumOf(models, 'calls') <= run.calls, 'models', 'Must not have more calls together than the run'],
    [sumOf(models, 'input_tokens') <= run.tokens_in, 'models', 'Must not have more input tokens together than the run'],
    [
      sumOf(models, 'output_tokens') <= run.tokens_out,
      'models',
      'Must not have more output tokens together than the run',
    ],
    [costOf(models) <= BigInt(run.cost_nano_usd ?? 0), 'models', 'Must not cost more together than the run'],
    [
      run.cost_nano_usd !== null || models.every(isUnpriced),
      'models',
      'Must have no cost where cost_nano_usd of the run is null',
    ],
    [!isZeroForNothing(run), 'cost_nano_usd', 'Must be null where all calls are of models whose cost is null'],
  ];
  return rules.flatMap(([holds, field, message]) => (holds ? [] : [[field, message] as const]));
}

const isUnpriced = ({ cost_nano_usd }: TokenEventModel): boolean => cost_nano_usd === null;

/** A cost of zero that is that of no call. */
function isZeroForNothing({ calls, cost_nano_usd, models }: TokenEvent['data']): boolean {
  const isZero = cost_nano_usd !== null && BigInt(cost_nano_usd) === 0n;
  const calling = models.filter((model) => model.calls > 0);
  return isZero && calls > 0 && sumOf(models, 'calls') === calls && calling.every(isUnpriced);
}

const nameOf = ({ provider, model }: TokenEventModel): string => JSON.stringify([provider, model]);

function sumOf(models: readonly TokenEventModel[], field: 'calls' | 'input_tokens' | 'output_tokens'): number {
  return models.reduce((sum, model) => sum + model[field], 0);
}

function costOf(models: readonly TokenEventModel[]): bigint {
  return models.reduce((sum, { cost_nano_usd }) => sum + BigInt(cost_nano_usd ?? 0), 0n);
}
