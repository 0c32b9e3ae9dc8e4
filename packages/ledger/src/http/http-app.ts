import { CodedError } from '@budget/core';
import { hostnameIn } from '@budget/serving';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Ledger } from '../ledger.js';
import type { ObservationStore } from '../observation-store.js';
import { createThreadBudgets, type ThreadBudgets } from '../thread-budgets.js';
import { adviceRoutes } from './advice-routes.js';
import { expectOwnHost } from './expect-own-host.js';
import { expectReadablePath } from './expect-readable-path.js';
import { expectToken } from './expect-token.js';
import { httpMetrics } from './http-metrics.js';
import { invalidRequest } from './invalid-request.js';
import { limitBody } from './limit-body.js';
import { limitRoutes } from './limit-routes.js';
import { observationRoutes } from './observation-routes.js';
import { observed } from './observed.js';
import { RefusedRequest, refuse } from './refusal.js';
import { refusalOf } from './refusal-of.js';
import { refuseOtherMethods } from './refuse-other-methods.js';
import { reservationRoutes } from './reservation-routes.js';
import type { HttpParts, ObservationRouteGroup, RouteGroup } from './route-group.js';
import { healthRoute, serviceRoutes } from './service-routes.js';
import { threadRoutes } from './thread-routes.js';
import { usageReportRoutes } from './usage-report-routes.js';
import { usageRoutes } from './usage-routes.js';

export interface HttpAppOptions {
  readonly ledger: Ledger;
  /** Most often the ledger's store. Without it there are no routes of usage, observations and advice. */
  readonly observations?: ObservationStore | undefined;
  /** Whose default new threads get. Default: budgets of 100,000 tokens in the ledger. */
  readonly threads?: ThreadBudgets | undefined;
  /** Whoever asks must bear it. Without one, whoever reaches the app may do everything: bind it to this machine alone. */
  readonly token?: string | undefined;
  /** Names that the app is asked under, without ports; `*` for any. Default: names of this machine (`localhost`, `127.0.0.1`, `::1`). */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may ask, such as `https://desk.example.com`; `*` for any, which needs a token. Default: none. */
  readonly cors?: { readonly origins: readonly string[] } | undefined;
  /** Told of what went wrong here, never of what was sent. Default: nobody is. */
  readonly log?: ((line: string) => void) | undefined;
}

const PREFIX = '/api/v1';
/** Where probes and collectors look first. */
const AT_THE_ROOT = ['/healthz', '/metrics', '/openapi.json'] as const;
const CORS_MAX_AGE_SECONDS = 600;

/** One file a group: these lists are all that knows them. */
const groups: readonly RouteGroup[] = [limitRoutes, reservationRoutes, threadRoutes, serviceRoutes];
const observationGroups: readonly ObservationRouteGroup[] = [
  usageRoutes,
  usageReportRoutes,
  observationRoutes,
  adviceRoutes,
];

/**
 * A ledger over HTTP, as an app for any server that speaks with `Request` and `Response`; in another Hono
 * app: `app.route('/', createHttpApp({ ledger }))`. Who makes the ledger closes it.
 *
 * @throws CodedError `option_invalid`
 */
export function createHttpApp(options: HttpAppOptions): OpenAPIHono {
  const { ledger, observations, token, allowedHosts, cors: web, log = () => {} } = options;
  const origins = web?.origins ?? [];
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw invalidOption(
      'token is an empty text, or has blanks or letters beyond ASCII, so nobody could bear it. Leave it out to need none.',
    );
  }
  if (allowedHosts?.some((name) => hostnameIn(name) === '')) {
    throw invalidOption('allowedHosts has a text that is no name of a host. An IPv6 address is written as [::1].');
  }
  if (token === undefined && origins.includes('*')) {
    throw invalidOption("cors allows '*' without a token, so any web page could use the ledger. Name the origins.");
  }
  const api = new OpenAPIHono({ defaultHook: invalidRequest });
  const root = new OpenAPIHono({ defaultHook: invalidRequest });
  const parts: HttpParts = {
    ledger,
    threads: options.threads ?? createThreadBudgets(ledger),
    metrics: httpMetrics(),
    needsToken: token !== undefined,
    document: () => root,
  };

  const webPages = origins.length === 0 ? [] : [answersForWebPages(origins)];
  const first = [observed(parts.metrics), expectOwnHost({ allowedHosts, origins }), ...webPages, expectReadablePath];
  // Before any body is read: who may not ask gets no memory.
  const then = [expectToken(token ?? null), limitBody];

  api.use(...first);
  healthRoute(api, parts);
  api.use(...then);
  for (const group of groups) group(api, parts);
  if (observations !== undefined) for (const group of observationGroups) group(api, { ...parts, observations });
  refuseOtherMethods(api);
  api.all('*', () => {
    throw new RefusedRequest({ status: 404, code: 'route_unknown', detail: NOTHING_HERE });
  });

  for (const path of AT_THE_ROOT) root.use(path, ...first);
  healthRoute(root, parts);
  for (const path of AT_THE_ROOT) root.use(path, ...then);
  serviceRoutes(root, parts);
  refuseOtherMethods(root);
  root.route(PREFIX, api);
  root.onError((error, context) => refuse(context, refusalOf(error, log)));
  return root;
}

const NOTHING_HERE = `There is nothing here: ${PREFIX}/openapi.json tells what there is.`;

function answersForWebPages(origins: readonly string[]): MiddlewareHandler {
  const origin = origins.includes('*') ? '*' : [...origins];
  return cors({ origin, maxAge: CORS_MAX_AGE_SECONDS, exposeHeaders: ['retry-after'] });
}

function invalidOption(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}
