import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { meteredFetch } from './metered-fetch.js';
import { meterWorld } from './testing/meter-world.js';
import { json, pretendedProvider, type SeenRequest } from './testing/pretended-provider.js';

const question = { model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const answer = {
  id: 'a1',
  model: 'm',
  choices: [{ message: { content: 'hi' } }],
  usage: { prompt_tokens: 10, completion_tokens: 5 },
};
const PROMPT_BYTES = Buffer.byteLength(JSON.stringify(question.messages));

async function fetching(
  reply: Parameters<typeof pretendedProvider>[0] = (_, response) => json(response, answer),
  options: Parameters<typeof meterWorld>[0] = {},
) {
  const provider = await pretendedProvider(reply);
  const world = await meterWorld(options);
  const fetch = meteredFetch(globalThis.fetch, world.meter, { providerOf: () => 'openai' });
  const ask = (body: unknown, init: RequestInit = {}) =>
    fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...init });
  return { ...world, provider, fetch, ask };
}

describe('a fetch that is metered', () => {
  test('answers as the fetch below it, and books what the answer says', async () => {
    const { ask, provider, meter, spent, calls } = await fetching();
    const response = await ask(question, { headers: { 'X-Budget-Thread': 't', 'x-own': '1' } });
    expect([response.status, response.url, response.redirected]).toEqual([
      200,
      `${provider.url}/v1/chat/completions`,
      false,
    ]);
    expect(await response.json()).toEqual(answer);
    const [seen] = provider.seen as [SeenRequest];
    expect(JSON.parse(seen.body.toString())).toEqual(question);
    expect([seen.headers['x-own'], seen.headers['x-budget-thread']]).toEqual(['1', undefined]);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
    expect(calls).toMatchObject([{ provider: 'openai', tags: { thread: 't' }, status: 'completed' }]);
  });

  test('takes a Request, a URL and bytes as well', async () => {
    const { fetch, provider, meter, spent } = await fetching();
    const url = `${provider.url}/v1/chat/completions`;
    const body = JSON.stringify(question);
    await (await fetch(new Request(url, { method: 'POST', body }))).text();
    await (await fetch(new URL(url), { method: 'POST', body: Buffer.from(body) })).text();
    await meter.idle();
    expect(provider.seen.map((seen) => seen.body.toString())).toEqual([body, body]);
    expect((await spent()).nanoUsd).toBe(30_000n);
  });

  test('answers a refused call in the form of the provider, and sends nothing', async () => {
    const { ask, provider } = await fetching(undefined, { limitNanoUsd: 1n });
    const response = await ask(question);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ error: { code: 'budget_exceeded' } });
    expect(provider.seen).toEqual([]);
  });

  test('passes a stream on as it comes, hides the usage it asked for, and books it', async () => {
    const events = [
      'data: {"choices":[{"delta":{"content":"one "}}],"usage":null}\n\n',
      'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}\n\n',
      'data: [DONE]\n\n',
    ];
    const { ask, provider, meter, spent } = await fetching((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(event);
      response.end();
    });
    const response = await ask({ ...question, stream: true });
    expect(provider.seen[0]?.body.toString()).toBe(
      JSON.stringify({ stream_options: { include_usage: true }, ...question, stream: true }),
    );
    expect(await response.text()).toBe('data: {"choices":[{"delta":{"content":"one "}}]}\n\ndata: [DONE]\n\n');
    await meter.idle();
    expect((await spent()).nanoUsd).toBe(15_000n);
  });

  test('ends a stream at the provider that the program gives up, and books what was received', async () => {
    let isClosed = false;
    const { ask, meter, spent, calls } = await fetching((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"one two"}}]}\n\n');
      response.on('close', () => {
        isClosed = true;
      });
    });
    const response = await ask({ ...question, stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await meter.idle();
    await expect.poll(() => isClosed).toBe(true);
    expect(await spent()).toEqual({ nanoUsd: BigInt(PROMPT_BYTES + 3) * 1000n, held: 0n, calls: 1n });
    expect(calls).toMatchObject([{ status: 'cancelled', isEstimated: true }]);
  });

  test.each([
    ['a time-out', () => AbortSignal.timeout(200)],
    ['a reason of its own', () => abortedSoon(new Error('enough'))],
  ])('takes a stream that is ended by %s for one that the program gave up', async (_, signal) => {
    const { ask, meter, calls } = await fetching((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"one two"}}]}\n\n');
    });
    const response = await ask({ ...question, stream: true }, { signal: signal() });
    await expect(response.text()).rejects.toThrow();
    await meter.idle();
    expect(calls).toMatchObject([{ status: 'cancelled', isEstimated: true }]);
  });

  test('rejects as the fetch below it, and holds nothing for what was never sent', async () => {
    const { fetch, meter, spent } = await fetching();
    const body = JSON.stringify(question);
    const nobody = `http://127.0.0.1:${await closedPort()}/v1/chat/completions`;
    await expect(fetch(nobody, { method: 'POST', body })).rejects.toThrow('fetch failed');
    await expect(fetch(nobody, { method: 'POST', body, signal: AbortSignal.abort() })).rejects.toThrow();
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
  });

  test('sends no header of ours on, also where it names nothing', async () => {
    const { fetch, provider } = await fetching();
    for (const thread of ['', 'a'.repeat(500), 'mine']) {
      await (
        await fetch(`${provider.url}/v1/chat/completions`, {
          ...{ method: 'POST', body: '{}', headers: { 'x-budget-thread': thread } },
        })
      ).text();
    }
    expect(provider.seen.map(({ headers }) => headers['x-budget-thread'])).toEqual([undefined, undefined, undefined]);
  });

  test('leaves alone what costs nothing', async () => {
    const { fetch, provider, calls } = await fetching(undefined, { limitNanoUsd: 0n });
    expect((await fetch(`${provider.url}/v1/models`)).status).toBe(200);
    expect((await fetch(`${provider.url}/v1/files`, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(calls).toEqual([]);
  });
});

function abortedSoon(reason: Error): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 200);
  return abort.signal;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
