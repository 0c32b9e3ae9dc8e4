import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Ledger } from '../ledger.js';
import type { HttpMetrics } from './http-metrics.js';

/** Adds routes that belong together. Who asks may do so, and a body has its limits, before any of them runs. */
export type RouteGroup = (api: OpenAPIHono, parts: HttpParts) => void;

export interface HttpParts {
  readonly ledger: Ledger;
  readonly metrics: HttpMetrics;
  readonly needsToken: boolean;
  /** The app whose routes the OpenAPI document describes, once all of them are there. */
  readonly document: () => OpenAPIHono;
}
