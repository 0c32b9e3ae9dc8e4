import { connect } from 'node:net';

/**
 * A response as its bytes came over the socket: what a client library would hide, such as where a body was cut.
 *
 * @param {string} url
 * @param {object} [options]
 * @param {unknown} [options.json]
 * @param {Record<string, string>} [options.headers]
 * @returns {Promise<{ head: string, chunks: Buffer[], body: Buffer, isComplete: boolean, error: string | null }>}
 */
export async function rawResponse(url, { json = {}, headers = {} } = {}) {
  const { port, pathname, search } = new URL(url);
  const body = JSON.stringify(json);
  const lines = Object.entries({ host: 'test', 'content-length': String(Buffer.byteLength(body)), ...headers });
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n${body}`,
  );
  /** @type {Buffer[]} */
  const pieces = [];
  let error = null;
  try {
    for await (const piece of socket) {
      pieces.push(piece);
      if (isWhole(Buffer.concat(pieces))) break;
    }
  } catch (thrown) {
    error = /** @type {NodeJS.ErrnoException} */ (thrown).code ?? String(thrown);
  }
  const received = Buffer.concat(pieces);
  const end = received.indexOf('\r\n\r\n');
  const head = received.subarray(0, Math.max(end, 0)).toString();
  const rest = received.subarray(end + 4);
  const chunks = /^transfer-encoding: chunked$/im.test(head) ? chunksOf(rest).chunks : [rest];
  return { head, chunks, body: Buffer.concat(chunks), isComplete: isWhole(received), error };
}

/** @param {Buffer} received */
function isWhole(received) {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const rest = received.subarray(end + 4);
  const length = /^content-length: (\d+)$/im.exec(received.subarray(0, end).toString())?.[1];
  return length === undefined ? chunksOf(rest).isComplete : rest.length >= Number(length);
}

/** @param {Buffer} framed */
function chunksOf(framed) {
  const chunks = [];
  for (let at = 0; ; ) {
    const line = framed.indexOf('\r\n', at);
    if (line === -1) return { chunks, isComplete: false };
    const size = Number.parseInt(framed.subarray(at, line).toString(), 16);
    if (size === 0) return { chunks, isComplete: true };
    chunks.push(framed.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}
