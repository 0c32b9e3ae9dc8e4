import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { asked, served } from './testing/served.js';

const page = readFileSync(new URL('../../../../docs/http.md', import.meta.url), 'utf8');
const EXCHANGE =
  /^```http\n(\S+) (\S+)\n(?:\S+: .+\n)*\n?((?:.*\n)*?)^```\n\nAnswer (\d+):\n\n^```json\n((?:.*\n)*?)^```/gm;
const TIME = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

it('the requests on the page, one after the other, are answered as it says', async () => {
  const { origin } = await served();
  const exchanges = [...page.matchAll(EXCHANGE)];
  expect(exchanges).toHaveLength(page.split('```http').length - 1);
  for (const [, method = '', path = '', body = '', status, answer = ''] of exchanges) {
    const given = await asked(`${origin}${path}`, { method, ...(body !== '' && { body }) });
    expect({ path, status: String(given.status) }).toEqual({ path, status });
    expect(withoutTimes(given.body)).toEqual(withoutTimes(JSON.parse(answer)));
  }
});

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(TIME, 'some time'));
}
