import { type ResponseReading, readResponse, responseStream } from '@budget/core';
import { describe, expect, test } from 'vitest';
import type { CallOutcome } from './call-outcome.js';
import { settlementOf } from './settlement.js';

const bounds = {
  ...{
    model: 'm',
    promptTokens: 100,
    maxOutputTokens: 50,
    answers: 2,
    costNanoUsd: 900n,
    priceVersion: 'v1',
    warnings: [],
  },
};
const held = { tokens: 200n, nanoUsd: 900n, calls: 1n };
const usage = { prompt_tokens: 10, completion_tokens: 5 };

/** A nano-USD a token. */
function price({ usage: { tokens } }: ResponseReading) {
  const costNanoUsd = tokens === null ? null : BigInt(tokens.promptTokens + tokens.completionTokens);
  return {
    ...{ model: 'm', serviceTier: null, costNanoUsd, economicCostNanoUsd: costNanoUsd },
    ...{ costSource: 'rates' as const, priceVersion: 'v1' },
  };
}

function answered(body: unknown, marks: Partial<CallOutcome & { kind: 'answered' }> = {}): CallOutcome {
  const text = JSON.stringify(body);
  return {
    ...{ kind: 'answered', status: 200, reading: readResponse(body), received: text, receivedRatio: 1, isWhole: true },
    ...marks,
  };
}

function answeredBy(received: string): CallOutcome {
  const stream = responseStream();
  stream.push(received);
  return { kind: 'answered', status: 200, reading: stream.end(), received, receivedRatio: 1, isWhole: true };
}

const settled = (outcome: CallOutcome) => settlementOf(outcome, held, bounds, price);

