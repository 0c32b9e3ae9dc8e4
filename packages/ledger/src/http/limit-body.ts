import { wholeBody } from '@budget/serving';
import type { HonoRequest, MiddlewareHandler } from 'hono';
import { RefusedRequest } from './refusal.js';

/** A reservation on as many scopes as there may be, with the longest names, has a third of it. */
const MAX_BODY_BYTES = 256 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads what a request says, of which no more than that is ever held. */
export const limitBody: MiddlewareHandler = async ({ req }, next) => {
  const { method } = req;
  if (method !== 'GET' && method !== 'HEAD') {
    const text = await bodyOf(req);
    // Where Hono looks for a body that was read before.
    Object.assign(req.bodyCache, { text: Promise.resolve(text) });
  }
  await next();
};

async function bodyOf(req: HonoRequest): Promise<string> {
  if ((req.header('content-encoding') ?? 'identity') !== 'identity') {
    const detail = 'Send the body as it is, uncompressed.';
    throw new RefusedRequest({ status: 415, code: 'content_encoding_unknown', detail });
  }
  const body = await wholeBody(req.raw, MAX_BODY_BYTES).catch(() => {
    // Whoever sent it is gone, and nothing went wrong here.
    throw new RefusedRequest({ status: 400, code: 'body_incomplete', detail: 'The body broke off.' });
  });
  if (body === null) {
    const detail = `A body has ${MAX_BODY_BYTES} bytes at most.`;
    throw new RefusedRequest({ status: 413, code: 'body_too_large', detail });
  }
  // Clients that name a content type for every request do so where there is nothing to say, too.
  if (body.length === 0) return req.header('content-type') === undefined ? '' : '{}';
  return decoded(body);
}

function decoded(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new RefusedRequest({ status: 400, code: 'json_invalid', detail: 'The body is no JSON: it is not UTF-8.' });
  }
}
