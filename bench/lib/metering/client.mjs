import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { CALL_PATH, requestBody, UPLOAD_PATH } from './recorded-answers.mjs';

const PIECE_BYTES = 64 * 1024;
const MEGABYTE = 1024 * 1024;

/** A program that calls what answers at `url`, over as many kept connections as it needs. */
export function client(url) {
  const agent = new Agent({ keepAlive: true });
  const call = requestBody();
  const stream = requestBody({ isStream: true });

  /** Resolves to when the first byte of the answer's body was here. */
  async function answered(outgoing) {
    const [answer] = await once(outgoing, 'response');
    let firstByteAtMs = null;
    answer.on('data', () => {
      firstByteAtMs ??= performance.now();
    });
    await once(answer, 'end');
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}.`);
    return firstByteAtMs;
  }

  function post(path, headers) {
    return request(`${url}${path}`, { method: 'POST', agent, headers });
  }

  async function send(body) {
    const outgoing = post(CALL_PATH, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
    return await answered(outgoing);
  }

  return {
    /** How long a call takes, to the end of its answer. */
    async callMs() {
      const startedAtMs = performance.now();
      await send(call);
      return performance.now() - startedAtMs;
    },
    /** How long it takes until a stream begins. */
    async firstByteMs() {
      const startedAtMs = performance.now();
      return (await send(stream)) - startedAtMs;
    },
    async upload(megabytes) {
      const outgoing = post(UPLOAD_PATH, { 'content-type': 'application/octet-stream' });
      const answer = answered(outgoing);
      const piece = Buffer.alloc(PIECE_BYTES, 'x');
      for (let left = (megabytes * MEGABYTE) / PIECE_BYTES; left > 0; left -= 1) {
        if (!outgoing.write(piece)) await once(outgoing, 'drain');
      }
      outgoing.end();
      await answer;
    },
    close: () => agent.destroy(),
  };
}

/** So many at once, each a call after the other, as long as `goesOn`. Resolves to how many were made. */
export async function callTogether({ callMs }, clients, goesOn) {
  let count = 0;
  const one = async () => {
    while (goesOn(count)) {
      count += 1;
      await callMs();
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return count;
}
