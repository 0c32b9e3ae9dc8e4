import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { notAFile, readError } from './files-errors.js';

const BLOCK_BYTES = 256 * 1024;

/**
 * The bytes of a file, as many as it had when it was opened, one block after the other; a link in its place is not
 * followed. A block is valid until the next one is asked for.
 *
 * @throws CodedError `not_a_file` (input): a link, a directory, a pipe, a device; `file_unreadable` (environment).
 */
export function* plainFileBlocks(path: string): Generator<Buffer, void> {
  const descriptor = open(path);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw notAFile(path);
    const buffer = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(1, status.size)));
    for (let left = status.size; left > 0; ) {
      const count = readSync(descriptor, buffer, 0, Math.min(left, buffer.length), null);
      // Somebody cuts it off just now.
      if (count === 0) return;
      left -= count;
      yield buffer.subarray(0, count);
    }
  } catch (error) {
    throw readError(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    // Without O_NONBLOCK, opening a named pipe waits until somebody writes to it.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    throw readError(path, error);
  }
}
