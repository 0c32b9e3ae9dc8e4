import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repository } from './built.mjs';

/** Recorded exchanges, one JSON text a line: real ones where there are any (`BUDGET_TEST_DATA`), else a few made up. */
export function exchangeLines() {
  const data = resolve(repository, process.env.BUDGET_TEST_DATA || '../shared/data');
  const file = join(data, 'provider-responses.jsonl.gz');
  if (!existsSync(file)) return { source: 'made-up exchanges', lines: madeUp().map((each) => JSON.stringify(each)) };
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n').filter(Boolean);
  return { source: 'recorded exchanges', lines };
}

/** As long as the recorded ones are on average: 3.7 KB, a tenth of them event streams. */
function madeUp() {
  const prose = 'The quick brown fox jumps over the lazy dog. '.repeat(70);
  return Array.from({ length: 100 }, (_, index) => {
    const usage = { prompt_tokens: 1000 + index, completion_tokens: 100, total_tokens: 1100 + index };
    const model = 'gpt-4o-2024-08-06';
    const words = prose.split(' ').slice(0, 40);
    const events = words.map((content) => ({ id: `c${index}`, model, choices: [{ delta: { content } }], usage: null }));
    const stream = [...events, { id: `c${index}`, model, choices: [], usage }]
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
      .join('');
    const document = { id: `c${index}`, model, choices: [{ message: { role: 'assistant', content: prose } }], usage };
    return {
      ...{ id: `made-up-${index}`, host: 'api.openai.com', path: '/v1/chat/completions', request_model: 'gpt-4o' },
      response: index % 10 === 0 ? `${stream}data: [DONE]\n\n` : document,
    };
  });
}
