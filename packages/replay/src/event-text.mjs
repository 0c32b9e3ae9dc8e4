/**
 * The events of a stream with the blank lines that end them, so that joining them gives the same bytes again.
 *
 * @param {Buffer} body
 * @returns {Buffer[]}
 */
export function splitEvents(body) {
  const events = [];
  let start = 0;
  // Byte for byte, so that broken characters stay as they were recorded.
  for (const end of body.toString('latin1').matchAll(/(?:\r\n){2,}|\n{2,}|\r{2,}/g)) {
    const after = end.index + end[0].length;
    events.push(body.subarray(start, after));
    start = after;
  }
  if (start < body.length) events.push(body.subarray(start));
  return events;
}

/**
 * The same event with the JSON of its data changed; null leaves the event out. Without a change, and where the data is
 * no JSON, its bytes stay as they are.
 *
 * @param {Buffer} event
 * @param {(data: any) => any} change
 * @returns {Buffer | null}
 */
export function changeEventData(event, change) {
  const text = event.toString('utf8');
  const found = /^data: ?(\{.*\})\s*$/m.exec(text);
  if (found?.[1] === undefined) return event;
  const before = JSON.parse(found[1]);
  const after = change(before);
  if (after === null) return null;
  return after === before ? event : Buffer.from(text.replace(found[1], () => JSON.stringify(after)));
}
