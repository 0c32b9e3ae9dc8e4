import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterThisTest, answerTo } from '@budget/test-tools/vitest';
import { describe, expect, test } from 'vitest';
import { createMeteringProxy } from './metering-proxy.js';
import { json } from './testing/pretended-provider.js';
import { proxied } from './testing/proxied.js';

const question = { model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const answer = {
  id: 'a1',
  model: 'm',
  choices: [{ message: { content: 'hi' } }],
  usage: { prompt_tokens: 10, completion_tokens: 5 },
};
const PROMPT_BYTES = Buffer.byteLength(JSON.stringify(question.messages));

const events = [
  'data: {"id":"1","model":"m","choices":[{"delta":{"content":"one "}}],"usage":null}\n\n',
  'data: {"id":"1","model":"m","choices":[{"delta":{"content":"two"},"finish_reason":"stop"}],"usage":null}\n\n',
  'data: {"id":"1","model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}\n\n',
  'data: [DONE]\n\n',
];

describe('a call through the proxy', () => {
  test('arrives as it was sent, is answered as it came, and is booked as it says', async () => {
    const { ask, provider, spent, calls, meter } = await proxied((_, response) => json(response, answer));
    const text = JSON.stringify({ ...question, odd: 'é\u{1f600}' }, null, 3);
    const response = await ask(text, {
      headers: { authorization: 'Bearer mine', 'x-own': '1', 'x-budget-task': 'greet' },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(JSON.stringify(answer));
    await meter.idle();
    const [seen] = provider.seen;
    expect(seen?.path).toBe('/v1/chat/completions');
    expect(seen?.body.toString()).toBe(text);
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer mine',
      'x-own': '1',
      host: new URL(provider.url).host,
    });
    expect(seen?.headers['x-budget-task']).toBeUndefined();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
    expect(calls).toMatchObject([
      {
        provider: 'openai',
        model: 'm',
        responseModel: 'm',
        status: 'completed',
        httpStatus: 200,
        tags: { task: 'greet' },
      },
    ]);
  });

  test('that a limit has no room for is refused, and the provider sees nothing', async () => {
    const { ask, provider, refusals, spent } = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: 1n,
    });
    const response = await ask(question);
    expect(response.status).toBe(402);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toMatchObject({
      error: { code: 'budget_exceeded', message: expect.stringMatching(/^budget_exceeded: run:1 has no room/) },
    });
    expect(provider.seen).toEqual([]);
    expect(refusals).toMatchObject([{ code: 'budget_exceeded', model: 'm' }]);
    expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
  });

  // litellm #34732: every concurrent call saw the same room.
  test('is never one of too many, though 64 come at once', async () => {
    const most = BigInt(PROMPT_BYTES + question.max_tokens) * 1000n;
    const { ask, provider, spent } = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: most * 5n,
    });
    const responses = await Promise.all(Array.from({ length: 64 }, () => ask(question)));
    const admitted = responses.filter(({ status }) => status === 200).length;
    expect(admitted).toBeGreaterThanOrEqual(5);
    expect(provider.seen).toHaveLength(admitted);
    expect((await spent()).nanoUsd).toBeLessThanOrEqual(most * 5n);
  });

  test('of a model without a price is refused under a limit of dollars, and made when that is allowed', async () => {
    const unpriced = { ...question, model: 'unpriced' };
    const refusing = await proxied((_, response) => json(response, answer), { limitNanoUsd: 10n ** 9n });
    expect(await (await refusing.ask(unpriced)).json()).toMatchObject({ error: { code: 'price_unknown' } });
    expect(refusing.provider.seen).toEqual([]);
    const free = await proxied((_, response) => json(response, answer));
    expect((await free.ask(unpriced)).status).toBe(200);
    const allowing = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: 10n ** 9n,
      onUnpriced: 'allow',
    });
    expect((await allowing.ask(unpriced)).status).toBe(200);
    await allowing.meter.idle();
    expect(allowing.calls).toMatchObject([{ costNanoUsd: null, costSource: 'unknown', tokens: { promptTokens: 10 } }]);
  });

  test('is made and counted over the limit where that was chosen', async () => {
    const { ask, meter, spent } = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: 1n,
      onExceed: 'continue',
    });
    expect((await ask(question)).status).toBe(200);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
  });

  test('is answered no longer than the budget allows when it may be clamped', async () => {
    const room = BigInt(PROMPT_BYTES + 20) * 1000n;
    const { ask, provider, meter } = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: room,
      clamp: true,
    });
    expect((await ask(question)).status).toBe(200);
    expect(JSON.parse(provider.seen[0]?.body.toString() ?? '')).toEqual({ ...question, max_tokens: 20 });
    await meter.idle();
    const [none] = [
      await proxied((_, response) => json(response, answer), {
        limitNanoUsd: BigInt(PROMPT_BYTES) * 1000n,
        clamp: true,
      }),
    ];
    expect((await none.ask(question)).status).toBe(402);
    expect(none.provider.seen).toEqual([]);
  });

  test('that starts work of which nobody here sees the cost is refused under a limit', async () => {
    const { ask, provider } = await proxied((_, response) => json(response, {}), { limitNanoUsd: 10n ** 12n });
    const response = await ask({ input_file_id: 'f' }, { path: '/batches' });
    expect(await response.json()).toMatchObject({ error: { code: 'cannot_be_metered' } });
    expect(provider.seen).toEqual([]);
  });

  test('that is refused is read to its end, so that its program sees why', async () => {
    const { ask, provider } = await proxied((_, response) => json(response, {}), { limitNanoUsd: 10n ** 12n });
    const sound = 'x'.repeat(5_000_000);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const response = await ask(sound, { path: '/audio/transcriptions', headers });
    expect(await response.json()).toMatchObject({ error: { code: 'price_unknown' } });
    expect(provider.seen).toEqual([]);
  });

  // `fetch` itself takes such a length for a promise, so the program here speaks plain HTTP.
  test.each([204, 304])('that is answered %i reaches the program whatever length it tells', async (status) => {
    const { proxy, lines } = await proxied((_, response) => {
      response.socket?.end(`HTTP/1.1 ${status} Told\r\netag: "1"\r\ncontent-length: 55\r\n\r\n`);
    });
    const one = `GET ${new URL(proxy.url('openai')).pathname}/models HTTP/1.1\r\nHost: here\r\n`;
    const answers = await answerTo(proxy.url(), `${one}\r\n${one}Connection: close\r\n\r\n`);
    expect(answers.match(/HTTP\/1.1 \d+ Told\r\netag: "1"\r\ncontent-length: 55\r\n/g)).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  test('that costs nothing is passed on and not counted', async () => {
    const { ask, provider, meter, calls } = await proxied((_, response) => json(response, { id: 'f' }), {
      limitNanoUsd: 0n,
    });
    expect((await ask('not json', { path: '/files' })).status).toBe(200);
    expect((await fetch(`${provider.url}/v1/models`)).status).toBe(200);
    await meter.idle();
    expect(calls).toEqual([]);
  });

  test.each([400, 401, 404, 429, 500, 529])(
    'that fails with %i reaches the program as it is and costs nothing',
    async (status) => {
      const { ask, meter, spent, calls } = await proxied((_, response) => {
        response.setHeader('retry-after', '7');
        json(response, { error: { message: 'no' } }, status);
      });
      const response = await ask(question);
      expect([response.status, response.headers.get('retry-after')]).toEqual([status, '7']);
      expect(await response.text()).toBe('{"error":{"message":"no"}}');
      await meter.idle();
      expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
      expect(calls).toMatchObject([{ status: 'failed', httpStatus: status, costNanoUsd: 0n, usageMissing: false }]);
    },
  );

  test('that is answered 200 with nothing but an error counts nothing, and has failed', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) =>
      json(response, { error: { message: 'Rate limited', code: 429 } }),
    );
    expect((await ask(question)).status).toBe(200);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
    expect(calls).toMatchObject([{ status: 'failed', httpStatus: 200, costNanoUsd: 0n, isEstimated: false }]);
  });

  // SDKs do not read the body of what they try again.
  test('that fails is a failed one, though the program leaves its answer unread', async () => {
    const { ask, meter, calls } = await proxied((_, response) => {
      response.writeHead(429, { 'content-type': 'application/json' });
      response.write('{"error":');
    });
    await (await ask(question)).body?.cancel();
    await meter.idle();
    expect(calls).toMatchObject([{ status: 'failed', httpStatus: 429, costNanoUsd: 0n }]);
  });

  test('reaches the program with the bytes of its headers as they were', async () => {
    const { ask, provider } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-organisation': 'Soci\u00e9t\u00e9' });
      response.end(Buffer.from(JSON.stringify(answer)));
    });
    const headers = { 'x-own': 'caf\u00e9' };
    expect((await ask(question, { headers })).headers.get('x-organisation')).toBe('Soci\u00e9t\u00e9');
    expect(provider.seen[0]?.headers['x-own']).toBe('caf\u00e9');
  });

  test.each(['utf8', 'latin1'] as const)('has its tags as they were written, in %s', async (encoding) => {
    const { proxy, meter, calls } = await proxied((_, response) => json(response, answer));
    const text = JSON.stringify(question);
    const head = `POST ${new URL(proxy.url('openai')).pathname}/chat/completions HTTP/1.1\r\nHost: here\r\nConnection: close\r\n`;
    const tags = Buffer.from('x-budget-stage: Prüfung\r\nx-budget-task: plain\r\n', encoding);
    await answerTo(proxy.url(), head, tags, `Content-Length: ${text.length}\r\n\r\n${text}`);
    await meter.idle();
    expect(calls[0]?.tags).toEqual({ stage: 'Prüfung', task: 'plain' });
  });

  test('counts each retry, and says which it was', async () => {
    const { ask, meter, calls } = await proxied((_, response) => json(response, answer));
    await ask(question, { headers: { 'x-stainless-retry-count': '0' } });
    await ask(question, { headers: { 'x-stainless-retry-count': '1' } });
    await meter.idle();
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe('a stream through the proxy', () => {
  test('is asked for its usage, which the program does not see', async () => {
    const { ask, provider, meter, spent } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(event);
      response.end();
    });
    const streamed = { ...question, stream: true };
    const received = await (await ask(streamed)).text();
    expect(JSON.parse(provider.seen[0]?.body.toString() ?? '')).toEqual({
      ...streamed,
      stream_options: { include_usage: true },
    });
    expect(received).toBe([events[0], events[1], events[3]].join('').replaceAll(',"usage":null', ''));
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(15_000n);
  });

  test('is asked for it beside what the program wrote, of which each character stays', async () => {
    const { ask, provider } = await proxied((_, response) => json(response, answer));
    const given = ` { "model":"gpt-4o", "stream":true , "seed":12345678901234567890, "temperature":1.0, "messages":[] }\n`;
    await ask(given);
    expect(provider.seen[0]?.body.toString()).toBe(given.replace('{', '{"stream_options":{"include_usage":true},'));
  });

  test('reaches the program event by event, while the provider still writes', async () => {
    let next = (): void => {};
    const { ask } = await proxied(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) {
        response.write(event);
        await new Promise<void>((resolve) => {
          next = resolve;
        });
      }
      response.end();
    });
    const body = (await ask({ ...question, stream: true, stream_options: { include_usage: true } })).body;
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (const event of events) {
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe(event);
      next();
    }
    expect((await reader.read()).done).toBe(true);
  });

  // litellm #30522: a cancelled stream held its amount for ever. vercel/ai #7805: an aborted one reported nothing.
  test('that the program leaves is ended at the provider, booked by what was received, and flagged', async () => {
    const closed = deferred();
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0]);
      response.on('close', () => closed.resolve(undefined));
    });
    const abort = new AbortController();
    const response = await ask({ ...question, stream: true }, { signal: abort.signal });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    abort.abort();
    await closed.promise;
    await meter.idle();
    const { nanoUsd, held, calls: count } = await spent();
    expect([held, count]).toEqual([0n, 1n]);
    expect(nanoUsd).toBe(BigInt(PROMPT_BYTES + 2) * 1000n);
    expect(calls).toMatchObject([{ status: 'cancelled', isEstimated: true, usageMissing: true }]);
  });

  // As OpenAI's SDK for Python leaves each stream.
  test('that the program leaves at its last event was not cancelled, and is booked as it says', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.join(''));
    });
    const response = await ask({ ...question, stream: true, stream_options: { include_usage: true } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let text = ''; !text.includes('[DONE]'); ) text += Buffer.from((await reader.read()).value ?? []);
    await reader.cancel();
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(15_000n);
    expect(calls).toMatchObject([{ status: 'completed', isEstimated: false, usageMissing: false }]);
  });

  test('that ends with an error has failed, and is booked by what was received', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${events[0]}data: {"error":{"code":502,"message":"no"}}\n\n`);
    });
    await (await ask({ ...question, stream: true })).text();
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(BigInt(PROMPT_BYTES + 2) * 1000n);
    expect(calls).toMatchObject([{ status: 'failed', httpStatus: 200, isEstimated: true }]);
  });

  test('that the provider breaks off breaks at the program too, and is booked by what was received', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0]);
      setTimeout(() => response.destroy(), 30);
    });
    const response = await ask({ ...question, stream: true });
    await expect(response.text()).rejects.toThrow();
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(BigInt(PROMPT_BYTES + 2) * 1000n);
    expect(calls).toMatchObject([{ status: 'failed', isEstimated: true }]);
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ] as const)('that is compressed with %s is read, and passed on as it is', async (encoding, compress) => {
    const bytes = compress(events.join(''));
    const { ask, meter, spent } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
      for (let index = 0; index < bytes.length; index += 7) response.write(bytes.subarray(index, index + 7));
      response.end();
    });
    const asked = { ...question, stream: true, stream_options: { include_usage: true } };
    const response = await ask(asked, { headers: { 'accept-encoding': 'gzip, br, deflate, zstd' } });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(await response.text()).toBe(events.join(''));
    const hidden = await ask({ ...question, stream: true });
    expect(await hidden.text()).toBe([events[0], events[1], events[3]].join('').replaceAll(',"usage":null', ''));
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(30_000n);
  });

  test('that is deflated and has bytes after its end is booked as it says', async () => {
    const bytes = Buffer.concat([deflateSync(events.join('')), Buffer.from('what else there is')]);
    const { ask, meter, spent } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'deflate' });
      response.end(bytes);
    });
    const response = await ask({ ...question, stream: true });
    expect(await response.text()).toBe([events[0], events[1], events[3]].join('').replaceAll(',"usage":null', ''));
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(15_000n);
  });

  test('that is compressed as nobody asked for is passed on as it is', async () => {
    const { ask, provider } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip, gzip' });
      response.end(gzipSync(gzipSync(events.join(''))));
    });
    const response = await ask(
      { ...question, stream: true },
      { headers: { 'accept-encoding': 'gzip, deflate, zstd' } },
    );
    expect(await response.text()).toBe(events.join(''));
    expect(provider.seen[0]?.headers['accept-encoding']).toBe('gzip, deflate');
  });
});

describe('the proxy', () => {
  test('answers nobody who does not know the secret, and counts nothing', async () => {
    const { proxy, provider, meter, calls } = await proxied((_, response) => json(response, answer));
    const { port, pathname } = new URL(proxy.url('openai'));
    const wrong = pathname.replace(/^\/./, (start) => (start === '/0' ? '/1' : '/0'));
    for (const path of [
      '/',
      '/v1/chat/completions',
      wrong,
      `/${'é'.repeat(32)}/openai`,
      `${pathname}x/chat/completions`,
    ]) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: '{}' });
      expect(response.status, path).toBe(404);
    }
    expect(await rawly(Number(port), 'GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n')).toMatch(
      /^HTTP\/1.1 404/,
    );
    expect(await rawly(Number(port), 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')).not.toMatch(
      / 200 /,
    );
    await meter.idle();
    expect([provider.seen, calls]).toEqual([[], []]);
  });

  test('listens on this machine alone', async () => {
    const { proxy } = await proxied((_, response) => json(response, answer));
    expect(new URL(proxy.url()).hostname).toBe('127.0.0.1');
  });

  test('puts a key in the place of its placeholder, in headers and in the query, and nowhere else', async () => {
    const { ask, provider } = await proxied((_, response) => json(response, answer), {
      upstream: { keys: [{ placeholder: 'budget-placeholder-1', key: 'sk-real' }] },
    });
    await ask(
      { ...question, user: 'budget-placeholder-1' },
      {
        path: '/chat/completions?key=budget-placeholder-1',
        headers: { authorization: 'Bearer budget-placeholder-1', 'x-api-key': 'budget-placeholder-1' },
      },
    );
    const [seen] = provider.seen;
    expect(seen?.path).toBe('/v1/chat/completions?key=sk-real');
    expect(seen?.headers).toMatchObject({ authorization: 'Bearer sk-real', 'x-api-key': 'sk-real' });
    expect(seen?.body.toString()).toContain('budget-placeholder-1');
  });

  test('sends a key as it is, whatever characters it has', async () => {
    const { ask, provider } = await proxied((_, response) => json(response, answer), {
      upstream: { keys: [{ placeholder: 'budget-placeholder-1', key: "pa$$w&x$&y$'z" }] },
    });
    const headers = { authorization: 'Bearer budget-placeholder-1' };
    await ask(question, { path: '/chat/completions?key=budget-placeholder-1&alt=sse', headers });
    const [seen] = provider.seen;
    expect(seen?.headers['authorization']).toBe("Bearer pa$$w&x$&y$'z");
    expect([...new URL(seen?.path ?? '', provider.url).searchParams]).toEqual([
      ['key', "pa$$w&x$&y$'z"],
      ['alt', 'sse'],
    ]);
  });

  test('says of a WebSocket that it cannot be metered', async () => {
    const { proxy, lines } = await proxied((_, response) => json(response, answer));
    const { port, pathname } = new URL(proxy.url('openai'));
    const upgrade = `GET ${pathname}/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await rawly(Number(port), upgrade)).toMatch(/^HTTP\/1.1 501 [\s\S]*cannot_be_metered/);
    expect(lines).toEqual([expect.stringMatching(/^A call could not be metered: calls over WebSockets/)]);
  });

  test('meters a program that offers to go on in HTTP/2, as some clients do with each request', async () => {
    const { proxy, provider, spent, meter } = await proxied((_, response) => json(response, answer));
    const { port, pathname } = new URL(proxy.url('openai'));
    const body = JSON.stringify(question);
    const offered = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    const head = `POST ${pathname}/chat/completions HTTP/1.1\r\nHost: x\r\n${offered}Content-Length: ${body.length}\r\n\r\n`;
    expect(await rawly(Number(port), head + body)).toMatch(/^HTTP\/1.1 200 /);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
    expect(Object.keys(provider.seen[0]?.headers ?? {})).not.toContain('http2-settings');
  });

  test('takes long headers of either side, and says of those that are too long that they are', async () => {
    const long = 'a'.repeat(100_000);
    const { ask, proxy, provider, lines } = await proxied((_, response) => {
      response.setHeader('x-long', long);
      json(response, answer);
    });
    const maxHeaderSize = 256 * 1024;
    const asked = request(`${proxy.url('openai')}/chat/completions`, {
      ...{ method: 'POST', maxHeaderSize, headers: { 'x-own': long } },
    });
    asked.end(JSON.stringify(question));
    const [response] = await once(asked, 'response');
    response.resume();
    expect([response.statusCode, response.headers['x-long']]).toEqual([200, long]);
    expect(provider.seen[0]?.headers['x-own']).toBe(long);
    expect((await ask(question, { headers: { 'x-own': long.repeat(4) } })).status).toBe(431);
    // `fetch` itself tries again on a connection that it had kept.
    expect(new Set(lines)).toEqual(new Set([expect.stringContaining('longer than 256 KiB')]));
  });

  test('names no key of a query when a call fails', async () => {
    const { ask, lines } = await proxied((_, response) => json(response, answer), {
      upstream: { url: 'http://127.0.0.1:9' },
    });
    await ask(question, { path: '/chat/completions?key=secret' }).catch(() => {});
    expect(lines).toEqual([expect.stringMatching(/^openai \/chat\/completions: .*ECONNREFUSED/)]);
  });

  test("looks at what follows its provider's address, not at that, to see what a request is", async () => {
    const { provider, meter, spent } = await proxied((_, response) => json(response, answer));
    for (const name of ['files', 'agents']) {
      const upstreams = { gateway: { provider: 'anthropic', url: `${provider.url}/v1/${name}` } };
      const proxy = await createMeteringProxy({ meter, upstreams });
      afterThisTest(() => proxy.close());
      const response = await fetch(`${proxy.url('gateway')}/messages`, {
        method: 'POST',
        body: JSON.stringify(question),
      });
      expect(response.status).toBe(200);
    }
    await meter.idle();
    expect(await spent()).toMatchObject({ calls: 2n });
  });

  test('refuses a request that is signed for its own host, says why, and tells of it', async () => {
    const { ask, provider, refusals } = await proxied((_, response) => json(response, answer));
    const response = await ask(question, { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x' } });
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/^cannot_be_metered: .*signed/) },
    });
    expect(refusals).toMatchObject([{ code: 'cannot_be_metered', provider: 'openai' }]);
    expect(provider.seen).toEqual([]);
  });

  test('says of a program that speaks HTTP/2 what it can do', async () => {
    const { proxy, lines } = await proxied((_, response) => json(response, answer));
    await rawly(Number(new URL(proxy.url()).port), 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(lines).toEqual([expect.stringContaining('NodeHttpHandler')]);
  });

  test('adds the version that some clients leave out', async () => {
    const upstream = { version: '/v1' };
    const { proxy, provider } = await proxied((_, response) => json(response, answer), { upstream });
    const bare = await createMeteringProxy({
      meter: (await proxied((_, response) => json(response, answer))).meter,
      upstreams: { plain: { provider: 'anthropic', url: provider.url, ...upstream } },
    });
    afterThisTest(() => bare.close());
    await fetch(`${proxy.url('openai')}/models`);
    await fetch(`${bare.url('plain')}/models`);
    await fetch(`${bare.url('plain')}/v1/models`);
    expect(provider.seen.map(({ path }) => path)).toEqual(['/v1/models', '/v1/models', '/v1/models']);
  });

  test('breaks the connection of a call whose provider cannot be reached, and holds nothing for it', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) => json(response, answer), {
      upstream: { url: 'http://127.0.0.1:1/v1' },
    });
    await expect(ask(question)).rejects.toThrow();
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
    expect(calls).toMatchObject([{ status: 'failed', httpStatus: null, costNanoUsd: 0n }]);
  });

  test('books the whole hold of a call that nobody answers before the program gives up', async () => {
    const { ask, meter, spent, calls } = await proxied(() => {});
    await expect(ask(question, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: BigInt(PROMPT_BYTES + 50) * 1000n, held: 0n, calls: 1n });
    expect(calls).toMatchObject([{ status: 'cancelled', usageMissing: true, isEstimated: true }]);
  });

  // A call that was repeated in silence is paid twice and counted once.
  test('ends a call whose answer waits behind another one when its program goes away', async () => {
    const { proxy, meter, calls, provider } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0] as string);
    });
    const { port, pathname } = new URL(proxy.url('openai'));
    const text = JSON.stringify({ ...question, stream: true });
    const one = `POST ${pathname}/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(one + one);
    await once(socket, 'data');
    while (provider.seen.length < 2) await sleep(5);
    socket.destroy();
    await meter.idle();
    expect(calls.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  test('sends a call once, also where the provider hangs up on a connection that it had kept', async () => {
    let answers = 0;
    const { ask, provider, meter, spent, calls } = await proxied((_, response) => {
      answers += 1;
      if (answers === 2) response.destroy();
      else json(response, answer);
    });
    await (await ask(question)).text();
    await expect(ask(question)).rejects.toThrow();
    await meter.idle();
    expect(provider.seen).toHaveLength(2);
    expect((await spent()).nanoUsd).toBe(15_000n + BigInt(PROMPT_BYTES + 50) * 1000n);
    expect(calls).toMatchObject([{ status: 'completed' }, { status: 'failed', usageMissing: true, isEstimated: true }]);
  });

  test('is closed when the last call is written down, also of one that still waited for its limits', async () => {
    const [asked, room] = [deferred(), deferred()];
    const { ask, proxy, provider, calls, spent } = await proxied((_, response) => json(response, answer), {
      async scopes() {
        asked.resolve(undefined);
        await room.promise;
        return ['run:1'];
      },
    });
    const response = ask(question).catch(() => null);
    await asked.promise;
    setTimeout(() => room.resolve(undefined), 50);
    await proxy.close();
    expect(await response).toBeNull();
    expect(calls).toMatchObject([{ status: 'cancelled', costNanoUsd: 0n }]);
    expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
    expect(provider.seen).toEqual([]);
  });

  test('makes no call when the store is gone', async () => {
    const { ask, ledger, provider } = await proxied((_, response) => json(response, answer));
    await ledger.close();
    expect((await ask(question)).status).toBe(402);
    expect(provider.seen).toEqual([]);
  });

  // A warning that throws made others retry a paid call, and pay again.
  test('goes on when an observer throws', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const { ask, meter, spent, lines } = await proxied((_, response) => json(response, answer), {
      observer: { begun: broken, finished: broken },
    });
    expect((await ask(question)).status).toBe(200);
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(15_000n);
    expect(lines.filter((line) => line.includes('broken'))).toHaveLength(2);
  });

  test('slows a provider down as the program reads', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const { ask } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      const write = (): void => {
        while (written < 400) {
          written += 1;
          if (response.write(chunk)) continue;
          response.once('drain', write);
          return;
        }
        response.end();
      };
      write();
    });
    const response = await ask(question);
    await sleep(300);
    const beforeReading = written;
    expect(beforeReading).toBeLessThan(300);
    expect((await response.arrayBuffer()).byteLength).toBe(400 * chunk.length);
  });
});

function deferred() {
  let resolve = (_: unknown): void => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function rawly(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.destroy();
  return String(first);
}
