import { isFields } from '@budget/core';
import { dialectOf } from './dialect.js';
import type { MeteredCall } from './metered-call.js';
import { askingForUsage, lacksUsage } from './stream-usage.js';

export interface PreparedBody {
  /** To be sent instead of what the program gave; `null` where that goes out as it is. */
  readonly changed: string | null;
  /** The answer carries usage that the program did not ask for, and must not see. */
  readonly hidesUsage: boolean;
}

/** The body of an admitted call as it goes out: with its output limit lowered, and asking for the usage of a stream. */
export function preparedBody(call: MeteredCall, given: unknown): PreparedBody {
  const { provider, path, body } = call.request;
  if (!isFields(body)) return { changed: null, hidesUsage: false };
  const hidesUsage = body['stream'] === true && lacksUsage(body, dialectOf(provider, path), provider);
  if (!hidesUsage && body === given) return { changed: null, hidesUsage };
  return { changed: JSON.stringify(hidesUsage ? askingForUsage(body) : body), hidesUsage };
}
