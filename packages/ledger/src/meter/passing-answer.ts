import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { type AnswerReader, answerReader } from './answer-reader.js';
import { responseHeaders } from './headers.js';
import { isReadable } from './plain-stream.js';
import { type ShownAnswer, shownWhole, shownWithoutUsage } from './shown-answer.js';

export interface Passed {
  /** A connection was there for it, so that some of it may have left. */
  readonly isSent: boolean;
  readonly isCancelled: boolean;
  /** Of HTTP; 0 where no answer began. */
  readonly status: number;
  /** `null` where no answer began. */
  readonly reader: AnswerReader | null;
  readonly error: Error | null;
}

export interface PassingAnswer {
  readonly handler: Dispatcher.DispatchHandler;
  /** There will be none. */
  fail(error: Error): void;
  readonly over: Promise<Passed>;
}

/**
 * Their head is all of them. The length that they may tell is that of another answer
 * (https://www.rfc-editor.org/rfc/rfc9110#section-8.6), and undici misses the bytes.
 */
const withoutBody: ReadonlySet<number> = new Set([204, 304]);

const NOTHING = Buffer.alloc(0);

/**
 * Takes an answer as it comes and hands it on. It is sent once, whatever comes of it: a provider that hangs up may have
 * answered, and charged, all the same. To send again is the affair of the program, which then makes another call.
 */
export function passingAnswer(response: ServerResponse, hidesUsage: boolean): PassingAnswer {
  const connection = response.req.socket;
  let provider: Dispatcher.DispatchController | null = null;
  let status = 0;
  let reader: AnswerReader | null = null;
  let shown: ShownAnswer | null = null;
  let early: NodeJS.Immediate | undefined;
  let isOver = false;
  let resolveOver = (_: Passed): void => {};
  const over = new Promise<Passed>((resolve) => {
    resolveOver = resolve;
  });

  function end(error: Error | null, isCancelled = false): void {
    if (isOver) return;
    isOver = true;
    clearImmediate(early);
    connection.off('close', goAway);
    resolveOver({ isSent: provider !== null, isCancelled, status, reader, error });
  }

  function endShown(): void {
    clearImmediate(early);
    shown?.end();
  }

  /** As if the program had called the provider itself: its connection breaks. */
  function fail(error: Error): void {
    end(error);
    response.destroy();
    provider?.abort(error);
  }

  function goAway(): void {
    if (isOver) return;
    const error = new Error('the program went away');
    end(error, true);
    provider?.abort(error);
  }

  response.once('finish', () => end(null));
  // The answer itself is told of no end while it waits for one that the program asked for before it.
  connection.once('close', goAway);
  if (connection.destroyed) goAway();

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      if (isOver) controller.abort(new Error('the program went away'));
      else provider = controller;
    },
    onResponseStart(controller, statusCode, { 'content-type': type, 'content-encoding': encoding }, statusText = '') {
      const isInformation = statusCode < 200;
      if (isInformation) return;
      const contentType = String(type ?? '');
      const contentEncoding = encoding === undefined ? undefined : String(encoding);
      // What cannot be read is shown as it is.
      const hides = hidesUsage && /^text\/event-stream/i.test(contentType) && isReadable(contentEncoding);
      const onDrain = (): void => controller.resume();
      const dropped = hides ? ['content-length', 'content-encoding'] : [];
      // The text was read as UTF-8, and is written as the bytes that it was.
      const statusBytes = Buffer.from(statusText).toString('latin1');
      response.writeHead(statusCode, statusBytes, responseHeaders(controller.rawHeaders as Buffer[], dropped));
      status = statusCode;
      reader = answerReader({ contentType: type === undefined ? undefined : contentType, contentEncoding });
      shown = hides
        ? shownWithoutUsage(response, { contentEncoding, onDrain, onError: fail })
        : shownWhole(response, onDrain);
      // A stream may think for long before its first event: its headers are to be seen before. What comes along with them
      // is written with them. `flushHeaders` would write them as UTF-8, and so change each byte beyond ASCII; before bytes
      // they are written as they were read.
      early = setImmediate(() => response.write(NOTHING));
    },
    onResponseData(controller, chunk) {
      clearImmediate(early);
      reader?.push(chunk);
      if (shown?.write(chunk) === false) controller.pause();
    },
    onResponseEnd: endShown,
    onResponseError(_, error) {
      if (withoutBody.has(status)) endShown();
      else fail(error);
    },
  };
  return { handler, fail, over };
}
