import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { asked, hubAtWork } from './hub-at-work.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/reference-hub.md', import.meta.url)), 'utf8');

/** Requests and answers by turns. */
const exchanges = [...page.matchAll(/^```http\n(.*?)^```/gms)].map(([, text = '']) => {
  const [head = '', ...body] = text.split('\n\n');
  const [first = '', ...headers] = head.trimEnd().split('\n');
  return { first, headers: Object.fromEntries(headers.map((line) => line.split(/: (.*)/))), body: body.join('\n\n') };
});

it('the requests of docs/reference-hub.md are answered as it says', async () => {
  expect(exchanges).toHaveLength(8);
  const hub = await hubAtWork();
  for (let index = 0; index < exchanges.length; index += 2) {
    const [request, answer] = exchanges.slice(index, index + 2) as [(typeof exchanges)[0], (typeof exchanges)[0]];
    const [method = '', path] = request.first.split(' ');
    const body = method === 'GET' ? {} : { body: request.body };
    const { status, body: answered } = await asked(`${hub.url}${path}`, { method, headers: request.headers, ...body });
    expect(`HTTP/1.1 ${status}`).toBe(answer.first);
    expect(answered).toEqual(JSON.parse(answer.body));
  }
});
