import { type AnswerReader, answerReader } from './answer-reader.js';
import type { MeteredCall } from './metered-call.js';
import { type StreamFilter, usageHider } from './stream-usage.js';

/** The same response, whose body is read by the call on its way to whoever asked, and may give up by `signal`. */
export function watchedResponse(
  response: Response,
  call: MeteredCall,
  hidesUsage: boolean,
  signal: AbortSignal | null,
): Response {
  const { status, statusText, headers, url, redirected } = response;
  // `fetch` has made it plain already.
  const contentType = headers.get('content-type');
  const reader = answerReader({ contentType, contentEncoding: null });
  if (response.body === null) {
    finish(call, reader, status, true, false);
    return response;
  }
  const isEvents = /^text\/event-stream/i.test(contentType ?? '');
  // The error that an abort ends a body with is whatever the program gave as its reason.
  const hasGivenUp = (): boolean => signal?.aborted === true;
  const body = watched(response.body, call, reader, status, hidesUsage && isEvents ? usageHider() : null, hasGivenUp);
  const same = new Response(body, { status, statusText, headers });
  // The constructor leaves them empty.
  return Object.defineProperties(same, { url: { value: url }, redirected: { value: redirected } });
}

function watched(
  source: ReadableStream<Uint8Array>,
  call: MeteredCall,
  reader: AnswerReader,
  status: number,
  filter: StreamFilter | null,
  hasGivenUp: () => boolean,
): ReadableStream<Uint8Array> {
  const chunks = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          let read: Awaited<ReturnType<typeof chunks.read>>;
          try {
            read = await chunks.read();
          } catch (error) {
            finish(call, reader, status, false, hasGivenUp());
            controller.error(error);
            return;
          }
          if (read.done) {
            const rest = filter?.end();
            if (rest !== undefined && rest.length > 0) controller.enqueue(rest);
            finish(call, reader, status, true, false);
            controller.close();
            return;
          }
          reader.push(read.value);
          const shown = filter === null ? read.value : filter.push(Buffer.from(read.value));
          if (shown.length === 0) continue;
          controller.enqueue(shown);
          return;
        }
      },
      async cancel(reason) {
        finish(call, reader, status, false, true);
        await chunks.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function finish(call: MeteredCall, reader: AnswerReader, status: number, isWhole: boolean, isCancelled: boolean): void {
  void reader.end().then((answer) => call.finish({ kind: 'answered', status, ...answer, isWhole }, isCancelled));
}
