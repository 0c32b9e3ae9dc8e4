import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { RefusedRequest } from './refusal.js';

/** `null`: none is needed. */
export function expectToken(token: string | null): MiddlewareHandler {
  const expected = token === null ? null : hashOf(token);
  return async (context, next) => {
    if (expected !== null) expectBearer(context.req.header('authorization'), expected);
    await next();
  };
}

function expectBearer(authorization: string | undefined, expected: Buffer): void {
  const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
  if (given === undefined) {
    throw new RefusedRequest({
      status: 401,
      code: 'token_missing',
      headers: { 'www-authenticate': 'Bearer' },
      detail: 'A token is needed: send it as `Authorization: Bearer …`.',
    });
  }
  // Hashes are of one length and are compared whole, so that the time tells nothing of the token.
  if (timingSafeEqual(hashOf(given), expected)) return;
  throw new RefusedRequest({ status: 403, code: 'token_wrong', detail: 'This is not the token of this server.' });
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
