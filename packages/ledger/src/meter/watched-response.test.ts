import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { meteredFetch } from './metered-fetch.js';
import { meterWorld } from './testing/meter-world.js';

const URL_OF_CALL = 'https://api.example.com/v1/chat/completions';
const question = { model: 'm', max_tokens: 50, messages: [] };
const answer = { model: 'm', text: 'Größe', usage: { prompt_tokens: 10, completion_tokens: 5 } };
const text = JSON.stringify(answer);
const bytes = new TextEncoder().encode(text);

/** What a metered `fetch` answers where the one below it answers this. */
async function answered(response: Response) {
  const world = await meterWorld();
  const fetch = meteredFetch(async () => response, world.meter, { providerOf: () => 'openai' });
  return { ...world, response: await fetch(URL_OF_CALL, { method: 'POST', body: JSON.stringify(question) }) };
}

function inPieces(...sizes: number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const size of [...sizes, bytes.length]) {
        controller.enqueue(bytes.slice(from, from + size));
        from += size;
      }
      controller.close();
    },
  });
}

test.each<[string, (response: Response) => Promise<unknown>, unknown]>([
  ['text', (response) => response.text(), text],
  ['JSON', (response) => response.json(), answer],
  ['a buffer', async (response) => new Uint8Array(await response.arrayBuffer()), bytes],
  ['a blob', async (response) => await (await response.blob()).text(), text],
  ['a stream', async (response) => await new Response(response.body).text(), text],
  ['a copy', async (response) => await response.clone().text(), text],
])('is read as %s, wherever its bytes are cut, and is booked once', async (_, read, expected) => {
  for (const body of [text, inPieces(), inPieces(1, 30), inPieces(bytes.indexOf(0xc3) + 1)]) {
    const { response, meter, spent, calls } = await answered(new Response(body));
    expect(await read(response)).toEqual(expected);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
    expect(calls).toMatchObject([{ status: 'completed' }]);
  }
});

test('is read once through two meters, one over the other', async () => {
  const [below, above] = [await meterWorld(), await meterWorld()];
  const providerOf = () => 'openai';
  const inner = meteredFetch(async () => new Response(text), below.meter, { providerOf });
  const outer = meteredFetch(inner, above.meter, { providerOf });
  const response = await outer(URL_OF_CALL, { method: 'POST', body: JSON.stringify(question) });
  expect(await response.text()).toBe(text);
  await expect(response.text()).rejects.toThrow(TypeError);
  for (const { meter, spent } of [below, above]) {
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
  }
});

test('is what the fetch below answered, and may be read once', async () => {
  const given = new Response(inPieces(), { headers: { 'x-own': '1' } });
  const { response, meter, calls } = await answered(given);
  expect(response).toBe(given);
  expect(response.bodyUsed).toBe(false);
  expect(await response.json()).toEqual(answer);
  expect(response.bodyUsed).toBe(true);
  expect(response.body?.locked).toBe(true);
  await expect(response.text()).rejects.toThrow(TypeError);
  await expect(response.blob()).rejects.toThrow(TypeError);
  expect(() => response.clone()).toThrow(TypeError);
  await meter.idle();
  expect(calls).toHaveLength(1);
});

test('that is being streamed is not there as a whole as well', async () => {
  const { response } = await answered(new Response(inPieces()));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  expect(response.bodyUsed).toBe(true);
  await expect(response.text()).rejects.toThrow(TypeError);
  await reader.cancel();
});

test('may be copied before it is read, and both are whole', async () => {
  const { response, meter, calls } = await answered(new Response(inPieces(5)));
  const copy = response.clone();
  expect([await copy.text(), await response.text()]).toEqual([text, text]);
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'completed' }]);
});

test('that breaks off breaks for its reader too, and is flagged', async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, 9));
    },
    pull(controller) {
      controller.error(new Error('The line is cut.'));
    },
  });
  const { response, meter, calls } = await answered(new Response(broken));
  await expect(response.json()).rejects.toThrow('The line is cut.');
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'failed', usageMissing: true, isEstimated: true }]);
});

test('that is no JSON rejects as that of fetch does, and is booked', async () => {
  const { response, meter, calls } = await answered(new Response('<html>'));
  await expect(response.json()).rejects.toThrow(SyntaxError);
  await meter.idle();
  expect(calls).toHaveLength(1);
});

test('that nobody reads is over when its program gives up, and no signal remembers those that are over', async () => {
  const { meter, calls, spent } = await meterWorld();
  const body = new ReadableStream({ start: (controller) => controller.enqueue(bytes.slice(0, 9)) });
  const answers = [new Response(text), new Response(body)];
  const fetch = meteredFetch(async () => answers.shift() as Response, meter, { providerOf: () => 'openai' });
  const giveUp = new AbortController();
  const init = { method: 'POST', body: JSON.stringify(question), signal: giveUp.signal };
  await (await fetch(URL_OF_CALL, init)).text();
  await meter.idle();
  expect(getEventListeners(giveUp.signal, 'abort')).toEqual([]);
  await fetch(URL_OF_CALL, init);
  giveUp.abort();
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'completed' }, { status: 'cancelled' }]);
  expect(await spent()).toMatchObject({ held: 0n, calls: 2n });
});
