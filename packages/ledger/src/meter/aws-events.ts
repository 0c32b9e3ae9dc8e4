import { field, isFields, parsedJson } from '@budget/core';

/** Two lengths and a checksum. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** AWS allows 24 MiB. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
const STRING = 7;

export const AWS_EVENTS = /^application\/vnd\.amazon\.eventstream/i;

/**
 * Reads the frames in which Bedrock streams (`converse-stream`, `invoke-with-response-stream`), and gives each event on as one of
 * an ordinary event stream: its payload under the name of its event, or what the model itself said where that is wrapped in
 * it. Bytes may be cut anywhere; what is no frame ends the reading. Checksums are left to who asked.
 *
 * The format: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream.
 */
export function awsEvents(take: (event: Buffer) => void): (chunk: Uint8Array) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isBroken = false;
  return (chunk) => {
    if (isBroken) return;
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= PRELUDE_BYTES) {
      const length = rest.readUInt32BE(0);
      const payloadAt = PRELUDE_BYTES + rest.readUInt32BE(4);
      isBroken = length > MAX_FRAME_BYTES || payloadAt + CHECKSUM_BYTES > length;
      if (isBroken || rest.length < length) return;
      const headers = rest.subarray(PRELUDE_BYTES, payloadAt);
      for (const data of dataOf(headers, rest.subarray(payloadAt, length - CHECKSUM_BYTES).toString())) {
        take(Buffer.from(`data: ${data}\n\n`));
      }
      rest = rest.subarray(length);
    }
  };
}

function dataOf(headers: Buffer, payload: string): string[] {
  const name = headerOf(headers, ':event-type');
  if (name === 'chunk') {
    const bytes = field(parsedJson(payload), 'bytes');
    return typeof bytes === 'string' ? [Buffer.from(bytes, 'base64').toString()] : [];
  }
  if (name === '') {
    const said = parsedJson(payload);
    return [JSON.stringify({ error: { ...(isFields(said) && said), type: headerOf(headers, ':exception-type') } })];
  }
  const event = `{${JSON.stringify(name)}:${payload}}`;
  // Nothing follows what a converse stream says of itself.
  return name === 'metadata' ? [event, '[DONE]'] : [event];
}

/** `''` where it has none: one without a type of event is an error. */
function headerOf(headers: Buffer, wanted: string): string {
  for (let at = 0; at < headers.length; ) {
    const nameEnds = at + 1 + (headers[at] as number);
    const name = headers.toString('latin1', at + 1, nameEnds);
    // Bedrock has no others.
    if (headers[nameEnds] !== STRING || nameEnds + 3 > headers.length) return '';
    const valueAt = nameEnds + 3;
    const valueEnds = valueAt + headers.readUInt16BE(nameEnds + 1);
    if (name === wanted) return headers.toString('utf8', valueAt, valueEnds);
    at = valueEnds;
  }
  return '';
}
