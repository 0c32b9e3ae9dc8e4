import { expect, test } from 'vitest';
import { BudgetExceededError } from '../budget-errors.js';
import { clampedRequest } from './clamped-request.js';
import type { BoundsOptions, MeteredRequest, RequestBounds } from './metered-request.js';

/** As a strict estimate: each byte of the request may be a token. A token costs one. */
function bounds({ body }: MeteredRequest, { maxOutputTokens }: BoundsOptions = {}): RequestBounds {
  const promptTokens = Buffer.byteLength(JSON.stringify(body));
  const { max_completion_tokens: own = 16_384 } = body as { max_completion_tokens?: number };
  const most = maxOutputTokens ?? own;
  return {
    ...{ model: 'm', promptTokens, maxOutputTokens: most, answers: 1, priceVersion: null, warnings: [] },
    costNanoUsd: BigInt(promptTokens + most),
  };
}

const request = (body: object): MeteredRequest => ({
  ...{ provider: 'openai', host: 'h', path: '/v1/chat/completions', body, tags: {}, attempt: 1 },
});

const refusal = (room: bigint) =>
  new BudgetExceededError({
    ...{ scope: 'run:1', unit: 'nanoUsd', limit: room, used: 0n, held: 0n, asked: room + 1n, resetsAtMs: null },
  });

test.each([
  ['has none', { messages: ['hello'] }],
  ['has a higher one', { messages: ['hello'], max_completion_tokens: 9999 }],
])('a request that %s fits with the limit that it gets, also where its own bytes count', (_, body) => {
  for (let room = 80n; room < 1200n; room += 7n) {
    const clamped = clampedRequest(request(body), refusal(room), bounds);
    const { costNanoUsd } = clamped?.bounds ?? { costNanoUsd: null };
    expect(costNanoUsd, String(room)).toBeLessThanOrEqual(room);
    // A few digits of the limit may be left over.
    expect(costNanoUsd, String(room)).toBeGreaterThan(room - 8n);
  }
  expect(clampedRequest(request(body), refusal(20n), bounds)).toBeNull();
});
