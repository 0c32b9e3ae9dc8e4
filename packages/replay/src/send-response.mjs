import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cutBody } from './cut-body.mjs';

/** @import { ServerResponse } from 'node:http' */
/** @import { Answer } from './index.mjs' */
/** @import { Prepared } from './prepare-response.mjs' */

/**
 * Sends a response as its answer asks. Ends early, without an error, when the client goes away.
 *
 * @param {ServerResponse} response
 * @param {Prepared} prepared
 * @param {object} options
 * @param {Answer} options.answer
 * @param {(bytes: number) => void} options.onSent
 */
export async function sendResponse(response, { status, headers, body, isStream }, { answer, onSent }) {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  /** @param {number | undefined} milliseconds */
  const wait = async (milliseconds) => {
    if (milliseconds) await delay(milliseconds, undefined, { signal: gone.signal });
  };

  try {
    await wait(answer.headDelayMs);
    const length = (answer.hasLength ?? !isStream) ? { 'content-length': String(body.length) } : {};
    response.writeHead(status, { ...headers, ...length });
    response.flushHeaders();
    await wait(answer.bodyDelayMs);
    const breakAt = answer.breakAfterBytes ?? Number.POSITIVE_INFINITY;
    let sent = 0;
    for (const part of cutBody(body, answer.cuts ?? (isStream ? 'events' : 'whole'))) {
      if (sent > 0) await wait(answer.cutDelayMs);
      const bytes = part.subarray(0, breakAt - sent);
      if (bytes.length > 0) await write(response, bytes, gone.signal);
      sent += bytes.length;
      onSent(bytes.length);
      if (sent >= breakAt) break;
    }
    if (answer.breakAfterBytes === undefined) response.end();
    else breakOff(response, answer.breakWith ?? 'end');
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

/**
 * Waits where the client reads more slowly than is sent. A turn of the event loop after each part makes it one write
 * of its own, as a real server's would be.
 *
 * @param {ServerResponse} response
 * @param {Buffer} bytes
 * @param {AbortSignal} signal
 */
async function write(response, bytes, signal) {
  if (!response.write(bytes)) await once(response, 'drain', { signal });
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

/**
 * @param {ServerResponse} response
 * @param {'end' | 'reset'} manner
 */
function breakOff(response, manner) {
  const { socket } = response;
  // An empty write is called back after all writes before it, so that what came before the break gets out.
  socket?.write('', () => {
    if (manner === 'reset') socket.resetAndDestroy();
    else socket.destroySoon();
  });
}
