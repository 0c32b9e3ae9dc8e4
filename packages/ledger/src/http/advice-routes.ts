import { createRoute, z } from '@hono/zod-openapi';
import { recommend } from '../routing/recommend.js';
import { taskStatistics } from '../routing/task-statistics.js';
import {
  recommendationRequestSchema,
  recommendationSchema,
  recommendationToJson,
  requestFromJson,
  taskStatisticsSchema,
  taskStatisticsToJson,
} from './advice-json.js';
import { momentsOf } from './asked-span.js';
import { refusals } from './refusal.js';
import type { ObservationRouteGroup } from './route-group.js';

const DAY_MS = 86_400_000;

const statsRoute = createRoute({
  method: 'get',
  path: '/tasks/{task}/stats',
  summary: 'What each adapter costs, takes and achieves at a task, and how sure that is.',
  request: {
    params: z.object({ task: z.string().openapi({ example: 'summarise' }) }),
    query: z.strictObject({
      adapter: z.string().min(1).optional().openapi({ description: 'Of this one alone.' }),
      since: z.string().optional().openapi({
        description: 'Only from this day on, in UTC: a date, or a time that it contains.',
        example: '2026-11-22',
      }),
      source: z.string().min(1).optional().openapi({
        description: 'Only what this source says of quality. Default: the newest judgement of each call.',
      }),
      confidence: z.coerce.number().min(0.5).max(0.999_999_999).default(0.95),
    }),
  },
  responses: {
    200: {
      description: 'By name; none where nothing was observed.',
      content: {
        'application/json': {
          schema: z.object({ task: z.string(), adapters: z.array(taskStatisticsSchema), count: z.int() }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

const recommendRoute = createRoute({
  method: 'post',
  path: '/recommendations',
  summary: 'The cheapest candidate that is shown to be good enough. The same request gets the same answer.',
  request: { body: { required: true, content: { 'application/json': { schema: recommendationRequestSchema } } } },
  responses: {
    200: {
      description: 'Whom to call, and why.',
      content: { 'application/json': { schema: recommendationSchema } },
    },
    ...refusals(401, 400, 413, 415, 422),
  },
});

export const adviceRoutes: ObservationRouteGroup = (api, { observations }) => {
  api.openapi(statsRoute, async (context) => {
    const { task } = context.req.valid('param');
    const { adapter, since, source, confidence } = context.req.valid('query');
    const summaries = await observations.readTaskSummaries({
      task,
      adapter: adapter ?? null,
      sinceDay: since === undefined ? null : Math.floor(momentsOf('since', since, 'UTC').fromMs / DAY_MS),
      source: source ?? null,
    });
    const adapters = summaries.map((summary) => taskStatisticsToJson(taskStatistics(summary, { confidence })));
    return context.json({ task, adapters, count: adapters.length }, 200);
  });

  api.openapi(recommendRoute, async (context) => {
    const request = requestFromJson(context.req.valid('json'));
    const known = { task: request.task, adapter: null, sinceDay: null, source: null };
    const advice = recommend(request, await observations.readTaskSummaries(known));
    return context.json(recommendationToJson(advice), 200);
  });
};
