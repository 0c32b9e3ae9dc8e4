import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, keptExchanges, type Replay, startReplay } from './index.mjs';
import { rawResponse } from './testing/raw-response.mjs';

let replay: Replay;
beforeAll(async () => {
  replay = await startReplay();
});
afterAll(() => replay.close());

const stream = keptExchanges().find(({ provider, isStream }) => provider === 'anthropic' && isStream);
const bytes = stream?.body ?? Buffer.alloc(0);

async function answered(answer: Answer, json: unknown = { stream: true }) {
  replay.next(answer);
  return await rawResponse(`${replay.origin}/anthropic/v1/messages`, { json });
}
const lengthsOf = (chunks: readonly Buffer[]) => chunks.map(({ length }) => length);

describe('a body is cut', () => {
  it('between its events', async () => {
    const { chunks, body } = await answered({});
    expect(body).toEqual(bytes);
    expect(chunks.every((chunk) => chunk.toString().endsWith('\n\n'))).toBe(true);
  });

  it('at the bytes that are named, in any order, and nowhere else', async () => {
    const { chunks, body } = await answered({ cuts: [500, 1, 3, 500, 0, 1_000_000] });
    expect(lengthsOf(chunks)).toEqual([1, 2, 497, bytes.length - 500]);
    expect(body).toEqual(bytes);
  });

  it('after every byte', async () => {
    const { chunks, body } = await answered({ cuts: 'bytes' });
    expect(chunks).toHaveLength(bytes.length);
    expect(body).toEqual(bytes);
  });

  it('at random, the same for the same seed', async () => {
    const cut = async (seed: number) => (await answered({ cuts: { seed, largest: 40 } })).chunks;
    const first = await cut(1);
    expect(Buffer.concat(first)).toEqual(bytes);
    expect(Math.max(...lengthsOf(first))).toBeLessThanOrEqual(40);
    expect(lengthsOf(await cut(1))).toEqual(lengthsOf(first));
    expect(lengthsOf(await cut(2))).not.toEqual(lengthsOf(first));
  });

  it('not at all', async () => {
    expect((await answered({ cuts: 'whole' })).chunks).toEqual([bytes]);
  });
});

describe('the length of a body', () => {
  it('is told of JSON, and not of a stream, unless the answer says otherwise', async () => {
    expect((await answered({}, {})).head).toMatch(/content-length/);
    expect((await answered({})).head).toMatch(/transfer-encoding: chunked/i);
    expect((await answered({ hasLength: true })).head).toContain(`content-length: ${bytes.length}`);
    expect((await answered({ hasLength: false }, {})).head).toMatch(/transfer-encoding: chunked/i);
  });
});

describe('a content encoding', () => {
  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
    ['deflate', inflateSync],
  ] as const)('%s decodes to what was recorded, however it is cut', async (encoding, decode) => {
    const { head, body } = await answered({ encoding, cuts: 'bytes' });
    expect(head).toContain(`content-encoding: ${encoding}`);
    expect(decode(body)).toEqual(bytes);
  });
});

describe('delays', () => {
  it('come before the head, before the body, and between its parts', async () => {
    const timed = async (answer: Answer) => {
      const before = performance.now();
      await answered(answer);
      return performance.now() - before;
    };
    expect(await timed({ headDelayMs: 120 })).toBeGreaterThanOrEqual(115);
    expect(await timed({ bodyDelayMs: 120 })).toBeGreaterThanOrEqual(115);
    expect(await timed({ cuts: [10, 20, 30], cutDelayMs: 40 })).toBeGreaterThanOrEqual(115);
  });

  it('of the body let the head through at once', async () => {
    replay.next({ bodyDelayMs: 60_000 });
    const abort = new AbortController();
    const { status } = await fetch(`${replay.origin}/v1/messages`, {
      method: 'POST',
      body: '{}',
      signal: abort.signal,
    });
    expect(status).toBe(200);
    abort.abort();
  });
});

describe('a connection that breaks', () => {
  it.each([0, 1, 700])('after %i bytes has brought exactly those', async (breakAfterBytes) => {
    for (const hasLength of [true, false]) {
      const { head, body, isComplete, error } = await answered({ breakAfterBytes, hasLength });
      expect(head).toContain('200 OK');
      expect(body).toEqual(bytes.subarray(0, breakAfterBytes));
      expect([isComplete, error]).toEqual([false, null]);
    }
    expect(replay.requests.at(-1)).toMatchObject({ bytesSent: breakAfterBytes, isAbandoned: false });
  });

  it('with a reset tells the client so', async () => {
    expect(await answered({ breakAfterBytes: 100, breakWith: 'reset', bodyDelayMs: 20 })).toMatchObject({
      isComplete: false,
      error: 'ECONNRESET',
    });
  });

  it('at once brings nothing', async () => {
    expect(await answered({ isHungUp: true })).toMatchObject({ head: '', isComplete: false });
  });
});
