import type { TokenEvent } from '@budget/hub-client';
import { covers, type Grant } from './access.js';
import { type Fault, faultsOf, invalid, MAX_FAULTS, type Outcome, type Refusal } from './refusal.js';
import { tokenEventSchema } from './token-event-schema.js';

export const MAX_EVENTS = 1000;

export interface Received {
  readonly contentType: string | undefined;
  /** `null` where it is not sent. */
  readonly header: (name: string) => string | null;
  readonly body: Uint8Array;
}

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const BINARY = 'application/json';

/**
 * The events of one request, by the HTTP binding of CloudEvents 1.0: one in structured mode, many as a batch, or one in
 * binary mode. All of them are valid and may be written by this grant, or none is taken: so the status of the answer holds
 * for all that was sent.
 */
export function receivedEvents(received: Received, grant: Grant): Outcome<readonly TokenEvent[]> {
  const type = received.contentType?.split(';')[0]?.trim().toLowerCase();
  const isBinary = type === BINARY && received.header('ce-specversion') !== null;
  if (type !== STRUCTURED && type !== BATCH && !isBinary) return { refusal: wrongType };
  const json = jsonOf(received.body);
  if ('refusal' in json) return json;
  if (isBinary) return checkedEvents([withAttributes(received.header, json.value)], grant, () => '');
  if (type === STRUCTURED) return checkedEvents([json.value], grant, () => '');
  if (!Array.isArray(json.value)) {
    return { refusal: invalid('events_invalid', [{ path: '', message: 'A batch is a list of events' }]) };
  }
  return checkedEvents(json.value, grant, (index) => `[${index}]`);
}

/** @param pathOf where an event stands, for the faults in it */
export function checkedEvents(
  given: readonly unknown[],
  grant: Grant,
  pathOf: (index: number) => string,
): Outcome<readonly TokenEvent[]> {
  if (given.length > MAX_EVENTS) {
    const detail = `A batch has ${MAX_EVENTS} events at most. Send them in several`;
    return { refusal: { status: 413, code: 'too_many_events', detail } };
  }
  const events: TokenEvent[] = [];
  const faults: Fault[] = [];
  for (const [index, each] of given.entries()) {
    const parsed = tokenEventSchema.safeParse(each);
    if (parsed.success) events.push(parsed.data);
    else faults.push(...faultsOf(parsed.error, pathOf(index)).slice(0, MAX_FAULTS));
    if (faults.length >= MAX_FAULTS) break;
  }
  if (faults.length > 0) return { refusal: invalid('events_invalid', faults) };
  const foreign = events.findIndex(({ data }) => !covers(grant, data.workspace, data.infospace_slug));
  return foreign < 0 ? { value: events } : { refusal: notYours(pathOf(foreign)) };
}

const wrongType: Refusal = {
  status: 415,
  code: 'content_type_unknown',
  detail: `Send ${STRUCTURED}, ${BATCH}, or ${BINARY} with the attributes of the event in ce- headers`,
};

function notYours(path: string): Refusal {
  const detail = `The token is for another project than ${path === '' ? 'the event' : `the event ${path}`}`;
  return { status: 403, code: 'project_forbidden', detail };
}

function jsonOf(body: Uint8Array): Outcome<unknown> {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) };
  } catch {
    return { refusal: { status: 400, code: 'not_json', detail: 'The body is no JSON in UTF-8' } };
  }
}

/** Binary mode: the body is the data alone, and the headers are percent-encoded. */
function withAttributes(header: Received['header'], data: unknown): unknown {
  const names = ['specversion', 'id', 'source', 'type', 'time', 'subject'];
  const attributes = names.flatMap((name) => {
    const value = header(`ce-${name}`);
    return value === null ? [] : [[name, decoded(value)]];
  });
  return { ...Object.fromEntries(attributes), data };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
