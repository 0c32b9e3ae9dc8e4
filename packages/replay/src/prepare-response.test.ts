import { describe, expect, it } from 'vitest';
import { splitEvents } from './event-text.mjs';
import { type Answer, type Exchange, errorBody, keptExchanges, type ReceivedRequest } from './index.mjs';
import { prepareResponse } from './prepare-response.mjs';

const exchanges = keptExchanges();

function prepared(path: string, json: unknown, answer: Answer = {}) {
  const provider = path.split('/')[1] ?? null;
  const request = { path, provider, json, headers: {} } as unknown as ReceivedRequest;
  return prepareResponse({ request, provider: undefined, exchanges, answer });
}
const dataOf = (body: Buffer) =>
  splitEvents(body)
    .map((event) => /^data: (\{.*\})/m.exec(event.toString())?.[1])
    .filter((text) => text !== undefined)
    .map((text) => JSON.parse(text));
const chat = '/openai/v1/chat/completions';
const asking = { stream: true, stream_options: { include_usage: true } };

describe('the usage in a stream of OpenAI', () => {
  it('is told in a chunk of its own, and as null before, where it was asked for', () => {
    const chunks = dataOf(prepared(chat, asking).body);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('is not there at all where it was not', () => {
    const [told, untold] = [prepared(chat, asking), prepared(chat, { stream: true })].map(({ body }) => dataOf(body));
    expect(untold?.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(untold).toEqual(told?.slice(0, -1).map(({ usage: _, ...chunk }) => chunk));
    expect(prepared(chat, { stream: true }).body.toString()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('is told in any case by providers that do so, and by the other API', () => {
    for (const path of [
      '/groq/openai/v1/chat/completions',
      '/openrouter/api/v1/chat/completions',
      '/openai/v1/responses',
    ]) {
      const { body, exchange } = prepared(path, { stream: true });
      expect(body).toEqual(exchanges.find(({ id }) => id === exchange)?.body);
      expect(body.toString()).toMatch(/_tokens":\d/);
    }
  });
});

describe('usage', () => {
  const paths = [chat, '/openai/v1/responses', '/anthropic/v1/messages', '/google/v1/models/x:generateContent'];

  it('is left out of every kind of answer', () => {
    for (const path of paths) {
      for (const json of [{}, asking]) {
        expect(prepared(path, json, { usage: 'none' }).body.toString()).not.toMatch(/"usage|[tT]oken_?[cC]ount"/);
      }
    }
    const stream = prepared('/google/v1/models/x:streamGenerateContent', {}, { usage: 'none' });
    expect(dataOf(stream.body).length).toBeGreaterThan(0);
    expect(stream.body.toString()).not.toContain('usageMetadata');
  });

  it('is replaced with anything', () => {
    for (const value of ['garbage', { prompt_tokens: -1 }, [], { completion_tokens: '1e999' }]) {
      for (const path of paths) {
        for (const json of [{}, asking]) {
          expect(prepared(path, json, { usage: { value } }).body.toString()).toContain(JSON.stringify(value));
        }
      }
    }
  });
});

describe('padding', () => {
  it('makes JSON longer, and leaves it what it was', () => {
    const { body } = prepared(chat, {}, { leastBytes: 1_000_000 });
    expect(body.length).toBeGreaterThanOrEqual(1_000_000);
    const { padding: _, ...rest } = JSON.parse(body.toString());
    expect(rest).toEqual(JSON.parse(prepared(chat, {}).body.toString()));
  });

  it('makes a stream longer with comments', () => {
    const { body } = prepared(chat, asking, { leastBytes: 1_000_000 });
    expect(body.length).toBeGreaterThanOrEqual(1_000_000);
    expect(dataOf(body)).toEqual(dataOf(prepared(chat, asking).body));
  });

  it('has a limit', () => {
    expect(() => prepared(chat, {}, { leastBytes: 2 ** 40 })).toThrow('at most');
  });
});

describe('an error', () => {
  const error = { status: 429, message: 'slow down', retryAfterSeconds: 7 };

  it('has the shape of the provider', () => {
    const shapes = ['openai', 'groq', 'anthropic', 'google', 'cohere', 'openrouter', 'ollama', 'bedrock', null].map(
      (provider) => JSON.parse(errorBody(provider, error).body),
    );
    const openai = {
      error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' },
    };
    expect(shapes).toEqual([
      openai,
      openai,
      { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' }, request_id: 'req_replayed' },
      { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } },
      { id: 'replayed', message: 'slow down' },
      { error: { message: 'slow down', code: 429 } },
      { error: 'slow down' },
      { message: 'slow down' },
      openai,
    ]);
    expect(errorBody('bedrock', error).headers).toMatchObject({ 'x-amzn-errortype': 'ThrottlingException' });
  });

  it('comes with its status and when to ask again', () => {
    expect(prepared('/anthropic/v1/messages', {}, { error })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7', 'content-type': 'application/json' },
    });
  });
});

describe('an answer', () => {
  it('takes an exchange that is not among those of the server, and headers of its own', () => {
    const exchange = { ...exchanges[0], id: 'mine' } as Exchange;
    expect(prepared(chat, {}, { exchange, headers: { 'x-request-id': 'a' } })).toMatchObject({
      exchange: 'mine',
      headers: { 'x-request-id': 'a' },
    });
    expect(prepared(chat, {}, { exchange: 'unknown' }).status).toBe(404);
  });
});
