import type { AnswerReader } from './answer-reader.js';
import type { StreamFilter } from './stream-usage.js';

/** A body that is read on its way to whoever asked for it. */
export interface WatchedBody {
  readonly source: ReadableStream<Uint8Array>;
  readonly reader: AnswerReader;
  /** Nothing follows. `isCancelled`: whoever asked gave up. */
  readonly finish: (isWhole: boolean, isCancelled: boolean) => void;
  readonly hasGivenUp: () => boolean;
}

/** All of it, as soon as it is there. */
export async function watchedBytes({ source, reader, finish, hasGivenUp }: WatchedBody): Promise<Uint8Array> {
  const pieces = source.getReader();
  const bytes: Uint8Array[] = [];
  try {
    for (let read = await pieces.read(); !read.done; read = await pieces.read()) {
      reader.push(read.value);
      bytes.push(read.value);
    }
  } catch (error) {
    finish(false, hasGivenUp());
    throw error;
  }
  finish(true, false);
  return bytes.length === 1 ? (bytes[0] as Uint8Array) : Buffer.concat(bytes);
}

/** As it comes. @param filter what of it is shown; `null`: all */
export function watchedStream(
  { source, reader, finish, hasGivenUp }: WatchedBody,
  filter: StreamFilter | null,
): ReadableStream<Uint8Array> {
  const pieces = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          let read: Awaited<ReturnType<typeof pieces.read>>;
          try {
            read = await pieces.read();
          } catch (error) {
            finish(false, hasGivenUp());
            controller.error(error);
            return;
          }
          if (read.done) {
            const rest = filter?.end();
            if (rest !== undefined && rest.length > 0) controller.enqueue(rest);
            finish(true, false);
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
        finish(false, true);
        await pieces.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
