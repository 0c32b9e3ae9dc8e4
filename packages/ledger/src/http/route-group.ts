import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Ledger } from '../ledger.js';
import type { ObservationStore } from '../observation-store.js';
import type { ThreadBudgets } from '../thread-budgets.js';
import type { HttpMetrics } from './http-metrics.js';

/** Adds routes that belong together. Who asks may do so, and a body has its limits, before any of them runs. */
export type RouteGroup<Parts = HttpParts> = (api: OpenAPIHono, parts: Parts) => void;

/** One that is there only where observations are served. */
export type ObservationRouteGroup = RouteGroup<HttpParts & { readonly observations: ObservationStore }>;

export interface HttpParts {
  readonly ledger: Ledger;
  readonly threads: ThreadBudgets;
  readonly metrics: HttpMetrics;
  readonly needsToken: boolean;
  /** The app whose routes the OpenAPI document describes, once all of them are there. */
  readonly document: () => OpenAPIHono;
}
