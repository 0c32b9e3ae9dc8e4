import { isFields } from '@budget/core';
import { dialectOf } from './dialect.js';
import type { MeteredCall } from './metered-call.js';
import { askingForUsage, lacksUsage, textAskingForUsage } from './stream-usage.js';

export interface PreparedBody {
  /** To be sent instead of what the program gave; `null` where that goes out as it is. */
  readonly changed: string | null;
  /** The answer carries usage that the program did not ask for, and must not see. */
  readonly hidesUsage: boolean;
}

/** As the program gave it: the JSON, and the text that it was read from. */
export interface GivenBody {
  readonly json: unknown;
  readonly text: () => string;
}

/**
 * The body of an admitted call as it goes out: with its output limit lowered, and asking for the usage of a stream. Where that
 * is all, the program's own text is added to: written anew, a seed beyond 2^53 would be another one.
 */
export function preparedBody(call: MeteredCall, given: GivenBody): PreparedBody {
  const { provider, path, body } = call.request;
  if (!isFields(body)) return { changed: null, hidesUsage: false };
  const hidesUsage = body['stream'] === true && lacksUsage(body, dialectOf(provider, path), provider);
  const isLimited = body !== given.json;
  if (!hidesUsage) return { changed: isLimited ? JSON.stringify(body) : null, hidesUsage };
  const isAddedTo = !isLimited && !Object.hasOwn(body, 'stream_options');
  return { changed: isAddedTo ? textAskingForUsage(given.text()) : JSON.stringify(askingForUsage(body)), hidesUsage };
}
