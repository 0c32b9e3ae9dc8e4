import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf, readError } from './files-errors.js';

const BLOCK_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;
const LINE_END = 10;

/**
 * The lines of a file without their ends, one after the other, in little memory. What follows the last line end is a
 * line that is still being written, or was torn off, and is left out. A line beyond 1 MiB is given as an empty one. A
 * file that is not there has no lines.
 *
 * @throws CodedError as `readFileIfThere`.
 */
export function* wholeLines(path: string): Generator<string, void> {
  const descriptor = openIfThere(path);
  if (descriptor === null) return;
  try {
    yield* linesOf(descriptor);
  } catch (error) {
    throw readError(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function* linesOf(descriptor: number): Generator<string, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const count = readSync(descriptor, block);
    if (count === 0) return;
    let from = 0;
    for (let end = block.indexOf(LINE_END); end >= 0 && end < count; end = block.indexOf(LINE_END, from)) {
      length += end - from;
      parts.push(block.subarray(from, end));
      yield length > MAX_LINE_BYTES ? '' : Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
    }
    length += count - from;
    // Of a line that is too long nothing is kept.
    if (length > MAX_LINE_BYTES) parts = [];
    else parts.push(block.subarray(from, count));
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw readError(path, error);
  }
}
