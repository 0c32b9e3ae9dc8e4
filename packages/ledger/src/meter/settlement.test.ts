import { type ResponseReading, readResponse } from '@budget/core';
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
