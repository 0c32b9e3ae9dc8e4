import { CodedError } from '@budget/core';
import { type Context, Hono } from 'hono';
import type { Grant, HashedToken } from './access.js';
import { accessBy } from './access.js';
import { askedSummary, summaryShown } from './asked-summary.js';
import { foreignRequest } from './foreign-request.js';
import { limitedBody } from './limited-body.js';
import { answerMcp } from './mcp-endpoint.js';
import { receivedEvents } from './received-events.js';
import type { Refusal } from './refusal.js';
import type { HubStore } from './store.js';

export interface HubAppOptions {
  readonly store: HubStore;
  /** `null`: anybody who can reach it may write and read. */
  readonly tokens: readonly HashedToken[] | null;
  readonly version: string;
  /** Told of what went wrong here, never of what was sent. */
  readonly log: (line: string) => void;
}

interface Variables {
  readonly Variables: { grant: Grant };
}

const RETRY_AFTER_SECONDS = 5;

/** The routes of a hub, on any server that speaks with `Request` and `Response`. */
export function hubApp({ store, tokens, version, log }: HubAppOptions): Hono<Variables> {
  const app = new Hono<Variables>();
  const accessOf = accessBy(tokens);

  app.use(async (context, next) => {
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
    const refusal = foreignRequest((name) => context.req.header(name), { isOpen: tokens === null });
    return refusal === null ? next() : refuse(context, refusal);
  });

  app.get('/healthz', async (context) => {
    await store.expectUsable();
    return context.json({ status: 'ok', version });
  });

  // Before any body is read: who may not send gets no memory.
  app.use(async (context, next) => {
    const access = accessOf(context.req.header('authorization'));
    if ('refusal' in access) return refuse(context, access.refusal);
    context.set('grant', access.value);
    await next();
  });

  app.post('/token-events', async (context) => {
    const encoding = context.req.header('content-encoding') ?? 'identity';
    if (encoding !== 'identity') return refuse(context, encoded);
    const body = await limitedBody(context.req.raw);
    if ('refusal' in body) return refuse(context, body.refusal);
    const received = receivedEvents(
      {
        contentType: context.req.header('content-type'),
        header: (name) => context.req.header(name) ?? null,
        body: body.value,
      },
      context.get('grant'),
    );
    return 'refusal' in received ? refuse(context, received.refusal) : context.json(await store.record(received.value));
  });

  app.get('/token-summary', async (context) => {
    const query = askedSummary(context.req.query(), context.get('grant'));
    if ('refusal' in query) return refuse(context, query.refusal);
    return context.json(summaryShown(query.value, await store.summarize(query.value)));
  });

  app.post('/mcp', async (context) => {
    const body = await limitedBody(context.req.raw);
    if ('refusal' in body) return refuse(context, body.refusal);
    const { url, raw } = context.req;
    const request = new Request(url, { method: 'POST', headers: raw.headers, body: body.value });
    return answerMcp(request, { store, grant: context.get('grant'), version, log });
  });

  for (const [path, method] of Object.entries({ '/token-events': 'POST', '/token-summary': 'GET', '/mcp': 'POST' })) {
    app.all(path, (context) => {
      context.header('allow', method);
      return refuse(context, { status: 405, code: 'method_unknown', detail: `Use ${method} here` });
    });
  }

  app.notFound((context) => refuse(context, { status: 404, code: 'not_found', detail: NOTHING_HERE }));
  app.onError((error, context) => refuse(context, refusalOf(error, log)));
  return app;
}

const NOTHING_HERE = 'There is nothing here: use /token-events, /token-summary, /mcp or /healthz';

const encoded: Refusal = {
  status: 415,
  code: 'content_encoding_unknown',
  detail: 'Send the body as it is, uncompressed',
};

/** What went wrong here is told to whoever runs the hub; whoever sent the events is told to come again. */
function refusalOf(error: unknown, log: (line: string) => void): Refusal {
  if (CodedError.isInstance(error) && error.kind === 'usage') {
    return { status: 422, code: error.code, detail: error.message };
  }
  if (CodedError.isInstance(error) && error.kind === 'environment') {
    log(error.message);
    return {
      status: 503,
      code: error.code,
      detail: 'The hub cannot reach its database. Nothing was changed; try again',
    };
  }
  log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { status: 500, code: 'internal', detail: 'The hub failed. Try again' };
}

function refuse(context: Context, { status, code, detail, errors }: Refusal): Response {
  if (status === 401) context.header('www-authenticate', 'Bearer');
  if (status === 503) context.header('retry-after', String(RETRY_AFTER_SECONDS));
  return context.json({ detail, code, ...(errors !== undefined && { errors }) }, status);
}
