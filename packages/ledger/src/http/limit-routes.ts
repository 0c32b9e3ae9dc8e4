import { CodedError } from '@budget/core';
import { createRoute, z } from '@hono/zod-openapi';
import type { Ledger } from '../ledger.js';
import { checkedLimit } from '../limit.js';
import type { LimitState } from '../store.js';
import { timeZoneNamed } from '../window.js';
import { unitSchema } from './amount-json.js';
import { limitChangeSchema, scopeSchema, scopeStateSchema, scopeStateToJson } from './limit-json.js';
import { nextPage } from './next-page.js';
import { refusals } from './refusal.js';
import type { RouteGroup } from './route-group.js';

const MAX_PAGE = 1000;
const params = z.object({ scope: scopeSchema });
const scopeAnswer = {
  description: 'The scope as it is now.',
  content: { 'application/json': { schema: scopeStateSchema } },
};

const putRoute = createRoute({
  method: 'put',
  path: '/limits/{scope}',
  summary: 'Sets or changes the limit of this scope, unit and window, or the parent of the scope, or both.',
  request: { params, body: { required: true, content: { 'application/json': { schema: limitChangeSchema } } } },
  responses: { 200: scopeAnswer, ...refusals(401, 400, 413, 415, 422) },
});

const getRoute = createRoute({
  method: 'get',
  path: '/limits/{scope}',
  summary: 'The limits of a scope, and what is used of them.',
  request: { params },
  responses: { 200: scopeAnswer, ...refusals(401, 404, 422) },
});

const deleteQuery = z.strictObject({
  unit: unitSchema.optional(),
  every: z.enum(['day', 'week', 'month', 'lifetime']).optional(),
  timeZone: z
    .string()
    .refine((name) => timeZoneNamed(name) !== null, { error: 'Must be a time zone, such as Europe/Paris or UTC.' })
    .optional(),
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/limits/{scope}',
  summary:
    'Removes the limits of a scope: all of them, or those of this unit and window. What was used is still counted.',
  request: { params, query: deleteQuery },
  responses: {
    200: {
      description: 'How many there were.',
      content: { 'application/json': { schema: z.object({ scope: z.string(), removed: z.int() }) } },
    },
    ...refusals(401, 404, 422),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/limits',
  summary: 'All scopes that were set or used, by name, with their limits.',
  request: {
    query: z.strictObject({
      after: z.string().optional().openapi({ description: 'Only scopes whose names come later.' }),
      limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
    }),
  },
  responses: {
    200: {
      description: 'One page.',
      content: {
        'application/json': {
          schema: z.object({
            scopes: z.array(scopeStateSchema),
            count: z.int(),
            next: z.string().nullable().openapi({ description: '`after` of the next page; null for the last one.' }),
          }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

export const limitRoutes: RouteGroup = (api, { ledger }) => {
  api.openapi(putRoute, async (context) => {
    const { scope } = context.req.valid('param');
    const { unit, limit, window, thresholds, parent } = context.req.valid('json');
    // Before anything is changed: who is refused has changed nothing.
    const asked =
      unit === undefined || limit === undefined
        ? null
        : checkedLimit({ scope, unit, limit: BigInt(limit), window: window ?? null, thresholds });
    // First, as it may be refused by what there is.
    if (parent !== undefined) await ledger.setParent(scope, parent);
    if (asked !== null) await ledger.setLimit(asked);
    return context.json(scopeStateToJson(await knownScope(ledger, scope)), 200);
  });

  api.openapi(getRoute, async (context) => {
    const { scope } = context.req.valid('param');
    return context.json(scopeStateToJson(await knownScope(ledger, scope)), 200);
  });

  api.openapi(deleteRoute, async (context) => {
    const { scope } = context.req.valid('param');
    const asked = context.req.valid('query');
    const { limits } = await knownScope(ledger, scope);
    let removed = 0;
    for (const limit of limits.filter(isAsked(asked))) if (await ledger.removeLimit(limit)) removed += 1;
    if (removed === 0) throw unknown('limit_unknown', `${scope} has no such limit.`);
    return context.json({ scope, removed }, 200);
  });

  api.openapi(listRoute, async (context) => {
    const { after, limit } = context.req.valid('query');
    const scopes = await ledger.listScopes({ limit, ...(after !== undefined && { after }) });
    const next = await nextPage(scopes, limit, {
      nameOf: ({ scope }) => scope,
      follow: (last) => ledger.listScopes({ limit: 1, after: last }),
    });
    return context.json({ scopes: scopes.map(scopeStateToJson), count: scopes.length, next }, 200);
  });
};

async function knownScope(ledger: Ledger, scope: string) {
  const state = await ledger.readScope(scope);
  if (state === null) throw unknown('scope_unknown', `Nobody has set or used a scope ${scope}.`);
  return state;
}

function isAsked({ unit, every, timeZone }: z.infer<typeof deleteQuery>): (limit: LimitState) => boolean {
  const zone = timeZone === undefined ? undefined : timeZoneNamed(timeZone);
  return (limit) =>
    [
      [unit, limit.unit],
      [every, limit.window?.every ?? 'lifetime'],
      [zone, limit.window?.timeZone],
    ].every(([asked, is]) => asked === undefined || asked === is);
}

function unknown(code: string, message: string): CodedError {
  return new CodedError({ code, kind: 'input', message });
}
