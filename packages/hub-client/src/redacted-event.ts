import { isFields } from '@budget/core';
import { isEventId } from './outbox-names.js';
import type { TokenEvent } from './token-event.js';

/** A hub takes what is larger, and no run makes it. */
const MAX_EVENT_BYTES = 64 * 1024;

export type Redact = (event: TokenEvent) => TokenEvent | null;

export type RedactedEvent =
  | { readonly event: TokenEvent; readonly fault: null }
  /** It is kept back; `fault` says why, for people. */
  | { readonly event: null; readonly fault: string };

/** The event as it may be written and sent. A redaction that fails keeps it back. */
export function redactedEvent(event: TokenEvent, redact: Redact): RedactedEvent {
  // Programs in JavaScript hand over and give back what they like.
  if (!isFields(event) || typeof event.id !== 'string' || !isEventId(event.id)) return keptBack('its id is no run id');
  let redacted: TokenEvent | null;
  try {
    redacted = redact(event);
  } catch {
    return keptBack('the redaction failed, so it is kept back');
  }
  if (redacted === null) return keptBack('the redaction keeps it back');
  if (!isFields(redacted)) return keptBack('the redaction gave no event, so it is kept back');
  if (redacted.id !== event.id) return keptBack('the redaction changed its id, so it is kept back');
  const bytes = sizeOf(redacted);
  if (bytes === null) return keptBack('it cannot be written as JSON, so it is kept back');
  if (bytes <= MAX_EVENT_BYTES) return { event: redacted, fault: null };
  return keptBack(`it has ${bytes} bytes, and ${MAX_EVENT_BYTES} are allowed`);
}

/** In bytes of JSON; `null` for what has none, such as a number that is a `bigint`, or an event that holds itself. */
function sizeOf(event: TokenEvent): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(event));
  } catch {
    return null;
  }
}

const keptBack = (fault: string): RedactedEvent => ({ event: null, fault });
