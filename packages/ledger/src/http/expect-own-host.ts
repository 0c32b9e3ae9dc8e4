import { hostnameIn, isLoopback, isSameOrigin } from '@budget/serving';
import type { MiddlewareHandler } from 'hono';
import { RefusedRequest } from './refusal.js';

/**
 * Keeps web pages out: one that is open on this machine may reach the port under another name (DNS rebinding), or from its
 * own origin.
 */
export function expectOwnHost({
  allowedHosts,
  origins,
}: {
  readonly allowedHosts: readonly string[] | undefined;
  readonly origins: readonly string[];
}): MiddlewareHandler {
  const allowed = allowedHosts?.map((name) => (name === '*' ? name : hostnameIn(name)));
  const isAllowed = (hostname: string): boolean =>
    allowed === undefined ? isLoopback(hostname) : allowed.includes('*') || allowed.includes(hostname);
  const isAllowedOrigin = (origin: string): boolean => origins.includes('*') || origins.includes(origin);

  return async (context, next) => {
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    if (!isAllowed(hostnameIn(host))) throw forbidden('host_forbidden', 'This server has no such name.');
    if (origin !== undefined && !isAllowedOrigin(origin) && !isSameOrigin(origin, host))
      throw forbidden('origin_forbidden', 'This server is not for web pages of that origin.');
    await next();
  };
}

function forbidden(code: string, detail: string): RefusedRequest {
  return new RefusedRequest({ status: 403, code, detail });
}
