import { setTimeout as delay } from 'node:timers/promises';

/** @import { IncomingMessage } from 'node:http' */

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The whole body of a request; null where it is larger than 64 MiB. Rejects when the client goes away before its end.
 *
 * @param {IncomingMessage} message
 * @param {number | undefined} bytesPerSecond Reads no faster than this, as a busy server does.
 * @returns {Promise<Buffer | null>}
 */
export async function receiveBody(message, bytesPerSecond) {
  const parts = [];
  let length = 0;
  for await (const part of message) {
    length += part.length;
    if (length > MAX_BYTES) return null;
    parts.push(part);
    if (bytesPerSecond !== undefined) await delay((part.length / bytesPerSecond) * 1000, undefined, { ref: false });
  }
  return Buffer.concat(parts);
}

/**
 * @param {Buffer} body
 * @returns {unknown}
 */
export function parseBody(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
