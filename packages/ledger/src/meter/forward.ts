import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { CallOutcome } from './call-outcome.js';
import { requestHeaders } from './headers.js';
import { passingAnswer } from './passing-answer.js';
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
  { bytes, hidesUsage }: ForwardedBody,
): Promise<Forwarded> {
  const { rawHeaders, method = 'GET' } = request;
  const { base, withKeys, pathWithKeys } = upstream;
  const { handler, fail, over } = passingAnswer(response, hidesUsage);
  try {
    const connections = await upstream.connections();
    connections.dispatch(
      {
        method: method as Dispatcher.HttpMethod,
        path: pathWithKeys(path),
        headers: requestHeaders(rawHeaders, base.host, withKeys, bytes === null ? [] : ['content-length']),
        body: bytes ?? streamedBody(request),
      },
      handler,
    );
  } catch (error) {
    fail(error as Error);
  }
  const { isSent, isCancelled, status, reader, error } = await over;
  if (reader === null) return { outcome: { kind: isSent ? 'unanswered' : 'not_sent' }, isCancelled, error };
  const { reading, received, receivedRatio } = await reader.end();
  const outcome = { kind: 'answered', status, reading, received, receivedRatio, isWhole: error === null } as const;
  return { outcome, isCancelled, error };
}

/** `null` where there is none. It is read to its end, also when the provider answers before: a program looks for its answer then. */
function streamedBody(request: IncomingMessage): Readable | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (length === undefined && encoding === undefined) return null;
  const body = request.pipe(new PassThrough());
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('the program went away'));
  });
  body.on('error', () => {});
  body.once('close', () => request.resume());
  return body;
}
