import { once } from 'node:events';
import { createServer } from 'node:http';
import { prepareResponse } from './prepare-response.mjs';
import { splitProvider } from './providers.mjs';
import { parseBody, receiveBody } from './receive-body.mjs';
import { keptExchanges } from './recordings.mjs';
import { sendResponse } from './send-response.mjs';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */
/** @import { Answer, AnswerChoice, ReceivedRequest } from './index.mjs' */

/** All requests are kept, so there is a last one; those after it are refused, for a lost one would mislead a test. */
const MAX_REQUESTS = 20_000;

/** @typedef {{ -readonly [Name in keyof ReceivedRequest]: ReceivedRequest[Name] }} Entry */

/** @type {typeof import('./index.mjs').startReplay} */
export const startReplay = async ({ exchanges = keptExchanges(), answer: first = {}, provider, port = 0 } = {}) => {
  /** @type {Entry[]} */
  const requests = [];
  /** @type {AnswerChoice[]} */
  const queue = [];
  let usual = first;

  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
    reply(message, response).catch((error) => {
      // A client that went away is no error. Anything else is a mistake in the answer of the test.
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  server.on('connection', (socket) => socket.setNoDelay(true));

  /**
   * @param {IncomingMessage} message
   * @param {ServerResponse} response
   */
  async function reply(message, response) {
    const entry = newEntry(message, provider);
    response.once('close', () => {
      entry.isAbandoned = !response.writableFinished && !isBrokenByUs;
      entry.isOver = true;
    });
    if (requests.length >= MAX_REQUESTS) throw new RangeError(`More than ${MAX_REQUESTS} requests were made.`);
    requests.push(entry);

    const choice = queue.shift() ?? usual;
    let isBrokenByUs = false;
    // How a request is read has to be known before it is there, so a function cannot tell it.
    const body = await receiveBody(message, typeof choice === 'function' ? undefined : choice.readBytesPerSecond);
    entry.body = body ?? entry.body;
    entry.json = parseBody(entry.body);
    /** @type {Answer} */
    const asked = typeof choice === 'function' ? await choice(entry) : choice;
    const answer = body === null ? { error: { status: 413 } } : asked;
    if (answer.isSilent) return;
    isBrokenByUs = answer.isHungUp === true || answer.breakAfterBytes !== undefined;
    if (answer.isHungUp) {
      message.socket.destroy();
      return;
    }
    const prepared = prepareResponse({ request: entry, provider, exchanges, answer });
    entry.exchange = prepared.exchange;
    entry.status = prepared.status;
    const onSent = (/** @type {number} */ bytes) => {
      entry.bytesSent += bytes;
    };
    await sendResponse(response, prepared, { answer, onSent });
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`;

  return {
    origin,
    requests,
    urlOf: (name) => (provider === undefined ? `${origin}/${name}` : origin),
    next: (...answers) => void queue.push(...answers),
    answerAll: (answer) => {
      usual = answer;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/**
 * @param {IncomingMessage} message
 * @param {string | undefined} provider
 * @returns {Entry}
 */
function newEntry({ method = '', url = '', headers }, provider) {
  const flat = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]);
  return {
    at: Date.now(),
    method,
    path: url,
    provider: provider ?? splitProvider(url).provider,
    headers: Object.fromEntries(flat),
    body: Buffer.alloc(0),
    json: undefined,
    exchange: null,
    status: null,
    bytesSent: 0,
    isAbandoned: false,
    isOver: false,
  };
}
