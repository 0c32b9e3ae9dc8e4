import { wholeBody } from '@budget/serving';
import type { Outcome, Refusal } from './refusal.js';

/** A batch of a thousand events has about one. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const tooLarge: Refusal = {
  status: 413,
  code: 'body_too_large',
  detail: `A body has ${MAX_BODY_BYTES} bytes at most. Send the events in several`,
};

/** Nobody is there to read it, and nothing is wrong here. */
const brokenOff: Refusal = { status: 400, code: 'body_broken_off', detail: 'The body broke off' };

/** The whole body, of which no more than that is ever held, whatever the request says of its length. */
export async function limitedBody(request: Request): Promise<Outcome<Uint8Array<ArrayBuffer>>> {
  try {
    const body = await wholeBody(request, MAX_BODY_BYTES);
    return body === null ? { refusal: tooLarge } : { value: body };
  } catch {
    return { refusal: brokenOff };
  }
}
