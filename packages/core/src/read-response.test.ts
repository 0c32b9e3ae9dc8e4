import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponse } from './read-response.js';

const tokensOf = (body: unknown) => {
  const { tokens } = readResponse(body).usage;
  return tokens && [tokens.promptTokens, tokens.completionTokens];
};

const chat = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };

describe('usage is found', () => {
  it.each([
    ['at the top of a chat', { id: 'chatcmpl-1', usage: chat }],
    ["in Google's metadata", { usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5 } }],
    ['in its Python SDK', { usage_metadata: { prompt_token_count: 12, candidates_token_count: 5 } }],
    [
      'in the response of an event',
      { type: 'response.completed', response: { usage: { input_tokens: 12, output_tokens: 5 } } },
    ],
    ['in a message', { type: 'message_start', message: { usage: { input_tokens: 12, output_tokens: 5 } } }],
    ['in x_groq, once', { x_groq: { id: 'req_1', usage: chat }, usage: chat }],
    ['in the result of Cloudflare', { result: { response: 'Hi', usage: chat }, success: true }],
    ['in the meta of Cohere', { meta: { billed_units: { input_tokens: 12, output_tokens: 5 } } }],
    [
      "at the end of Cohere's stream",
      { type: 'message-end', delta: { usage: { tokens: { input_tokens: 12, output_tokens: 5 } } } },
    ],
    [
      "at the end of its first API's",
      { event_type: 'stream-end', response: { meta: { tokens: { input_tokens: 12, output_tokens: 5 } } } },
    ],
    ["in Bedrock's stream", { metadata: { usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17 } } }],
    [
      "in an event of Google's interactions",
      {
        event_type: 'interaction.completed',
        interaction: { usage: { total_input_tokens: 12, total_output_tokens: 5 } },
      },
    ],
    ["in a choice of Moonshot's stream", { choices: [{ index: 0, finish_reason: 'stop', usage: chat }] }],
    [
      "in the metrics of Bedrock's invocation",
      {
        outputs: [],
        'amazon-bedrock-invocationMetrics': { inputTokenCount: 12, outputTokenCount: 5, firstByteLatency: 9 },
      },
    ],
    ['at the top of Ollama', { model: 'qwen3', message: { role: 'assistant' }, prompt_eval_count: 12, eval_count: 5 }],
    [
      'in a response that a gateway wraps',
      { response: { usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5 } } },
    ],
    ['where it is the whole body', chat],
  ])('%s', (_, body) => {
    expect(tokensOf(body)).toEqual([12, 5]);
    expect(readResponse(body).isPartial).toBe(false);
  });

  it('nowhere in a body that has none', () => {
    const bodies = [null, undefined, 7, 'text', [], {}, { usage: null }, { usage: [1] }, { meta: { api_version: {} } }];
    for (const body of bodies) expect(readResponse(body)).toMatchObject({ rawUsage: null, usage: { tokens: null } });
  });

  it('not in an answer that only counts the tokens of a prompt, which costs nothing', () => {
    const bodies = [
      { input_tokens: 2095 },
      { object: 'response.input_tokens', input_tokens: 11 },
      { totalTokens: 31, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 31 }] },
      { tokens: [8466, 5169], token_strings: ['a', 'b'] },
    ];
    for (const body of bodies) expect(tokensOf(body)).toBeNull();
  });

  it('and kept as it was sent, also where it is nonsense', () => {
    const usage = { prompt_tokens: -1, queue_time: 0.1 };
    expect(readResponse({ usage })).toMatchObject({ rawUsage: usage, usage: { tokens: null } });
    const ollama = { model: 'qwen3', response: 'Hi', context: [1, 2], eval_count: 5, eval_duration: 7, done: true };
    expect(readResponse(ollama).rawUsage).toEqual({ eval_count: 5, eval_duration: 7 });
  });
});

describe('a list of stream elements', () => {
  it('is one call, whose usages are never summed', () => {
    const elements = [5, 20, 42].map((candidatesTokenCount) => ({
      responseId: 'r1',
      modelVersion: 'gemini-2.5-pro',
      usageMetadata: { promptTokenCount: 34, candidatesTokenCount, thoughtsTokenCount: 8 },
    }));
    expect(readResponse(elements)).toMatchObject({ id: 'r1', model: 'gemini-2.5-pro', isPartial: false });
    expect(tokensOf(elements)).toEqual([34, 50]);
  });
});

