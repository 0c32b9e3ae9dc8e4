import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { type Lookup, resolvingLookup } from './resolving-lookup.js';

export interface HubRequest {
  readonly method: 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** More of an answer is not read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The answer is over when this says so, though the connection stays open. */
  readonly isWhole?: ((text: string) => boolean) | undefined;
}

export interface HubAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** It was longer than `maxBytes`, and the rest was not read. */
  readonly isTooLong: boolean;
}

/** One request and its answer. Redirects are not followed. Rejects when there is no answer, or not in time. */
export interface Requester {
  send(request: HubRequest): Promise<HubAnswer>;
  close(): void;
}

/**
 * By `node:http`, and not by `fetch`: a look-up that `fetch` has begun holds the process for ten seconds, whatever was
 * aborted.
 */
export function nodeRequester(given?: Lookup): Requester {
  const resolving = given === undefined ? resolvingLookup() : { lookup: given, cancel: () => {} };
  const agents = new Map<string, Agent>();

  function clientFor(url: URL) {
    // Either takes a while to load, and TLS twice as long. An `import` reads every property, and so loads what lies behind
    // those of them that are loaded when they are asked for, which takes as long again.
    const name = url.protocol === 'https:' ? 'node:https' : 'node:http';
    const { Agent, request } = process.getBuiltinModule(name);
    const agent = agents.get(url.protocol) ?? new Agent({ keepAlive: true, maxSockets: 1 });
    agents.set(url.protocol, agent);
    return (options: RequestOptions) => request(url, { ...options, agent, lookup: resolving.lookup });
  }

  return {
    async send(request) {
      const start = clientFor(new URL(request.url));
      request.signal.throwIfAborted();
      return await new Promise<HubAnswer>((resolve, reject) => {
        const body = Buffer.from(request.body);
        const headers = { ...request.headers, 'content-length': String(body.length) };
        const outgoing = start({ method: request.method, headers, maxHeaderSize: request.maxBytes });
        const giveUp = (): void => {
          resolving.cancel();
          outgoing.destroy();
          reject(new Error('no answer in time'));
        };
        request.signal.addEventListener('abort', giveUp, { once: true });
        let isAnswered = false;
        outgoing.on('close', () => {
          request.signal.removeEventListener('abort', giveUp);
          // As after a 101, which changes to another protocol.
          if (!isAnswered) reject(new Error('the connection ended without an answer'));
        });
        outgoing.on('error', reject);
        outgoing.on('response', (answer) => {
          isAnswered = true;
          readAnswer(answer, request).then(resolve, reject);
        });
        outgoing.end(body);
      });
    },
    close() {
      resolving.cancel();
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

async function readAnswer(answer: IncomingMessage, { maxBytes, isWhole }: HubRequest): Promise<HubAnswer> {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const read = (text: string, isTooLong: boolean) => ({ status: answer.statusCode ?? 0, headers, text, isTooLong });
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    // Leaving the loop destroys the answer, and its connection.
    if (bytes > maxBytes) return read('', true);
    if (isWhole?.(Buffer.concat(pieces).toString('utf8'))) break;
  }
  return read(Buffer.concat(pieces).toString('utf8'), false);
}
