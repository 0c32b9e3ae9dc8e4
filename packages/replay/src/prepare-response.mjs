import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { chooseExchange } from './choose-exchange.mjs';
import { editUsage, usualUsage } from './edit-usage.mjs';
import { errorBody } from './error-body.mjs';
import { padBody } from './pad-body.mjs';
import { operationOf, splitProvider } from './providers.mjs';

/** @import { Answer, Exchange, ReceivedRequest } from './index.mjs' */

/**
 * @typedef {object} Prepared
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {Buffer} body As it is sent.
 * @property {boolean} isStream
 * @property {string | null} exchange The id of the recording it was made from.
 */

const ENCODERS = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };

/**
 * What an answer comes to for a request: pure, so that a test can ask for it without a socket.
 *
 * @param {object} options
 * @param {ReceivedRequest} options.request
 * @param {string | undefined} options.provider Whom the whole server stands for.
 * @param {readonly Exchange[]} options.exchanges
 * @param {Answer} options.answer
 * @returns {Prepared}
 */
export function prepareResponse({ request, provider: only, exchanges, answer }) {
  const plain = plainResponse({ request, only, exchanges, answer });
  const { isStream } = plain;
  const body =
    answer.leastBytes === undefined ? plain.body : padBody(plain.body, { isStream, leastBytes: answer.leastBytes });
  const headers = { ...plain.headers, ...answer.headers };
  if (answer.encoding === undefined) return { ...plain, headers, body };
  return {
    ...plain,
    headers: { ...headers, 'content-encoding': answer.encoding },
    body: ENCODERS[answer.encoding](body),
  };
}

/**
 * @param {{ request: ReceivedRequest, only: string | undefined, exchanges: readonly Exchange[], answer: Answer }} options
 * @returns {Prepared}
 */
function plainResponse({ request, only, exchanges, answer }) {
  const { rest } = only === undefined ? splitProvider(request.path) : { rest: request.path };
  if (answer.error !== undefined) return errorResponse(request.provider, answer.error);
  if (answer.body !== undefined) return ownResponse(answer.body, answer.status ?? 200);
  const named = answer.exchange ?? request.headers['x-replay-exchange'];
  const exchange =
    typeof named === 'object'
      ? named
      : named === undefined
        ? chooseExchange(exchanges, { provider: request.provider, path: rest, json: request.json })
        : (exchanges.find(({ id }) => id === named) ?? null);
  if (exchange === null) {
    const missing =
      named ??
      `${request.provider ?? 'any provider'}, ${operationOf(rest)}${request.json?.stream === true ? ', stream' : ''}`;
    return errorResponse(request.provider, { status: 404, message: `No exchange is recorded for ${missing}.` });
  }
  const edit = answer.usage ?? usualUsage(exchange);
  return {
    status: answer.status ?? exchange.status,
    headers: { 'content-type': exchange.contentType },
    body: editUsage(exchange.body, { isStream: exchange.isStream, edit, request: request.json }),
    isStream: exchange.isStream,
    exchange: exchange.id,
  };
}

/**
 * @param {string | null} provider
 * @param {import('./index.mjs').ErrorAnswer} error
 * @returns {Prepared}
 */
function errorResponse(provider, error) {
  const { body, headers } = errorBody(provider, error);
  return { status: error.status, headers: { ...headers }, body: Buffer.from(body), isStream: false, exchange: null };
}

/**
 * @param {string | Uint8Array | object} body
 * @param {number} status
 * @returns {Prepared}
 */
function ownResponse(body, status) {
  const isBytes = typeof body === 'string' || body instanceof Uint8Array;
  const isStream = typeof body === 'string' && /^(?:data|event|id|retry)?:/.test(body);
  const headers = { 'content-type': isStream ? 'text/event-stream' : 'application/json' };
  return { status, headers, body: Buffer.from(isBytes ? body : JSON.stringify(body)), isStream, exchange: null };
}