describe('the tier beside the usage', () => {
  it('is taken where the usage names none', () => {
    expect(readResponse({ service_tier: 'flex', usage: chat }).usage.serviceTier).toBe('flex');
    expect(readResponse({ response: { service_tier: 'priority', usage: chat } }).usage.serviceTier).toBe('priority');
    expect(readResponse({ serviceTier: { type: 'flex' }, usage: chat }).usage.serviceTier).toBe('flex');
    expect(readResponse({ service_tier: '', usage: chat }).usage.serviceTier).toBeNull();
    expect(readResponse({ service_tier: 'x', usage: { ...chat, service_tier: 'batch' } }).usage.serviceTier).toBe(
      'batch',
    );
  });

  it("is batch for a line of an OpenAI batch, whose body says the tier's default", () => {
    const line = (tier?: string) => ({
      id: 'batch_req_1',
      custom_id: 'a',
      response: { status_code: 200, body: { id: 'chatcmpl-1', model: 'gpt-5', usage: chat, service_tier: tier } },
      error: null,
    });
    expect(readResponse(line('default'))).toMatchObject({
      id: 'chatcmpl-1',
      model: 'gpt-5',
      usage: { serviceTier: 'batch' },
    });
    expect(readResponse(line())).toMatchObject({ usage: { serviceTier: 'batch', tokens: { promptTokens: 12 } } });
    expect(readResponse(line('flex')).usage.serviceTier).toBe('flex');
  });

  it('is told by the message of an Anthropic batch', () => {
    const message = {
      id: 'msg_1',
      model: 'claude',
      usage: { input_tokens: 1, output_tokens: 2, service_tier: 'batch' },
    };
    expect(readResponse({ custom_id: 'a', result: { type: 'succeeded', message } })).toMatchObject({
      id: 'msg_1',
      model: 'claude',
      usage: { serviceTier: 'batch', tokens: { promptTokens: 1, completionTokens: 2 } },
      error: null,
    });
  });
});

describe('an error', () => {
  it.each([
    ['OpenAI', { error: { message: 'Slow down.', type: 'rate_limit_error', code: null } }],
    ['Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'Slow down.' } }],
    ['Google', { error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' } }],
    ["Google's stream", [{ error: { code: 429, message: 'Slow down.' } }]],
    ['Ollama', { error: 'Slow down.' }],
    ['Mistral', { object: 'error', message: 'Slow down.', type: 'x' }],
    ['Bedrock', { message: 'Slow down.' }],
    ["the responses API's stream", { type: 'error', code: 'x', message: 'Slow down.', param: null }],
    ['a failed response', { type: 'response.failed', response: { error: { code: 'x', message: 'Slow down.' } } }],
    ['an Anthropic batch', { result: { type: 'errored', error: { type: 'error', error: { message: 'Slow down.' } } } }],
    ['an OpenAI batch', { response: null, error: { code: 'x', message: 'Slow down.' } }],
  ])('of %s is told in its own words', (_, body) => {
    expect(readResponse(body)).toMatchObject({ error: 'Slow down.', usage: { tokens: null } });
  });

  it('is short, and absent where nothing went wrong', () => {
    expect(readResponse({ error: { message: 'x'.repeat(10_000) } }).error?.length).toBeLessThan(600);
    expect(readResponse({ error: { code: 503 } }).error).toBe('503');
    expect(readResponse({ error: null, usage: chat }).error).toBeNull();
    expect(readResponse({ error: {}, usage: chat }).error).toBeNull();
    expect(readResponse({ model: 'x', message: 'Hello.' }).error).toBeNull();
  });
});

describe('when it was made', () => {
  it.each([
    ['OpenAI chat', { created: 1_754_432_618 }, '2025-08-05T22:23:38.000Z'],
    ['the responses API', { response: { created_at: 1_778_535_250 } }, '2026-05-11T21:34:10.000Z'],
    ['Google', { createTime: '2026-01-02T03:04:05.678Z' }, '2026-01-02T03:04:05.678Z'],
    ['Ollama', { created_at: '2026-01-02T03:04:05Z' }, '2026-01-02T03:04:05.000Z'],
  ])('is read from %s', (_, body, expected) => {
    expect(new Date(readResponse(body).createdAtMs ?? 0).toISOString()).toBe(expected);
  });

  it.each([[0], ['yesterday'], [null], [1e30], [{}]])('is not known from %j', (created) => {
    expect(readResponse({ created }).createdAtMs).toBeNull();
  });
});

describe('searches in an answer of the responses API', () => {
  const usage = { input_tokens: 100, output_tokens: 5 };
  const call = (type: string) => ({ type: 'web_search_call', action: { type } });
  const searches = (body: unknown) => readResponse(body).usage.tokens?.details?.webSearches;

  it('count where they were made, not where a page was opened', () => {
    const output = [call('search'), call('open_page'), call('find_in_page'), call('search'), { type: 'message' }];
    expect(searches({ usage, output })).toBe(2);
    expect(searches({ type: 'response.completed', response: { usage, output } })).toBe(2);
    expect(searches({ usage, output: [call('open_page')] })).toBeUndefined();
  });

  it("count as the queries that one of Google's models tells", () => {
    const candidates = [{ groundingMetadata: { webSearchQueries: ['', 'largest city', 'in Mexico'] } }];
    expect(searches({ usageMetadata: { promptTokenCount: 9 }, candidates })).toBe(2);
  });

  it('count once where the usage tells them too', () => {
    expect(
      searches({ usage: { ...usage, server_tool_use: { web_search_requests: 3 } }, output: [call('search')] }),
    ).toBe(3);
  });
});

it('never throws, whatever the body is', () => {
  const keys = [
    'usage',
    'response',
    'message',
    'result',
    'body',
    'meta',
    'error',
    'x_groq',
    'id',
    'model',
    'iterations',
  ];
  const names = fc.constantFrom(...keys, 'prompt_tokens', 'input_tokens', 'cache_creation', 'cost', 'choices');
  const { body } = fc.letrec((tie) => ({
    body: fc.oneof({ maxDepth: 4 }, fc.anything(), fc.dictionary(names, tie('body'), { maxKeys: 4 })),
  }));
  fc.assert(
    fc.property(body, (value) => {
      expect(() => readResponse(value)).not.toThrow();
    }),
  );
});
