import { splitEvents } from './event-text.mjs';

/** A body is made in memory, so it has a limit. */
const MAX_BYTES = 512 * 1024 * 1024;
const LONGEST_COMMENT = 16 * 1024;

/**
 * The same answer in at least so many bytes. What tells the usage stays behind the padding, where it is hard to find.
 *
 * @param {Buffer} body
 * @param {{ isStream: boolean, leastBytes: number }} options
 * @returns {Buffer}
 */
export function padBody(body, { isStream, leastBytes }) {
  if (leastBytes > MAX_BYTES) throw new RangeError(`leastBytes is at most ${MAX_BYTES}.`);
  const missing = leastBytes - body.length;
  if (missing <= 0) return body;
  if (!isStream) {
    if (body[0] !== 0x7b) throw new TypeError('Only a JSON object or an event stream can be padded.');
    return Buffer.concat([
      Buffer.from('{"padding":"'),
      Buffer.alloc(missing, 'x'),
      Buffer.from('",'),
      body.subarray(1),
    ]);
  }
  const [first = body, ...others] = splitEvents(body);
  const comment = Buffer.concat([Buffer.from(': '), Buffer.alloc(LONGEST_COMMENT, 'x'), Buffer.from('\n\n')]);
  const comments = Buffer.alloc(Math.ceil(missing / comment.length) * comment.length, comment);
  return Buffer.concat([first, comments, ...others]);
}
