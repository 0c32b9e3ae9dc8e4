import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { HttpMetrics } from './http-metrics.js';

/** Counts every request that was answered, by its route and not by its path, of which there are as many as scopes. */
export function observed(metrics: HttpMetrics): MiddlewareHandler {
  return async (context, next) => {
    const startedAtMs = performance.now();
    await next();
    // By now it is the last one that the request came to, which answered it.
    const route = routePath(context);
    const seconds = (performance.now() - startedAtMs) / 1000;
    metrics.answered({ method: context.req.method, route, status: context.res.status, seconds });
  };
}
