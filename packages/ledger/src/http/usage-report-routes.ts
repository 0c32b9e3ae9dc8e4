import { systemClock } from '@budget/core';
import { createRoute, z } from '@hono/zod-openapi';
import type { Span } from '../observation-store.js';
import { usageFigures } from '../usage-figures.js';
import { noUsage } from '../usage-sums.js';
import { createUsageTracker, type DailyUsage } from '../usage-tracker.js';
import { windowAt } from '../window.js';
import { type AskedSpan, askedSpan, spanOf, timeQuery } from './asked-span.js';
import { refusals } from './refusal.js';
import type { ObservationRouteGroup } from './route-group.js';
import { usageEventSchema, usageEventToJson, usageFiguresSchema, usageFiguresToJson } from './usage-json.js';

const MAX_EVENTS = 1000;
const DAY_MS = 86_400_000;
/** How far days go back where nobody says since when. */
const DAYS_BACK_MS = 366 * DAY_MS;

const filter = z.string().min(1).optional();
const figures = usageFiguresSchema.shape;

const historyRoute = createRoute({
  method: 'get',
  path: '/usage/history',
  summary: 'The calls that are kept, newest first. `total` counts all that fit.',
  request: {
    query: z.strictObject({
      ...timeQuery,
      ...{ org_id: filter, agent_id: filter, model: filter },
      limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(100),
      offset: z.coerce.number().int().min(0).default(0),
    }),
  },
  responses: {
    200: {
      description: 'One page.',
      content: {
        'application/json': {
          schema: z.object({
            events: z.array(usageEventSchema),
            ...{ count: z.int(), total: z.int(), offset: z.int(), limit: z.int() },
          }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

const billingRoute = createRoute({
  method: 'get',
  path: '/usage/billing',
  summary: 'What was used in a span of time, whenever totals were reset.',
  request: { query: z.strictObject({ ...timeQuery, org_id: filter }) },
  responses: {
    200: {
      description: 'All, and by name.',
      content: {
        'application/json': {
          schema: z.object({
            totals: usageFiguresSchema,
            byModel: z.array(z.object({ model: z.string(), ...figures }).openapi('ModelFigures')),
            byAgent: z.array(z.object({ agentId: z.string(), ...figures }).openapi('AgentFigures')),
          }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

const dailyRoute = createRoute({
  method: 'get',
  path: '/usage/daily',
  summary: 'What was used on each day of the time zone, ascending.',
  request: { query: z.strictObject({ ...timeQuery, org_id: filter }) },
  responses: {
    200: {
      description:
        'Also days without a call, between the ends that were asked for, or else the first and the last call.',
      content: {
        'application/json': {
          schema: z.object({
            days: z.array(z.object({ date: z.iso.date(), ...figures }).openapi('DayFigures')),
            count: z.int(),
          }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

export const usageReportRoutes: ObservationRouteGroup = (api, { observations }) => {
  const tracker = createUsageTracker({ store: observations, application: 'http' });

  api.openapi(historyRoute, async (context) => {
    const { org_id, agent_id, model, limit, offset, ...time } = context.req.valid('query');
    const filters = { organisationId: org_id ?? null, agentId: agent_id ?? null, model: model ?? null };
    const { events, total } = await tracker.history({ ...filters, span: spanOf(askedSpan(time)), limit, offset });
    return context.json({ events: events.map(usageEventToJson), count: events.length, total, offset, limit }, 200);
  });

  api.openapi(billingRoute, async (context) => {
    const { org_id, ...time } = context.req.valid('query');
    const span = spanOf(askedSpan(time));
    const [all, models, agents] = await Promise.all([
      tracker.usageOf(span, 'overall', org_id),
      tracker.usageOf(span, 'model', org_id),
      tracker.usageOf(span, 'agent', org_id),
    ]);
    const body = {
      totals: usageFiguresToJson(all[0] ?? usageFigures(noUsage())),
      byModel: models.map(({ name, ...usage }) => ({ model: name, ...usageFiguresToJson(usage) })),
      byAgent: agents.map(({ name, ...usage }) => ({ agentId: name, ...usageFiguresToJson(usage) })),
    };
    return context.json(body, 200);
  });

  api.openapi(dailyRoute, async (context) => {
    const { org_id, ...time } = context.req.valid('query');
    const asked = askedSpan(time);
    const days = await tracker.daily(spanOfDays(asked, time.time_zone, systemClock.nowMs()), time.time_zone, org_id);
    const shown = withinUse(days, asked).map(({ date, ...usage }) => ({ date, ...usageFiguresToJson(usage) }));
    return context.json({ days: shown, count: shown.length }, 200);
  });
};

/** No clock is so wrong that what a program records now is a day ahead. Whole days, where nobody says since when. */
function spanOfDays({ fromMs, toMs }: AskedSpan, timeZone: string, nowMs: number): Span {
  const endMs = toMs ?? Math.max(nowMs + DAY_MS, fromMs ?? 0);
  if (fromMs !== null) return { fromMs, toMs: endMs };
  const { startsAtMs } = windowAt({ every: 'day', timeZone }, Math.max(0, endMs - DAYS_BACK_MS));
  return { fromMs: Math.max(0, startsAtMs), toMs: endMs };
}

/** Without the days before the first call and after the last, where no end was asked for there. */
function withinUse(days: readonly DailyUsage[], { fromMs, toMs }: AskedSpan): readonly DailyUsage[] {
  const isUsed = ({ requestCount }: DailyUsage) => requestCount > 0;
  const first = fromMs === null ? days.findIndex(isUsed) : 0;
  const last = toMs === null ? days.findLastIndex(isUsed) : days.length - 1;
  return first < 0 ? [] : days.slice(first, last + 1);
}
