import { type ResponseReading, responseStream } from '@budget/core';
import { AWS_EVENTS, awsEvents } from './aws-events.js';
import { plainStream } from './plain-stream.js';

export interface Answer {
  readonly reading: ResponseReading;
  /** Only where the usage is not told in full. */
  readonly received: string;
  readonly receivedRatio: number;
}

export interface AnswerReader {
  /** The bytes as they came, compressed or not. */
  push(chunk: Uint8Array): void;
  /** Nothing follows, because it is whole or because it broke off. Never rejects. */
  end(): Promise<Answer>;
}

/** What can be read here. Others are not asked for. */
export const readableEncodings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'br', 'deflate', 'identity']);

/** Of an answer without usage: enough to say how much text there was, and no more than that is kept. */
const MAX_KEPT_BYTES = 256 * 1024;

/** As its headers tell. */
export interface AnswerForm {
  readonly contentType: string | null | undefined;
  readonly contentEncoding: string | null | undefined;
}

/** Sounds and pictures say nothing of their usage. */
const TEXT = /json|event-stream|^\s*text\//i;

/** Reads what an answer says beside whoever receives it. What cannot be read says nothing; it disturbs nobody. */
export function answerReader({ contentType, contentEncoding }: AnswerForm): AnswerReader {
  const stream = responseStream();
  const isAws = AWS_EVENTS.test(contentType ?? '');
  const isText = isAws || contentType == null || TEXT.test(contentType);
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let totalBytes = 0;

  function take(chunk: Uint8Array): void {
    stream.push(chunk);
    totalBytes += chunk.length;
    if (keptBytes >= MAX_KEPT_BYTES) return;
    kept.push(chunk);
    keptBytes += chunk.length;
  }

  const read = isAws ? awsEvents(take) : take;
  const [decoder = null] = plainStream(contentEncoding);
  let isBroken = false;
  decoder?.on('data', read);
  decoder?.on('error', () => {
    isBroken = true;
  });

  return {
    push(chunk) {
      if (!isText) return;
      if (decoder === null) read(chunk);
      else if (!isBroken) decoder.write(chunk);
    },
    async end() {
      if (decoder !== null && !isBroken) {
        await new Promise<void>((resolve) => {
          decoder.on('close', resolve);
          decoder.end();
        });
      }
      const reading = stream.end();
      const isTold = reading.usage.tokens !== null && !reading.isPartial;
      return {
        reading,
        received: isTold ? '' : Buffer.concat(kept).toString(),
        receivedRatio: keptBytes === 0 ? 1 : totalBytes / keptBytes,
      };
    },
  };
}
