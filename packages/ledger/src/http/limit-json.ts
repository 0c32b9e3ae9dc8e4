import { z } from '@hono/zod-openapi';
import { MAX_LIMIT } from '../limit.js';
import { checkedScope, MAX_SCOPE_LENGTH } from '../scope.js';
import type { LimitState, ScopeState, UnitUsage } from '../store.js';
import { checkedWindow } from '../window.js';
import { amountJson, amountToJson, amountUpTo, unitSchema } from './amount-json.js';
import { checkedBy } from './checked-by.js';
import { timeOrNull } from './time-json.js';

export const scopeSchema = z
  .string()
  .min(1)
  .max(MAX_SCOPE_LENGTH)
  .superRefine(checkedBy(checkedScope))
  .openapi({ example: 'application:chat' });

const windowSchema = z
  .strictObject({ every: z.enum(['day', 'week', 'month']), timeZone: z.string() })
  .superRefine(checkedBy(checkedWindow))
  .openapi('Window', { example: { every: 'day', timeZone: 'Europe/Paris' } });

const thresholdSchema = z
  .strictObject({ percent: z.int().min(1).max(100), severity: z.string() })
  .openapi('Threshold', { example: { percent: 80, severity: 'warning' } });

export const limitChangeSchema = z
  .strictObject({
    unit: unitSchema.optional(),
    limit: amountUpTo(MAX_LIMIT).optional(),
    window: windowSchema.nullish().openapi({ description: 'Default: for life.' }),
    thresholds: z.array(thresholdSchema).max(20).optional().openapi({ description: 'Default: 75, 90 and 95 %.' }),
    parent: scopeSchema.nullish().openapi({
      description: 'What is reserved on the scope counts there too; null for none. Without it the parent stays.',
    }),
  })
  .superRefine(({ unit, limit, window, thresholds, parent }, context) => {
    const isOfLimit = [unit, limit, window, thresholds].some((each) => each !== undefined);
    if (!isOfLimit && parent !== undefined) return;
    for (const [name, value] of Object.entries({ unit, limit }))
      if (value === undefined) context.addIssue({ code: 'custom', path: [name], message: 'Is missing.' });
  })
  .openapi('LimitChange', {
    example: { unit: 'nanoUsd', limit: 5_000_000_000, window: { every: 'day', timeZone: 'UTC' } },
  });

const limitSchema = z
  .object({
    ...{ unit: unitSchema, limit: amountJson, window: windowSchema.nullable() },
    ...{ used: amountJson, held: amountJson, remaining: amountJson, overrun: amountJson },
    resetsAt: z.iso.datetime().nullable(),
    thresholds: z.array(thresholdSchema),
  })
  .openapi('Limit');

export const scopeStateSchema = z
  .object({
    ...{ scope: z.string(), parent: z.string().nullable(), limits: z.array(limitSchema) },
    usage: z
      .array(z.object({ unit: unitSchema, used: amountJson, held: amountJson, overrun: amountJson }))
      .openapi({ description: 'For life, of every unit that was ever used.' }),
  })
  .openapi('Scope');

export function scopeStateToJson({ scope, parent, limits, usage }: ScopeState): z.infer<typeof scopeStateSchema> {
  return { scope, parent, limits: limits.map(limitToJson), usage: usage.map(usageToJson) };
}

function limitToJson(state: LimitState): z.infer<typeof limitSchema> {
  const { unit, limit, window, used, held, remaining, overrun, resetsAtMs, thresholds } = state;
  return {
    unit,
    limit: amountToJson(limit),
    window,
    used: amountToJson(used),
    held: amountToJson(held),
    remaining: amountToJson(remaining),
    overrun: amountToJson(overrun),
    resetsAt: timeOrNull(resetsAtMs),
    thresholds: [...thresholds],
  };
}

function usageToJson({ unit, used, held, overrun }: UnitUsage) {
  return { unit, used: amountToJson(used), held: amountToJson(held), overrun: amountToJson(overrun) };
}
