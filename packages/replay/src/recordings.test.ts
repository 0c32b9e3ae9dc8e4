import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptLines } from '../scripts/kept-lines.mjs';
import { splitEvents } from './event-text.mjs';
import { allExchanges, type Exchange, keptExchanges, type Replay, startReplay } from './index.mjs';
import { operationOf } from './providers.mjs';
import { rawResponse } from './testing/raw-response.mjs';

const all = allExchanges();
const kept = keptExchanges();

/** Asks for one exchange as a client of that provider would. */
async function fetchExchange(replay: Replay, { id, provider, path }: Exchange) {
  // Asked for, the usage of an OpenAI stream comes as it was recorded.
  const body = JSON.stringify({ stream_options: { include_usage: true } });
  const headers = { 'x-replay-exchange': id };
  return await fetch(`${replay.urlOf(provider)}${path}`, { method: 'POST', headers, body });
}

describe('the kept recordings', () => {
  it('are a text and a tool call of each large provider, in JSON and as a stream', () => {
    const kinds = kept.map(({ provider, path, isStream }) => `${provider} ${operationOf(path)} ${isStream}`);
    for (const kind of [
      'openai chat/completions false',
      'openai chat/completions true',
      'openai responses false',
      'openai responses true',
      'anthropic messages false',
      'anthropic messages true',
      'google generateContent false',
      'google streamGenerateContent true',
      'groq chat/completions false',
    ]) {
      expect(kinds.filter((each) => each === kind)).toHaveLength(2);
    }
    const texts = kept.map(({ body }) => body.toString());
    expect(texts.filter((text) => /tool_call|tool_use|function_?[cC]all/.test(text)).length).toBeGreaterThan(10);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(15_000);
  });

  it('are served byte for byte', async () => {
    const replay = await startReplay();
    try {
      for (const exchange of kept) {
        const response = await fetchExchange(replay, exchange);
        expect(Buffer.from(await response.arrayBuffer())).toEqual(exchange.body);
        expect([response.status, response.headers.get('content-type')]).toEqual([
          exchange.status,
          exchange.contentType,
        ]);
      }
      expect(replay.requests.map(({ exchange }) => exchange)).toEqual(kept.map(({ id }) => id));
    } finally {
      await replay.close();
    }
  });
});

describe.skipIf(all.length === 0)('all recordings (needs BUDGET_TEST_DATA)', () => {
  let replay: Replay;
  beforeAll(async () => {
    replay = await startReplay({ exchanges: all });
  });
  afterAll(() => replay.close());

  it('are served byte for byte', { timeout: 60_000 }, async () => {
    for (const exchange of all) {
      const response = await fetchExchange(replay, exchange);
      expect(Buffer.from(await response.arrayBuffer()).equals(exchange.body), exchange.id).toBe(true);
    }
  });

  it('come in the parts of their events, which are the whole again', async () => {
    for (const exchange of all.filter(({ isStream }) => isStream).slice(0, 20)) {
      const url = `${replay.urlOf(exchange.provider)}${exchange.path}`;
      const json = { stream_options: { include_usage: true } };
      const { chunks, body } = await rawResponse(url, { json, headers: { 'x-replay-exchange': exchange.id } });
      expect(body.equals(exchange.body)).toBe(true);
      expect(chunks).toEqual(splitEvents(exchange.body));
    }
  });

  it('include the kept ones, of which nothing but the middle of long streams is left out', () => {
    const directory = fileURLToPath(new URL('../recordings/', import.meta.url));
    const ids = readFileSync(`${directory}ids.txt`, 'utf8').trimEnd().split('\n');
    const lines = all.map(({ id, host, path, model, isStream, status, contentType, body }) =>
      JSON.stringify({ id, host, path, model, isStream, status, contentType, response: body.toString() }),
    );
    const ours = keptLines(lines, ids).trimEnd().split('\n');
    const bodies = ours.map((line) => (JSON.parse(line) as { response: string }).response);
    expect(kept.map(({ body }) => body.toString())).toEqual(bodies);
  });
});
