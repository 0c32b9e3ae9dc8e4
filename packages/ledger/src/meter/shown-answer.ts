import type { ServerResponse } from 'node:http';
import { plainStream } from './plain-stream.js';
import { type StreamFilter, usageHider } from './stream-usage.js';

/** Where the bytes of an answer go as they come. */
export interface ShownAnswer {
  /** False: the program does not read as fast as that, and `onDrain` says when to go on. */
  write(chunk: Buffer): boolean;
  end(): void;
}

/** As it is. */
export function shownWhole(response: ServerResponse, onDrain: () => void): ShownAnswer {
  response.on('drain', onDrain);
  return response;
}

export interface HidingOptions {
  /** Of what comes; what is shown is plain. */
  readonly contentEncoding: string | undefined;
  readonly onDrain: () => void;
  /** What comes cannot be made plain. */
  readonly onError: (error: Error) => void;
}

/** A stream of events, without the usage that the program did not ask for. */
export function shownWithoutUsage(
  response: ServerResponse,
  { contentEncoding, onDrain, onError }: HidingOptions,
): ShownAnswer {
  const plain = plainAnswer(response, usageHider());
  const [decoder] = plainStream(contentEncoding);
  if (decoder === undefined) {
    response.on('drain', onDrain);
    return plain;
  }
  decoder.on('drain', onDrain);
  decoder.on('error', onError);
  decoder.on('data', (chunk: Buffer) => {
    if (!plain.write(chunk)) decoder.pause();
  });
  decoder.on('end', () => plain.end());
  response.on('drain', () => decoder.resume());
  response.on('close', () => decoder.destroy());
  return { write: (chunk) => decoder.write(chunk), end: () => void decoder.end() };
}

function plainAnswer(response: ServerResponse, filter: StreamFilter): ShownAnswer {
  const show = (shown: Buffer): boolean => shown.length === 0 || response.write(shown);
  return {
    write: (chunk) => show(filter.push(chunk)),
    end() {
      show(filter.end());
      response.end();
    },
  };
}
