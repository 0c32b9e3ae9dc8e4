import { describe, expect, it } from 'vitest';
import { aggregateUsage } from './aggregate-usage.js';
import type { RecordedRun } from './documents/usage-run.js';
import { explainRun } from './explain-run.js';
import { bundledPrices } from './pricing/bundled-prices.js';
import { layeredBook } from './pricing/price-book.js';
import { rateBook } from './pricing/rate-book.js';
import { tablePrice } from './pricing/table-price.js';

const bundled = await bundledPrices();
const nowMs = Date.parse('2026-10-01');

/** What a run of these calls, all of one stage, was recorded as. */
function explain(provider: string, model: string, usages: readonly unknown[], book = layeredBook([bundled])) {
  const stages = usages.map((usage) => ({ stageId: 's', provider, model, failed: false, durationMs: null, usage }));
  const workflow = { workflowRunId: 'w', workflowId: 'w', status: null, stages, recordHash: null };
  const { perBucket } = aggregateUsage([workflow], book, { callMs: nowMs, nowMs });
  const [stage, ...others] = explainRun({ perBucket } as unknown as RecordedRun, book);
  expect(others).toEqual([]);
  return stage;
}

const chat = (prompt: number, completion: number, cached = 0) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  prompt_tokens_details: { cached_tokens: cached },
});

describe('the cost of a stage', () => {
  it('is the sums of its tokens times their prices', () => {
    const stage = explain('openai', 'gpt-4o', [chat(1000, 10, 200), chat(500, 5)]);
    expect(stage?.roundingNanoUsd).toBe(0n);
    expect(stage?.receipt?.lines.map(({ part, count }) => [part, count])).toEqual([
      ['prompt', 1300],
      ['cachedPrompt', 200],
      ['completion', 15],
    ]);
  });

  it('differs from the sum by what rounding each call once made of it, and no more', () => {
    // 0.0375 USD per million: a single token is 37.5 nano-USD, of which half-even rounding makes 38.
    const book = rateBook(
      [tablePrice({ model: 'm', source: 'workspace-rates', input: 37_500_000_000n, output: 0n })],
      () => null,
    );
    const stage = explain('p', 'm', Array(1000).fill(chat(1, 0)), book);
    expect(stage?.bucket.costNanoUsdEstimated).toBe(38_000n);
    expect(stage?.receipt?.costNanoUsd).toBe(37_500n);
    expect(stage?.roundingNanoUsd).toBe(500n);
  });

  it('of long prompts is found at the price of long prompts', () => {
    const stage = explain('openai', 'gpt-5.4', [chat(300_000, 10), chat(280_000, 10)]);
    expect(stage?.receipt?.longContext?.inputTokens).toBe(272_000);
  });

  it('of long and short prompts together has no arithmetic over the sums', () => {
    expect(explain('openai', 'gpt-5.4', [chat(300_000, 10), chat(100_000, 10)])?.receipt).toBeNull();
  });

  it('that a provider reported has none', () => {
    expect(explain('openrouter', 'openai/gpt-4o', [{ ...chat(10, 1), cost: 0.1 }])?.receipt).toBeNull();
  });

  it('of a call without usage has none', () => {
    expect(explain('openai', 'gpt-4o', [null])?.receipt).toBeNull();
  });

  it('counts a fee for each request', () => {
    const stage = explain('perplexity', 'sonar', [chat(10, 1), chat(10, 1), chat(10, 1)]);
    expect(stage?.receipt?.lines.at(-1)).toMatchObject({ part: 'requests', count: 3 });
  });
});