describe('what a call counts as', () => {
  test('is what the response says', () => {
    expect(settled(answered({ usage }))).toMatchObject({
      amounts: { tokens: 15n, nanoUsd: 15n, calls: 1n },
      usageMissing: false,
      isEstimated: false,
    });
  });

  test('is nothing when nothing was sent, or an error or a redirect came without usage', () => {
    expect(settled({ kind: 'not_sent' }).amounts).toBeNull();
    for (const status of [304, 307, 308, 400, 401, 403, 404, 422, 429, 500, 503, 529]) {
      expect(settled(answered({ error: { message: 'no' } }, { status })).amounts, String(status)).toBeNull();
    }
  });

  // As OpenRouter, Anthropic, OpenAI's responses, Google, Ollama, Bedrock and vLLM write it.
  test.each([
    '{"error":{"message":"Rate limited","code":429},"user_id":"u"}',
    '{"error":{"message":"no","code":402}}\n',
    ': OPENROUTER PROCESSING\n\ndata: {"id":"g","error":{"code":"server_error","message":"no"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}\n\ndata: [DONE]\n\n',
    'event: ping\ndata: {"type": "ping"}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    'event: error\r\ndata: {"type":"error","code":"rate_limit_exceeded","message":"no","param":null}\r\n\r\n',
    '[{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}]',
    '{"error":"an error was encountered while running the model"}\n',
    'data: {"error":{"message":"Too many requests"}}\n\n',
    'data: {"object":"error","message":"no","type":"BadRequestError","code":400}\n\ndata: [DONE]\n\n',
    'data: {"type":"response.failed","response":{"error":{"code":"server_error"},"output":[],"usage":null}}\n\n',
    'data: {"type":"response.created","response":{}}\n\ndata: {"type":"response.in_progress","response":{}}\n\ndata: {"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"},"output":[],"usage":null}}\n\n',
  ])('is nothing where a status of 200 came with nothing but an error: %s', (received) => {
    expect(settled(answeredBy(received)).amounts).toBeNull();
  });

  test.each([
    '{"error":{"message":"timed out","code":408}}',
    '{"error":{"message":"invalid response","code":"502"}}',
    'data: {"type":"error","error":{"type":"timeout_error","message":"no"}}\n\n',
    'data: {"error":{"message":"no","type":"modelTimeoutException"}}\n\n',
    '{"message":"made"}',
    '{"error":null,"url":"a picture"}',
    '{"error":{},"url":"a picture"}',
    '{"error":"refused","usage":"nonsense"}',
    '{"status":"failed","error":{"code":"server_error"},"output":[{"type":"reasoning","summary":[]}]}',
    'data: {"type":"response.created","response":{}}\n\ndata: {"type":"error","code":"server_error","message":"no"}\n\n',
    'data: {"type":"response.created","response":{}}\n\ndata: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n',
    'data: {"type":"response.created","response":{}}\n\ndata: {"type":"response.output_item.added","item":{"type":"reasoning"}}\n\ndata: {"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"}}}\n\n',
    'data: {"id":"c","choices":[{"delta":{"role":"assistant"}}]}\n\ndata: {"error":{"message":"no"}}\n\n',
  ])('is all that was held where a provider may have worked for it, though there was an error: %s', (received) => {
    expect(settled(answeredBy(received)).amounts).toEqual(held);
  });

  test('is what was received before an error', () => {
    const received = `data: {"choices":[{"delta":{"content":"${'x'.repeat(60)}"}}]}\n\ndata: {"error":{"code":502}}\n\n`;
    expect(settled(answeredBy(received)).tokens).toMatchObject({ promptTokens: 100, completionTokens: 20 });
  });

  test('is the text of a transcription once, though its last event says all of it again', () => {
    const deltas = ['hello ', 'world '].map((delta) => ({ type: 'transcript.text.delta', delta: delta.repeat(30) }));
    const events = [...deltas, { type: 'transcript.text.done', text: 'hello world '.repeat(30) }];
    const received = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const { tokens, usageMissing } = settled(answered({}, { received }));
    expect(tokens.completionTokens).toBe(120);
    expect(usageMissing).toBe(true);
  });

  test('is all that was held while an answer is only queued, whatever it says back of the request', () => {
    const echoed = {
      instructions: [{ role: 'system', content: 'Be brief. '.repeat(5) }],
      metadata: { text: 'of the program', content: 'its own' },
      prompt: { id: 'pmpt_1', variables: { text: 'a variable' } },
    };
    for (const status of ['queued', 'in_progress']) {
      const response = { id: 'resp_1', object: 'response', status, usage: null, output: [], ...echoed };
      expect(settled(answered(response)), status).toMatchObject({
        ...{ amounts: held, usageMissing: true, isEstimated: true },
      });
    }
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'x'.repeat(30) }] }];
    const cancelled = answered({
      id: 'resp_1',
      object: 'response',
      status: 'cancelled',
      usage: null,
      output,
      ...echoed,
    });
    expect(settled(cancelled).tokens.completionTokens).toBe(10);
  });

  test('is all that was held when nobody answered, or a gateway gave up waiting', () => {
    expect(settled({ kind: 'unanswered' })).toMatchObject({ amounts: held, usageMissing: true, isEstimated: true });
    for (const status of [408, 502, 504]) {
      expect(settled(answered({ error: 'timeout' }, { status })).amounts, String(status)).toEqual(held);
    }
    expect(settled(answered({})).amounts).toEqual(held);
  });

  test('is what an error says when it has usage', () => {
    expect(settled(answered({ error: 'refused', usage }, { status: 400 })).amounts).toMatchObject({ tokens: 15n });
  });

  // litellm #35752: recovered streams were refunded to zero.
  test('is what was received of an answer that broke off without usage, and the prompt as it was held', () => {
    const text = 'x'.repeat(60);
    const received = `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`;
    const cut = answered({}, { received, isWhole: false });
    expect(settled(cut)).toMatchObject({
      amounts: { tokens: 120n, nanoUsd: 120n },
      tokens: { promptTokens: 100, completionTokens: 20 },
      usageMissing: true,
      isEstimated: true,
    });
    expect(settled({ ...cut, receivedRatio: 1.5 } as CallOutcome).tokens.completionTokens).toBe(30);
  });

  test('is at least what an answer that broke off had said so far', () => {
    const received = `data: {"delta":{"text":"${'x'.repeat(60)}"}}\n\n`;
    const cut = answered({ usage: { prompt_tokens: 10, completion_tokens: 1 } }, { received, isWhole: false });
    expect(settled(cut)).toMatchObject({
      tokens: { promptTokens: 10, completionTokens: 20 },
      isEstimated: true,
      usageMissing: false,
    });
  });

  test.each([
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: 'many' },
    'nonsense',
    { prompt_tokens: 1e30 },
  ])('is not zero when the usage is %j', (nonsense) => {
    expect(settled(answered({ usage: nonsense }))).toMatchObject({ amounts: held, usageMissing: true });
  });

  test('keeps the held dollars where the answer turns out to have no price', () => {
    const unknown = { ...price(readResponse({})), costNanoUsd: null, costSource: 'unknown' as const };
    const result = settlementOf(answered({ usage }), held, bounds, () => unknown);
    expect(result).toMatchObject({
      amounts: { tokens: 15n, nanoUsd: 900n },
      price: { costNanoUsd: null },
      isEstimated: true,
    });
    const allowed = settlementOf(
      answered({ usage }),
      { tokens: 200n, calls: 1n },
      { ...bounds, costNanoUsd: null },
      () => unknown,
    );
    expect(allowed.amounts).toEqual({ tokens: 15n, nanoUsd: 0n, calls: 1n });
  });
});
