import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const file = resolve(repository, process.env['BUDGET_TEST_DATA'] || '../shared/data', 'provider-responses.jsonl.gz');

/** Exchanges of real providers, one JSON text each. Empty without the data, which is no part of the repository. */
export const recordedLines: readonly string[] = existsSync(file)
  ? gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
  : [];
