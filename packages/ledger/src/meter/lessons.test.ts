import { renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@budget/core';
import { describe, expect, test } from 'vitest';
import { createLedger } from '../ledger.js';
import type { SqliteStore } from '../stores/sqlite/index.js';
import { meterWorld } from './testing/meter-world.js';
import { json } from './testing/pretended-provider.js';
import { proxied } from './testing/proxied.js';

// Where others went wrong with live calls, each by its name. What is not here stands beside the rest of its subject, in
// metering-proxy.test.ts, settlement.test.ts and enforcement.test.ts.

const question = { model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] };
const PROMPT_BYTES = Buffer.byteLength(JSON.stringify(question.messages));
const WHOLE_HOLD = BigInt(PROMPT_BYTES + question.max_tokens) * 1000n;
const answer = {
  model: 'm',
  choices: [{ message: { content: 'hi' } }],
  usage: { prompt_tokens: 10, completion_tokens: 5 },
};
const word = (text: string) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`;
const events = { 'content-type': 'text/event-stream' };

describe('a stream', () => {
  // litellm #36168: counted at a quarter of what it was.
  test('that never tells its usage, though it was asked, counts as what was received of it', async () => {
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, events);
      for (let index = 0; index < 10; index += 1) response.write(word('six letters '));
      response.end('data: [DONE]\n\n');
    });
    await (await ask({ ...question, stream: true })).text();
    await meter.idle();
    expect(calls).toMatchObject([{ status: 'completed', usageMissing: true, isEstimated: true }]);
    expect(await spent()).toEqual({ nanoUsd: BigInt(PROMPT_BYTES + 40) * 1000n, held: 0n, calls: 1n });
  });

  // litellm #35752, #35569: the first try was given back, or counted again with the second one.
  test('that breaks off and is asked for again counts once as what came, and once as it says', async () => {
    let tries = 0;
    const { ask, meter, spent, calls } = await proxied((_, response) => {
      tries += 1;
      response.writeHead(200, events);
      response.write(word('hello'));
      if (tries === 1) setTimeout(() => response.destroy(), 20);
      else response.end('data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}\n\ndata: [DONE]\n\n');
    });
    const stream = { ...question, stream: true };
    await expect(
      ask(stream, { headers: { 'x-stainless-retry-count': '0' } }).then((it) => it.text()),
    ).rejects.toThrow();
    await (await ask(stream, { headers: { 'x-stainless-retry-count': '1' } })).text();
    await meter.idle();
    expect(calls).toMatchObject([
      { attempt: 1, status: 'failed', isEstimated: true },
      { attempt: 2, status: 'completed', isEstimated: false },
    ]);
    expect(await spent()).toEqual({ nanoUsd: BigInt(PROMPT_BYTES + 2 + 15) * 1000n, held: 0n, calls: 2n });
  });

  // litellm #30522: each cancelled stream kept its amount, until a budget with room refused everything.
  test('that is cancelled again and again leaves all the room that it did not use', async () => {
    const { ask, meter, spent } = await proxied(
      (_, response) => {
        response.writeHead(200, events);
        response.write(word('hi!'));
      },
      { limitNanoUsd: WHOLE_HOLD * 20n },
    );
    for (let round = 0; round < 30; round += 1) {
      const { status, body } = await ask({ ...question, max_tokens: 20, stream: true });
      expect(status, `stream ${round + 1}`).toBe(200);
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      await reader.cancel();
    }
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: BigInt(PROMPT_BYTES + 1) * 30_000n, held: 0n, calls: 30n });
  });
});

describe('the actual cost', () => {
  // litellm PR #30039: a reconciliation that failed left the estimate, or nothing.
  test('is booked although the store was gone when the answer ended', async () => {
    let leave = (): void => {};
    const { ask, ledger, provider, meter, spent, calls } = await proxied((_, response) => {
      leave();
      json(response, answer);
    });
    const { file } = ledger.store as SqliteStore;
    leave = () => renameSync(file, `${file}.away`);
    expect((await ask(question)).status).toBe(200);
    await sleep(150);
    renameSync(`${file}.away`, file);
    await meter.idle();
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
    expect([provider.seen.length, calls.length]).toEqual([1, 1]);
  });

  // litellm #35569: what had been booked before the error was booked again after it.
  test('is booked once although the store says that it failed, and did not', async () => {
    const { ledger, spent } = await meterWorld();
    const { store } = ledger;
    let settles = 0;
    const forgetful: typeof store = {
      ...store,
      async settle(...given) {
        settles += 1;
        const result = await store.settle(...given);
        if (settles > 1) return result;
        throw new CodedError({ code: 'ledger_disk_failed', kind: 'environment', message: 'lost on its way back' });
      },
    };
    const { ask, meter, calls } = await proxied((_, response) => json(response, answer), {
      ledger: createLedger({ store: forgetful }),
    });
    await (await ask(question)).text();
    await meter.idle();
    expect(settles).toBe(2);
    expect(calls).toHaveLength(1);
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
  });

  test.each([
    ['usage that is no usage', { ...answer, usage: { prompt_tokens: { deep: [] }, completion_tokens: '∞' } }],
    ['usage below zero', { ...answer, usage: { prompt_tokens: -5, completion_tokens: -5 } }],
    ['no JSON at all', '<html>'],
  ])('of an answer with %s is all that was set aside, and the answer arrives', async (_, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify({ ...body, choices: [] });
    const { ask, provider, meter, spent, calls } = await proxied((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(text);
    });
    expect(await (await ask(question)).text()).toBe(text);
    await meter.idle();
    expect(provider.seen).toHaveLength(1);
    expect(calls).toMatchObject([{ status: 'completed', usageMissing: true, isEstimated: true }]);
    expect(await spent()).toEqual({ nanoUsd: WHOLE_HOLD, held: 0n, calls: 1n });
  });

  // A warning that throws, and a price that does, made others retry a paid call and pay again.
  test('of a call whose price cannot be worked out is all that was set aside, and nothing is sent again', async () => {
    const { ask, provider, meter, spent, calls, lines } = await proxied((_, response) => json(response, answer), {
      price() {
        throw new RangeError('broken price');
      },
    });
    expect(await (await ask(question)).json()).toEqual(answer);
    await meter.idle();
    expect([provider.seen.length, calls.length]).toEqual([1, 1]);
    expect(lines).toEqual([expect.stringContaining('broken price')]);
    expect(await spent()).toEqual({ nanoUsd: WHOLE_HOLD, held: 0n, calls: 1n });
  });

  test('is booked although an observer never comes back, rejects, or is told of a refusal and throws', async () => {
    const { ask, meter, spent, provider } = await proxied((_, response) => json(response, answer), {
      limitNanoUsd: WHOLE_HOLD,
      observer: {
        begun: () => new Promise(() => {}),
        finished: () => Promise.reject(new Error('broken')),
        refused() {
          throw new Error('broken');
        },
      },
    });
    expect((await ask(question)).status).toBe(200);
    await meter.idle();
    expect((await ask(question)).status).toBe(402);
    expect(provider.seen).toHaveLength(1);
    expect(await spent()).toEqual({ nanoUsd: 15_000n, held: 0n, calls: 1n });
  });
});
