import type { IncomingMessage } from 'node:http';
import { parsedJson } from '@budget/core';

/** A larger one is no prompt; it goes through unread. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

export type RequestBody =
  /** Small enough to be looked at; `json` is undefined where it is something else. */
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly json: unknown }
  /** Still in the request, to be passed on as it comes. */
  | { readonly kind: 'unread' }
  /** Longer than it may be, and it did not say so before. */
  | { readonly kind: 'too_large' };

/** Reads a body where it may be JSON, whatever its type says: `curl -d` calls it a form. */
export async function requestBody(request: IncomingMessage): Promise<RequestBody> {
  const { 'content-type': type = '', 'content-length': length, 'content-encoding': encoding } = request.headers;
  const isOpaque =
    /^\s*(?:multipart|audio|image|video|application\/octet-stream)/i.test(type) || encoding !== undefined;
  if (isOpaque || Number(length ?? 0) > MAX_READ_BYTES) return { kind: 'unread' };
  const bytes = await readBytes(request);
  if (bytes === null) return { kind: 'too_large' };
  return { kind: 'read', bytes, json: bytes.length === 0 ? undefined : parsedJson(bytes.toString()) };
}

/** `null` for more than may be read. An iterator over the stream would take a good part of the time of a short call. */
function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    request.on('data', (chunk: Buffer) => {
      total += chunk.length;
      if (total <= MAX_READ_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.once('end', () => {
      if (total > MAX_READ_BYTES) resolve(null);
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    request.once('error', reject);
    // Also of one that was read: then there is nothing to be told, and to make an error takes long.
    request.once('close', () => {
      if (!request.readableEnded) reject(new Error('the program went away'));
    });
  });
}
