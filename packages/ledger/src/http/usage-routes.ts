import { createRoute, z } from '@hono/zod-openapi';
import { createUsageTracker, type NamedUsage } from '../usage-tracker.js';
import { nextPage } from './next-page.js';
import { RefusedRequest, refusals } from './refusal.js';
import type { ObservationRouteGroup } from './route-group.js';
import { usageTotalsSchema, usageTotalsToJson } from './usage-json.js';

/** More names than these come page by page. */
const MAX_PAGE = 1000;

const ofAgentSchema = z.object({ agentId: z.string(), ...usageTotalsSchema.shape }).openapi('AgentUsage');
const ofModelSchema = z.object({ model: z.string(), ...usageTotalsSchema.shape }).openapi('ModelUsage');
const next = z.string().nullable().openapi({ description: '`after` of the next page; null for the last one.' });
const page = {
  query: z.strictObject({
    after: z.string().optional().openapi({ description: 'Only those whose names come later.' }),
    limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  }),
};

const usageSchema = z.object({
  usage: z
    .object({
      totals: usageTotalsSchema,
      byAgent: z.array(ofAgentSchema).openapi({ description: 'By name, the first 1,000.' }),
      byModel: z.array(ofModelSchema).openapi({ description: 'By name, the first 1,000.' }),
      nextAgent: next.openapi({ description: '`after` of GET /usage/agents, where there are more; else null.' }),
      nextModel: next.openapi({ description: '`after` of GET /usage/models, where there are more; else null.' }),
      activeThreads: z.int().openapi({ description: 'That made calls; 10,000 stands for as many or more.' }),
    })
    .openapi('Usage'),
});

const usageRoute = createRoute({
  method: 'get',
  path: '/usage',
  summary: 'What was used since the last reset.',
  responses: {
    200: { description: 'Totals.', content: { 'application/json': { schema: usageSchema } } },
    ...refusals(401),
  },
});

const agentsRoute = createRoute({
  method: 'get',
  path: '/usage/agents',
  summary: 'What each agent used since the last reset, by name.',
  request: page,
  responses: {
    200: {
      description: 'One page.',
      content: { 'application/json': { schema: z.object({ agents: z.array(ofAgentSchema), count: z.int(), next }) } },
    },
    ...refusals(401, 422),
  },
});

const modelsRoute = createRoute({
  method: 'get',
  path: '/usage/models',
  summary: 'What each model used since the last reset, by name.',
  request: page,
  responses: {
    200: {
      description: 'One page.',
      content: { 'application/json': { schema: z.object({ models: z.array(ofModelSchema), count: z.int(), next }) } },
    },
    ...refusals(401, 422),
  },
});

const agentRoute = createRoute({
  method: 'get',
  path: '/usage/agents/{id}',
  summary: 'What an agent used since the last reset: zeros where nobody knows it.',
  request: { params: z.object({ id: z.string().openapi({ example: 'planner' }) }) },
  responses: {
    200: { description: 'Its totals.', content: { 'application/json': { schema: ofAgentSchema } } },
    ...refusals(401, 422),
  },
});

const modelRoute = createRoute({
  method: 'get',
  path: '/usage/models/{model}',
  summary: 'What a model used since the last reset: zeros where nobody knows it. Slashes need no encoding.',
  request: { params: z.object({ model: z.string().openapi({ example: 'anthropic/claude-sonnet-4-5' }) }) },
  responses: {
    200: { description: 'Its totals.', content: { 'application/json': { schema: ofModelSchema } } },
    ...refusals(401, 422),
  },
});

const resetRoute = createRoute({
  method: 'post',
  path: '/usage/reset',
  summary: 'Starts these totals anew. Nothing is lost: history, billing and days stay as they are.',
  responses: {
    200: {
      description: 'They are zero.',
      content: {
        'application/json': { schema: z.object({ success: z.literal(true), message: z.string() }) },
      },
    },
    ...refusals(401, 413, 415),
  },
});

export const usageRoutes: ObservationRouteGroup = (api, { observations, needsToken }) => {
  const tracker = createUsageTracker({ store: observations, application: 'http' });
  const ofAgent = ({ name, ...usage }: NamedUsage) => ({ agentId: name, ...usageTotalsToJson(usage) });
  const ofModel = ({ name, ...usage }: NamedUsage) => ({ model: name, ...usageTotalsToJson(usage) });

  const nextOf = (dimension: 'agent' | 'model', page: readonly NamedUsage[], limit: number) =>
    nextPage(page, limit, {
      nameOf: ({ name }) => name,
      follow: (after) => tracker.totalsBy(dimension, { limit: 1, after }),
    });

  api.openapi(usageRoute, async (context) => {
    const [totals, agents, models, activeThreads] = await Promise.all([
      tracker.totals(),
      tracker.totalsBy('agent', { limit: MAX_PAGE }),
      tracker.totalsBy('model', { limit: MAX_PAGE }),
      tracker.countOf('thread'),
    ]);
    const usage = {
      totals: usageTotalsToJson(totals),
      byAgent: agents.map(ofAgent),
      byModel: models.map(ofModel),
      nextAgent: await nextOf('agent', agents, MAX_PAGE),
      nextModel: await nextOf('model', models, MAX_PAGE),
      activeThreads,
    };
    return context.json({ usage }, 200);
  });

  api.openapi(agentsRoute, async (context) => {
    const { limit, after } = context.req.valid('query');
    const agents = await tracker.totalsBy('agent', { limit, ...(after !== undefined && { after }) });
    const next = await nextOf('agent', agents, limit);
    return context.json({ agents: agents.map(ofAgent), count: agents.length, next }, 200);
  });

  api.openapi(modelsRoute, async (context) => {
    const { limit, after } = context.req.valid('query');
    const models = await tracker.totalsBy('model', { limit, ...(after !== undefined && { after }) });
    const next = await nextOf('model', models, limit);
    return context.json({ models: models.map(ofModel), count: models.length, next }, 200);
  });

  api.openapi(agentRoute, async (context) => {
    const { id } = context.req.valid('param');
    return context.json(ofAgent({ name: id, ...(await tracker.totals('agent', id)) }), 200);
  });

  // The second is for ids with slashes that are not encoded, which a description cannot say.
  for (const route of [modelRoute, { ...modelRoute, path: '/usage/models/:model{.+}' as const, hide: true }])
    api.openapi(route as typeof modelRoute, async (context) => {
      const { model } = context.req.valid('param');
      return context.json(ofModel({ name: model, ...(await tracker.totals('model', model)) }), 200);
    });

  api.openapi(resetRoute, async (context) => {
    if (!needsToken) {
      const detail = 'Only a server with a token resets: without one, anybody on this machine could.';
      throw new RefusedRequest({ status: 403, code: 'token_not_configured', detail });
    }
    await tracker.reset();
    return context.json({ success: true as const, message: 'Usage tracking reset' }, 200);
  });
};
