import { modelInPath, operationOf } from './providers.mjs';

/** @import { Exchange } from './index.mjs' */

/** Google and Bedrock have a path of its own for a stream, and no flag. */
const STREAMS_BY_PATH = /^stream|-stream$/;
const NEVER_STREAMS = new Set(['generateContent', 'converse']);

/**
 * @typedef {object} Wanted
 * @property {string | null} provider
 * @property {string} path Without the name of the provider in front.
 * @property {any} json The body of the request, where it is JSON.
 */

/**
 * The exchange that fits a request: of its provider (of any, where none is named), with the same operation, and a
 * stream exactly where one is asked for. Of those the first with its model, else the first. Null where none fits.
 *
 * @param {readonly Exchange[]} exchanges
 * @param {Wanted} wanted
 * @returns {Exchange | null}
 */
export function chooseExchange(exchanges, { provider, path, json }) {
  const operation = operationOf(path);
  const isStream = STREAMS_BY_PATH.test(operation) || (json?.stream === true && !NEVER_STREAMS.has(operation));
  const model = json?.model ?? modelInPath(path);
  const fitting = exchanges.filter(
    (exchange) =>
      (provider === null || exchange.provider === provider) &&
      exchange.isStream === isStream &&
      operationOf(exchange.path) === operation,
  );
  return fitting.find((exchange) => exchange.model === model) ?? fitting[0] ?? null;
}
