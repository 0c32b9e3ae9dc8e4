import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { modelInPath, providerOfHost } from './providers.mjs';

const kept = fileURLToPath(new URL('../recordings/exchanges.jsonl', import.meta.url));
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** @type {typeof import('./index.mjs').readExchange} */
export const readExchange = (line) => {
  const { id, host, path, request_model, stream, status, content_type, response } = JSON.parse(line);
  return {
    id,
    provider: providerOfHost(host),
    host,
    path,
    model: request_model ?? modelInPath(path),
    isStream: stream,
    status,
    contentType: content_type,
    // A body that is no stream was recorded as parsed, so these are its values, not its blanks.
    body: Buffer.from(typeof response === 'string' ? response : JSON.stringify(response)),
  };
};

/** @param {string} text */
const readLines = (text) => text.trimEnd().split('\n').map(readExchange);

/** @type {typeof import('./index.mjs').keptExchanges} */
export const keptExchanges = () => readLines(readFileSync(kept, 'utf8'));

/** @type {typeof import('./index.mjs').allExchanges} */
export const allExchanges = () => {
  const file = resolve(repository, process.env['BUDGET_TEST_DATA'] || '../shared/data', 'provider-responses.jsonl.gz');
  return existsSync(file) ? readLines(gunzipSync(readFileSync(file)).toString('utf8')) : [];
};
