import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import type { Terminal } from './terminal.js';

/**
 * The bytes of a file, or of standard input where it is called `-`. It is open when the promise resolves: before a ledger
 * is, so that a wrong name makes none.
 *
 * @throws CodedError `file_unreadable`
 */
export async function inputBytes(from: string, { stdin, directory }: Terminal): Promise<AsyncIterable<Uint8Array>> {
  if (from === '-') return stdin;
  const file = resolve(directory, from);
  const stream = createReadStream(file);
  await once(stream, 'ready').catch((cause) => {
    throw unreadable(file, cause);
  });
  return piecesOf(stream, file);
}

async function* piecesOf(stream: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    throw unreadable(file, cause as Error);
  }
}

function unreadable(file: string, cause: Error): CodedError {
  const message = `${file} cannot be read: ${cause.message}`;
  return new CodedError({ code: 'file_unreadable', kind: 'input', file, message, cause });
}
