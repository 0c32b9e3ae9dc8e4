import { createRoute, z } from '@hono/zod-openapi';
import { refusals } from './refusal.js';
import type { HttpParts, RouteGroup } from './route-group.js';

const API_VERSION = '1';

const healthzRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the ledger can be used. Needs no token.',
  security: [],
  responses: {
    200: {
      description: 'It can.',
      content: { 'application/json': { schema: z.object({ status: z.literal('ok') }) } },
    },
    ...refusals(),
  },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Figures of this server for Prometheus.',
  responses: {
    200: { description: 'In its text format.', content: { 'text/plain': { schema: z.string() } } },
    ...refusals(401),
  },
});

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This description.',
  responses: {
    200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: z.record(z.string(), z.any()) } } },
    ...refusals(401),
  },
});

/** Apart from the others, as nobody needs a token for it. */
export const healthRoute: RouteGroup = (api, { ledger }) => {
  api.openapi(healthzRoute, async (context) => {
    await ledger.listScopes({ limit: 1 });
    return context.json({ status: 'ok' as const }, 200);
  });
};

export const serviceRoutes: RouteGroup = (api, parts) => {
  api.openapi(metricsRoute, (context) =>
    context.text(parts.metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );

  let document: ReturnType<typeof describe> | undefined;
  api.openapi(documentRoute, (context) => {
    document ??= describe(parts);
    // Where another app has mounted this one.
    const [mountedAt = ''] = context.req.path.split(/(?:\/api\/v1)?\/openapi\.json$/);
    return context.json({ servers: [{ url: mountedAt || '/' }], ...document }, 200);
  });
};

function describe({ document, needsToken }: HttpParts) {
  const app = document();
  const scheme = { type: 'http', scheme: 'bearer' } as const;
  if (needsToken) app.openAPIRegistry.registerComponent('securitySchemes', 'token', scheme);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'What programs spend on language models: limits, usage, observations and advice',
      version: API_VERSION,
      description:
        'Set aside what a call may cost, mark it sent, and settle with what it did cost. Observe calls, and learn from them.',
    },
    security: needsToken ? [{ token: [] }] : [],
  });
}
