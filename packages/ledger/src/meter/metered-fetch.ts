import { parsedJson } from '@budget/core';
import { callTags, isTagHeader } from './call-tags.js';
import { dialectOf } from './dialect.js';
import type { Meter } from './meter.js';
import { preparedBody } from './prepared-body.js';
import { REFUSED_STATUS, refusalBody } from './refusal-body.js';
import { requestKind } from './request-kind.js';
import { watchedResponse } from './watched-response.js';

export interface MeteredFetchOptions {
  /** Who a URL belongs to, as the prices name it. Default: its host. */
  readonly providerOf?: ((url: string) => string | null) | undefined;
}

type Fetch = typeof globalThis.fetch;
type Input = Parameters<Fetch>[0];
type Init = NonNullable<Parameters<Fetch>[1]>;

/**
 * A `fetch` that counts what goes through it, for any SDK that takes one. It answers what the given one answers, as it
 * comes; a call that is refused is answered 402 in the provider's own form, and nothing is sent.
 */
export function meteredFetch(fetch: Fetch, meter: Meter, { providerOf }: MeteredFetchOptions = {}): Fetch {
  let last: Address | undefined;
  // Most programs call the same one again and again, and to take it apart takes as long as to decide on a call.
  const addressOf = (text: string): Address => {
    if (last?.text !== text) last = { text, ...takenApart(text) };
    return last;
  };
  return async (input, init = {}) => {
    const { href, host, path } = addressOf(input instanceof Request ? input.url : String(input));
    const provider = providerOf?.(href) ?? host;
    const kind = requestKind(init.method ?? (input instanceof Request ? input.method : 'GET'), path, provider);
    const headers = asHeaders(init.headers ?? (input instanceof Request ? input.headers : {}));
    const tags = callTags((name) => headers.get(name));
    if (kind === 'free') return await fetch(input, withoutTags(init, headers));
    const text = await textOf(input, init);
    const json = text === undefined ? undefined : parsedJson(text);
    const attempt = 1 + (Number(headers.get('x-stainless-retry-count')) || 0);
    const admission = await meter.begin({ provider, host, path, body: json, tags, attempt }, kind);
    if (admission.status === 'refused') {
      const body = refusalBody(dialectOf(provider, path), admission.code, admission.reason);
      return Response.json(body, { status: REFUSED_STATUS, headers: { 'x-should-retry': 'false' } });
    }
    const { call } = admission;
    const { changed, hidesUsage } = preparedBody(call, { json, text: () => text ?? '' });
    const sentInit = withoutTags(init, headers);
    const signal = init.signal ?? (input instanceof Request ? input.signal : null);
    if (signal?.aborted) {
      await call.finish({ kind: 'not_sent' }, true);
      throw signal.reason;
    }
    call.sent();
    try {
      const response = await fetch(input, changed === null ? sentInit : withBody(sentInit, headers, changed));
      return watchedResponse(response, call, hidesUsage, signal);
    } catch (error) {
      await call.finish({ kind: isUnsent(error) ? 'not_sent' : 'unanswered' }, signal?.aborted);
      throw error;
    }
  };
}

interface Address {
  /** As it was given. */
  readonly text: string;
  readonly href: string;
  readonly host: string;
  readonly path: string;
}

function takenApart(text: string): Omit<Address, 'text'> {
  const { href, host, pathname, search } = new URL(text);
  return { href, host, path: `${pathname}${search}` };
}

/** The body of a request, where it is at hand and may be JSON; a form or a stream is left to its receiver. */
async function textOf(input: Input, { body }: Init): Promise<string | undefined> {
  if (typeof body === 'string') return body;
  if (body instanceof ArrayBuffer) return Buffer.from(body).toString();
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  if (body !== undefined && body !== null) return undefined;
  return input instanceof Request && input.body !== null ? await input.clone().text() : undefined;
}

/** As it was given, where there is nothing in it that is for us. */
function withoutTags(init: Init, headers: Headers): Init {
  const tags = [...headers.keys()].filter(isTagHeader);
  if (tags.length === 0) return init;
  const others = new Headers(headers);
  for (const name of tags) others.delete(name);
  return { ...init, headers: others };
}

function withBody(init: Init, headers: Headers, body: string): Init {
  const others = new Headers(init.headers ?? headers);
  others.delete('content-length');
  return { ...init, headers: others, body };
}

/** Those that SDKs have made already are only read. */
function asHeaders(given: NonNullable<Init['headers']>): Headers {
  return given instanceof Headers ? given : new Headers(given);
}

const unsentCodes: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
]);

/** No connection was made, so nothing can have been billed. */
function isUnsent(error: unknown): boolean {
  return unsentCodes.has((error as { cause?: { code?: unknown } } | null)?.cause?.code);
}
