import { type ClientRequest, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AnswerReader, answerReader } from './answer-reader.js';
import type { CallOutcome } from './call-outcome.js';
import { handedOn } from './handed-on.js';
import { requestHeaders, responseHeaders, withLength } from './headers.js';
import { plainStream } from './plain-stream.js';
import { usageHider } from './stream-usage.js';
import type { OpenUpstream } from './upstream.js';

export interface Forwarded {
  readonly outcome: CallOutcome;
  /** The program went away before the end. */
  readonly isCancelled: boolean;
  /** What went wrong, where something did. */
  readonly error: Error | null;
}

export interface ForwardedBody {
  /** `null`: still in the request, and streamed. */
  readonly bytes: Buffer | null;
  readonly hidesUsage: boolean;
}

/**
 * Sends a request on and its answer back as it comes, and says what became of it. Whoever is slow slows the other side
 * down; whoever goes away ends it there too. Never rejects.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: OpenUpstream,
  path: string,
  body: ForwardedBody,
): Promise<Forwarded> {
  let isCancelled = false;
  let outgoing: ClientRequest | undefined;
  let answer: IncomingMessage | undefined;
  response.on('close', () => {
    // Where the provider broke off before, it is we who close, and nobody went away.
    if (response.writableFinished || answer?.errored) return;
    isCancelled = true;
    outgoing?.destroy();
  });
  try {
    outgoing = prepare(request, upstream, upstream.withKeys(path), body.bytes);
    answer = await send(outgoing, request, body.bytes);
  } catch (error) {
    // As if the program had called the provider itself: its connection breaks.
    response.destroy();
    const kind = outgoing === undefined || (error as SendError).isUnsent ? 'not_sent' : 'unanswered';
    return { outcome: { kind }, isCancelled, error: error as Error };
  }
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = answer.headers;
  const reader = answerReader({ contentType, contentEncoding });
  let error: Error | null = null;
  try {
    await passOn(answer, response, reader, body.hidesUsage);
  } catch (reason) {
    error = reason as Error;
    response.destroy();
  }
  const { reading, received, receivedRatio } = await reader.end();
  const status = answer.statusCode ?? 0;
  const outcome = { kind: 'answered', status, reading, received, receivedRatio, isWhole: error === null } as const;
  return { outcome, isCancelled, error };
}

function prepare(
  { method, rawHeaders }: IncomingMessage,
  { base, agent, withKeys }: OpenUpstream,
  path: string,
  bytes: Buffer | null,
): ClientRequest {
  const headers = requestHeaders(rawHeaders, base.host, withKeys);
  const requestOf = base.protocol === 'http:' ? requestHttp : requestHttps;
  return requestOf({
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    method,
    path,
    agent,
    setHost: false,
    headers: bytes === null ? headers : withLength(headers, bytes.length),
  });
}

type SendError = Error & { isUnsent?: boolean };

/**
 * Once, whatever comes of it: a provider that hangs up may have answered, and charged, all the same. To send again is the
 * affair of the program, which then makes another call of its own.
 */
function send(outgoing: ClientRequest, request: IncomingMessage, bytes: Buffer | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isConnected = false;
    outgoing.on('socket', (socket) => {
      const onConnected = (): void => {
        isConnected = true;
      };
      if (outgoing.reusedSocket) onConnected();
      else socket.once(outgoing.protocol === 'http:' ? 'connect' : 'secureConnect', onConnected);
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (error: SendError) => {
      reject(Object.assign(error, { isUnsent: !isConnected }));
    });
    outgoing.on('upgrade', (_, socket) => socket.destroy());
    if (bytes === null) pipeline(request, outgoing).catch(() => {});
    else outgoing.end(bytes);
  });
}

const NOTHING = Buffer.alloc(0);

async function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  reader: AnswerReader,
  hidesUsage: boolean,
): Promise<void> {
  const isEvents = /^text\/event-stream/i.test(answer.headers['content-type'] ?? '');
  const hides = hidesUsage && isEvents;
  const headers = responseHeaders(answer.rawHeaders, hides ? ['content-length', 'content-encoding'] : []);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
  // A stream may think for long before its first event: its headers are to be seen before. What comes along with them
  // is written with them. `flushHeaders` would write them as UTF-8, and so change each byte beyond ASCII; before bytes
  // they are written as they were read.
  const early = setImmediate(() => response.write(NOTHING));
  answer.once('data', () => clearImmediate(early));
  answer.once('close', () => clearImmediate(early));
  answer.on('data', (chunk: Buffer) => reader.push(chunk));
  if (!hides) {
    await handedOn(answer, response);
    return;
  }
  const filter = usageHider();
  const hiding = new Transform({
    transform(chunk: Buffer, _, done) {
      const shown = filter.push(chunk);
      done(null, shown.length > 0 ? shown : undefined);
    },
    flush(done) {
      const shown = filter.end();
      done(null, shown.length > 0 ? shown : undefined);
    },
  });
  await pipeline([answer, ...plainStream(answer.headers['content-encoding']), hiding, response]);
}
