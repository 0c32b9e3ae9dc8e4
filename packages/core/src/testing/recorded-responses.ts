import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** One response of a real provider as it was recorded. `response` is the text of an event stream, or a parsed body. */
export interface RecordedResponse {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  readonly response: Readonly<Record<string, unknown>> | string;
}

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const file = resolve(repository, process.env['BUDGET_TEST_DATA'] || '../shared/data', 'provider-responses.jsonl.gz');

/** Empty without the data, which is no part of the repository: `BUDGET_TEST_DATA` names its directory. */
export const recordedResponses: readonly RecordedResponse[] = existsSync(file)
  ? gunzipSync(readFileSync(file))
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordedResponse)
  : [];

export const isWithoutData = recordedResponses.length === 0;
