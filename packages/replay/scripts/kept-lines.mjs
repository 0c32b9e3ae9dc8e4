import { splitEvents } from '../src/event-text.mjs';

/** Of a longer stream the events in its middle are left out: words of a thought, one by one. */
const EVENTS_AT_EITHER_END = 15;

/**
 * The lines of these exchanges, in this order, as one text.
 *
 * @param {readonly string[]} lines
 * @param {readonly string[]} ids
 */
export function keptLines(lines, ids) {
  const exchanges = new Map(lines.map((line) => JSON.parse(line)).map((exchange) => [exchange.id, exchange]));
  const kept = ids.map((id) => {
    const exchange = exchanges.get(id);
    if (exchange === undefined) throw new Error(`There is no recording ${id}.`);
    return JSON.stringify({ ...exchange, response: shortened(exchange.response) });
  });
  return `${kept.join('\n')}\n`;
}

/** @param {unknown} response */
function shortened(response) {
  if (typeof response !== 'string') return response;
  const events = splitEvents(Buffer.from(response));
  // The events of the Responses API number each other, and are few.
  if (events.length <= 2 * EVENTS_AT_EITHER_END || response.startsWith('event:')) return response;
  return Buffer.concat([...events.slice(0, EVENTS_AT_EITHER_END), ...events.slice(-EVENTS_AT_EITHER_END)]).toString();
}
