import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { InFlight } from '../in-flight.js';
import { quietLog } from '../threshold-events.js';
import { type CallTags, callTags } from './call-tags.js';
import { dialectOf } from './dialect.js';
import { type ForwardedBody, forward } from './forward.js';
import type { Meter } from './meter.js';
import type { MeteredCall } from './metered-call.js';
import type { MeteredRequest } from './metered-request.js';
import { preparedBody } from './prepared-body.js';
import { REFUSED_STATUS, refusalBody } from './refusal-body.js';
import { type RequestBody, requestBody } from './request-body.js';
import { requestKind } from './request-kind.js';
import { MAX_HEADER_BYTES, type OpenUpstream, openUpstream, type Upstream, upstreamPath } from './upstream.js';

export interface MeteringProxyOptions {
  readonly meter: Meter;
  /** By the name that stands for it in the proxy's addresses. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
  /** Of a call that does not name its own. */
  readonly tags?: CallTags | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

export interface MeteringProxy {
  /** `http://127.0.0.1:PORT/SECRET/NAME`, to be used in the place of an upstream's address. Without a name: of them all. */
  url(name?: string): string;
  /** Ends what still runs; then every call that was begun is booked. */
  close(): Promise<void>;
}

/** Clients keep connections for a minute at most; who closes first, while the other writes, breaks a call. */
const KEEP_ALIVE_MS = 75_000;

/**
 * An HTTP server on this machine alone that sends what it is asked on to the providers, unchanged, and counts it on the
 * way. Its addresses hold a secret: whoever does not know it is answered 404 and counted nowhere.
 *
 * @throws when no port can be opened
 */
export async function createMeteringProxy({
  meter,
  upstreams,
  tags = {},
  ...options
}: MeteringProxyOptions): Promise<MeteringProxy> {
  const log = quietLog(options.log ?? (() => {}));
  const secret = randomBytes(16).toString('hex');
  const secretBytes = Buffer.from(secret);
  const open = new Map(Object.entries(upstreams).map(([name, upstream]) => [name, openUpstream(upstream)]));
  const sockets = new Set<Socket>();
  const answering = new InFlight<Promise<void>>();

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const answered = answer(request, response).catch((error) => {
      log(`A request could not be passed on: ${error instanceof Error ? error.message : String(error)}`);
      response.destroy();
    });
    answering.add(answered);
    void answered.then(() => answering.remove(answered));
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('connection', (socket) => {
    sockets.add(socket);
    // Each call on it listens, and a program may ask for many at once.
    socket.setMaxListeners(0);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: Error & { code?: string; rawPacket?: Buffer }, socket) => {
    const { code, rawPacket } = error;
    const isHttp2 = rawPacket?.toString('latin1').startsWith('PRI * HTTP/2') === true;
    if (isHttp2) log(`A call could not be metered: ${NO_HTTP2}`);
    if (code !== 'HPE_HEADER_OVERFLOW') {
      socket.destroy();
      return;
    }
    log(`A call could not be metered: ${LONG_HEADERS}`);
    socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, given = '', name = '', rest = ''] = /^\/([^/?]*)\/([^/?]*)(.*)$/.exec(request.url ?? '') ?? [];
    const upstream = isSame(given, secretBytes) ? open.get(name) : undefined;
    if (upstream === undefined) {
      refuse(response, 404, { error: { message: 'There is nothing here.' } });
      return;
    }
    const path = upstreamPath(upstream, rest);
    const refuseCall = (status: number, code: string, reason: string): void =>
      refuse(response, status, refusalBody(dialectOf(upstream.provider, path), code, reason));
    const cannotBeMetered = (status: number, reason: string): void => {
      const code = 'cannot_be_metered';
      meter.refuse(meteredRequest(request, upstream, path, { kind: 'unread' }, tags), code, reason);
      refuseCall(status, code, reason);
    };
    // Another upgrade, such as to HTTP/2, is only offered: who ignores it is asked as usual.
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      // No refused call of the run: many programs go on by HTTP after it.
      log(`A call could not be metered: ${NO_SOCKETS}`);
      refuseCall(501, 'cannot_be_metered', NO_SOCKETS);
      return;
    }
    if (request.headers.authorization?.startsWith(SIGNATURE)) {
      cannotBeMetered(REFUSED_STATUS, SIGNED);
      return;
    }
    const kind = requestKind(request.method ?? 'GET', rest, upstream.provider);
    if (kind === 'free') {
      await forward(request, response, upstream, path, { bytes: null, hidesUsage: false });
      return;
    }
    const body = await requestBody(request);
    if (body.kind === 'too_large') {
      cannotBeMetered(413, TOO_LARGE);
      return;
    }
    const admission = await meter.begin(meteredRequest(request, upstream, path, body, tags), kind);
    if (admission.status === 'refused') {
      refuseCall(REFUSED_STATUS, admission.code, admission.reason);
      return;
    }
    const { call } = admission;
    if (response.destroyed) {
      await call.finish({ kind: 'not_sent' }, true);
      return;
    }
    call.sent();
    const { outcome, isCancelled, error } = await forward(request, response, upstream, path, sentBody(call, body));
    // A key may stand in the query.
    if (error !== null && !isCancelled) log(`${upstream.provider} ${path.split('?')[0]}: ${error.message}`);
    await call.finish(outcome, isCancelled);
  }

  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: (name) => `http://127.0.0.1:${port}/${secret}${name === undefined ? '' : `/${name}`}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      // One that waits for its limits is no call yet. It is one, and over, when it sees that its program has gone.
      await Promise.all(answering);
      await meter.idle();
      await Promise.all([...open.values()].map((upstream) => upstream.close()));
    },
  };
}

const LONG_HEADERS = `the headers of its request are longer than ${MAX_HEADER_BYTES / 1024} KiB.`;
/** How Bedrock's requests begin to be authorized. A token (`AWS_BEARER_TOKEN_BEDROCK`) signs nothing and goes through. */
const SIGNATURE = 'AWS4-HMAC';
const SIGNED =
  'the request is signed for its own host, so it cannot be sent on. Use a bearer token (AWS_BEARER_TOKEN_BEDROCK), another API, or meteredFetch inside the program.';
const NO_HTTP2 =
  "a program spoke HTTP/2 to the proxy, as Bedrock's SDK does. Give that client a NodeHttpHandler and a bearer token.";
const NO_SOCKETS = 'calls over WebSockets cannot be metered. Use the HTTP API of the provider.';
const TOO_LARGE =
  'the request is larger than 64 MiB and does not say its length, so that nobody can say what it may use.';

function meteredRequest(
  request: IncomingMessage,
  upstream: OpenUpstream,
  path: string,
  body: RequestBody,
  tags: CallTags,
): MeteredRequest {
  const header = (name: string): string | null => {
    const given = request.headers[name];
    return typeof given === 'string' ? asWritten(given) : null;
  };
  const retries = Number(header('x-stainless-retry-count') ?? 0);
  return {
    provider: upstream.provider,
    host: upstream.base.host,
    path,
    body: body.kind === 'read' ? body.json : undefined,
    tags: { ...tags, ...callTags(header) },
    attempt: Number.isSafeInteger(retries) && retries >= 0 ? retries + 1 : 1,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Node reads each byte of a header as a character; most programs write UTF-8 there, and some one byte for each. */
function asWritten(header: string): string {
  try {
    return utf8.decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}

function sentBody(call: MeteredCall, body: RequestBody): ForwardedBody {
  if (body.kind !== 'read') return { bytes: null, hidesUsage: false };
  const { changed, hidesUsage } = preparedBody(call, { json: body.json, text: () => body.bytes.toString() });
  return { bytes: changed === null ? body.bytes : Buffer.from(changed), hidesUsage };
}

/** After the request was read to its end: many clients take an earlier answer for a connection that broke. */
function refuse(response: ServerResponse, status: number, body: object): void {
  const { req: request } = response;
  if (!request.complete) {
    request.resume();
    request.once('end', () => refuse(response, status, body));
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // OpenAI's and Anthropic's SDKs ask this header before they try again.
    'x-should-retry': 'false',
  });
  response.end(text);
}

function isSame(given: string, secret: Buffer): boolean {
  const bytes = Buffer.from(given);
  return bytes.length === secret.length && timingSafeEqual(bytes, secret);
}
