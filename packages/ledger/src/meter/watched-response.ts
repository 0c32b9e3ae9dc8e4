import { answerReader } from './answer-reader.js';
import type { MeteredCall } from './metered-call.js';
import { usageHider } from './stream-usage.js';
import { type WatchedBody, watchedBytes, watchedStream } from './watched-body.js';

/** What gives all of a body. `bytes` is there since Node 22. */
const wholeBody = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;
type WholeBody = Exclude<(typeof wholeBody)[number], 'bytes'>;

const utf8 = new TextDecoder();
/** The usual ones; the others take a response of their own. */
const converters: Partial<Record<WholeBody, (bytes: Uint8Array) => unknown>> = {
  arrayBuffer: ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength),
  json: (bytes) => JSON.parse(utf8.decode(bytes)),
  text: (bytes) => utf8.decode(bytes),
};

/**
 * The same response, whose body is read by the call on its way to whoever asked, and may give up by `signal`. Most ask for
 * all of it at once: a stream of our own, which takes as long as all the rest, is made only for who wants one.
 */
export function watchedResponse(
  response: Response,
  call: MeteredCall,
  hidesUsage: boolean,
  signal: AbortSignal | null,
): Response {
  const { status, statusText, headers, body: source } = response;
  // `fetch` has made it plain already.
  const contentType = headers.get('content-type');
  const reader = answerReader({ contentType, contentEncoding: null });
  const finish = (isWhole: boolean, isCancelled: boolean): void => {
    signal?.removeEventListener('abort', abandon);
    void reader.end().then((answer) => call.finish({ kind: 'answered', status, ...answer, isWhole }, isCancelled));
  };
  // Whoever gives up may never look at the body again. A signal may live longer than many calls, so it forgets each.
  const abandon = (): void => finish(false, true);
  if (source === null) {
    finish(true, false);
    return response;
  }
  signal?.addEventListener('abort', abandon);
  const isEvents = /^text\/event-stream/i.test(contentType ?? '');
  const filter = hidesUsage && isEvents ? usageHider() : null;
  // The error that an abort ends a body with is whatever the program gave as its reason.
  const watched: WatchedBody = { source, reader, finish, hasGivenUp: () => signal?.aborted === true };
  // Of the `fetch` that made it, which may be another one than Node's.
  const own: Response = Object.getPrototypeOf(response);
  let isTaken = false;
  let streamed: Response | null = null;

  function asStream(): Response {
    streamed ??= new Response(watchedStream(watched, filter), { status, statusText, headers });
    return streamed;
  }

  async function take(name: WholeBody): Promise<unknown> {
    // The response itself says that its body is taken already.
    if (isTaken) return await own[name].call(response);
    const convert = converters[name];
    if (convert === undefined || filter !== null || streamed !== null) return await asStream()[name]();
    isTaken = true;
    return convert(await watchedBytes(watched));
  }

  const { prototype, key } = watchingOver(own);
  const state: Watched = {
    take,
    body: () => (isTaken ? source : asStream().body),
    clone: () => (isTaken ? own.clone.call(response) : asStream().clone()),
  };
  Object.defineProperty(response, key, { value: state });
  Object.setPrototypeOf(response, prototype);
  return response;
}

/** What one watched response does in the place of its class. */
interface Watched {
  readonly take: (name: WholeBody) => Promise<unknown>;
  readonly body: () => ReadableStream<Uint8Array> | null;
  readonly clone: () => Response;
}

interface Watching {
  readonly prototype: object;
  /**
   * Of the property with which a response has its state. A `WeakMap` would keep it, and with it the response, until the next full
   * collection: what is young and in an old one is alive to a collection of young objects.
   */
  readonly key: symbol;
}

/** By what they are over. A response that is watched already is of what watches it. */
const watchings = new WeakMap<object, Watching>();

/** Between a response and its class: to define as much on each response would take as long as to make one. */
function watchingOver(own: object): Watching {
  const known = watchings.get(own);
  if (known !== undefined) return known;
  const key = Symbol('watched');
  const stateOf = (response: object) => (response as { readonly [key]: Watched })[key];
  const prototype = Object.create(own, {
    body: {
      get() {
        return stateOf(this).body();
      },
    },
    clone: {
      value() {
        return stateOf(this).clone();
      },
    },
  });
  for (const name of wholeBody) {
    if (!(name in own)) continue;
    Object.defineProperty(prototype, name, {
      value() {
        return stateOf(this).take(name as WholeBody);
      },
    });
  }
  const watching = { prototype, key };
  watchings.set(own, watching);
  return watching;
}
