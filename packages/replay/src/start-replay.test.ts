import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keptExchanges, type Replay, startReplay } from './index.mjs';
import { rawResponse } from './testing/raw-response.mjs';

let replay: Replay;
beforeEach(async () => {
  replay = await startReplay();
});
afterEach(() => replay.close());

const post = (path: string, json: unknown = {}, options: RequestInit = {}) =>
  fetch(`${replay.origin}${path}`, { method: 'POST', body: JSON.stringify(json), ...options });
const chat = '/openai/v1/chat/completions';

describe('an exchange is chosen', () => {
  it.each([
    ['/openai/v1/chat/completions', {}, 'test_openai/test_openai_text_output_function#1'],
    ['/openai/v1/chat/completions', { stream: true }, 'test_dbos/test_dbos_model_stream_direct#0'],
    [
      '/openai/v1/chat/completions',
      { stream: true, model: 'gpt-4o-mini' },
      'test_openai/test_run_stream_sync_streams_real_model#0',
    ],
    ['/v1/responses', {}, 'test_openai_responses/test_text_output_function#1'],
    ['/v1/messages', { stream: true }, 'test_anthropic/test_request_stream_fallback_for_high_max_tokens#0'],
    ['/google/v1beta/models/gemini-2.0-flash:generateContent', {}, 'test_google/test_google_tool_output#0'],
    [
      '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      {},
      'test_google/test_google_stream_usage_is_live_mid_stream#0',
    ],
    ['/groq/openai/v1/chat/completions', {}, 'test_groq/test_groq_model_instructions#0'],
    ['/deepseek/v1/chat/completions', {}, 'test_deepseek/test_deepseek_model_thinking_part#0'],
    ['/cohere/v2/chat', {}, 'test_cohere/test_request_simple_success_with_vcr#0'],
    ['/bedrock/model/amazon.nova-micro-v1%3A0/converse', {}, 'test_settings/test_stop_settings[bedrock]#0'],
  ])('for %s with %o', async (path, json, id) => {
    await (await post(path, json)).arrayBuffer();
    expect(replay.requests[0]?.exchange).toBe(id);
  });

  it('by the paths alone of the provider that the server stands for', async () => {
    const groq = await startReplay({ provider: 'groq' });
    try {
      await fetch(`${groq.urlOf('groq')}/openai/v1/chat/completions`, { method: 'POST', body: '{}' });
      expect(groq.requests[0]).toMatchObject({
        provider: 'groq',
        exchange: 'test_groq/test_groq_model_instructions#0',
      });
    } finally {
      await groq.close();
    }
  });

  it('or the answer says what is missing, as the provider would', async () => {
    const response = await post('/mistral/v1/chat/completions', { stream: true });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      object: 'error',
      message: 'No exchange is recorded for mistral, chat/completions, stream.',
    });
  });
});

describe('a request', () => {
  it('is kept as it was received', async () => {
    await post(`${chat}?a=1`, { model: 'gpt-4o' }, { headers: { authorization: 'Bearer placeholder' } });
    const [request] = replay.requests;
    expect(request).toMatchObject({ method: 'POST', path: `${chat}?a=1`, provider: 'openai', status: 200 });
    expect(request?.headers['authorization']).toBe('Bearer placeholder');
    expect(request?.body.toString()).toBe('{"model":"gpt-4o"}');
    expect(request?.json).toEqual({ model: 'gpt-4o' });
    expect(Math.abs(Date.now() - (request?.at ?? 0))).toBeLessThan(10_000);
    await vi.waitFor(() => expect(request).toMatchObject({ isOver: true, isAbandoned: false }));
    expect(request?.bytesSent).toBe(keptExchanges()[0]?.body.length);
  });

  it('may be no JSON', async () => {
    await post(chat, undefined, { body: 'plain' });
    expect(replay.requests[0]?.json).toBeUndefined();
  });

  it('that its client gives up is told as abandoned, whether or not its answer had begun', async () => {
    replay.next({ isSilent: true }, { bodyDelayMs: 60_000 });
    for (const _ of [1, 2]) {
      await expect(
        (async () => (await post(chat, {}, { signal: AbortSignal.timeout(100) })).arrayBuffer())(),
      ).rejects.toThrow(/abort|timeout/);
    }
    await vi.waitFor(() => {
      expect(replay.requests.map(({ isAbandoned }) => isAbandoned)).toEqual([true, true]);
    });
    expect(replay.requests.map(({ status }) => status)).toEqual([null, 200]);
  });

  it('is read as slowly as asked', async () => {
    replay.next({ readBytesPerSecond: 1_000_000 });
    const before = performance.now();
    await post(chat, { text: 'x'.repeat(300_000) });
    expect(performance.now() - before).toBeGreaterThan(200);
    expect(replay.requests[0]?.json.text).toHaveLength(300_000);
  });
});

describe('answers', () => {
  it('come from a queue in the order of arrival, then as always', async () => {
    replay.answerAll({ status: 418 });
    replay.next({ status: 201 }, ({ json }) => ({ status: json.status }));
    const statuses = [];
    for (const _ of [1, 2, 3, 4]) statuses.push((await post(chat, { status: 202 })).status);
    expect(statuses).toEqual([201, 202, 418, 418]);
  });

  it('that cannot be made fail their request, not the server', async () => {
    replay.next(() => {
      throw new Error('a mistake in the test');
    });
    const failed = await post(chat);
    expect([failed.status, await failed.text()]).toEqual([500, 'Error: a mistake in the test']);
    expect((await post(chat)).status).toBe(200);
  });

  it('may be bodies of the test itself', async () => {
    replay.next({ body: 'data: {}\n\n' }, { body: { usage: 1 }, status: 203 }, { body: new Uint8Array([1, 2]) });
    const stream = await post(chat);
    expect([stream.headers.get('content-type'), await stream.text()]).toEqual(['text/event-stream', 'data: {}\n\n']);
    const json = await post(chat);
    expect([json.status, await json.json()]).toEqual([203, { usage: 1 }]);
    expect(new Uint8Array(await (await post(chat)).arrayBuffer())).toEqual(new Uint8Array([1, 2]));
  });

  it('are sent to many clients at once', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 50 }, async () => (await post(chat, { stream: true })).text()),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(replay.requests).toHaveLength(50);
  });
});

describe('closing', () => {
  it('ends what is still open, and may be done twice', async () => {
    replay.next({ isSilent: true });
    const open = rawResponse(`${replay.origin}${chat}`);
    await vi.waitFor(() => expect(replay.requests).toHaveLength(1));
    await replay.close();
    expect(await open).toMatchObject({ isComplete: false });
    await replay.close();
  });
});
