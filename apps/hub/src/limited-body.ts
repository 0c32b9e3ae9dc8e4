import type { Outcome, Refusal } from './refusal.js';

/** A batch of a thousand events has about one. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const tooLarge: Refusal = {
  status: 413,
  code: 'body_too_large',
  detail: `A body has ${MAX_BODY_BYTES} bytes at most. Send the events in several`,
};

/** The whole body, of which no more than that is ever held, whatever the request says of its length. */
export async function limitedBody(request: Request): Promise<Outcome<Uint8Array<ArrayBuffer>>> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return { refusal: tooLarge };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    bytes += read.value.length;
    if (bytes > MAX_BODY_BYTES) {
      await reader?.cancel();
      return { refusal: tooLarge };
    }
    chunks.push(read.value);
  }
  return { value: new Uint8Array(Buffer.concat(chunks)) };
}
