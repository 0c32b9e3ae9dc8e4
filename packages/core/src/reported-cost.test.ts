import { describe, expect, it } from 'vitest';
import { readReportedCost } from './reported-cost.js';

describe('a reported cost', () => {
  it.each([
    ['a number', { cost: 0.00131 }, 1_310_000n],
    ['text', { cost: '0.00131' }, 1_310_000n],
    ['nothing paid', { cost: 0 }, 0n],
    [
      'the parts of which are known too',
      { cost: 0.01, is_byok: false, cost_details: { upstream_inference_cost: 9 } },
      10_000_000n,
    ],
    [
      'a fee, with what the provider gets',
      { cost: 0.0005, is_byok: true, cost_details: { upstream_inference_cost: 0.01 } },
      10_500_000n,
    ],
    ["Perplexity's total", { cost: { input_tokens_cost: 0.1, request_cost: 0.005, total_cost: 0.105 } }, 105_000_000n],
    ["xAI's ticks", { cost_in_usd_ticks: 37_756_000 }, 3_775_600n],
    ['ticks, of which half a nano-USD is rounded to the even one', { cost_in_usd_ticks: 25 }, 2n],
    ['ticks beyond what a number holds', { cost_in_usd_ticks: 90_071_992_547_409_930n }, 9_007_199_254_740_993n],
  ])('is read: %s', (_, usage, expected) => {
    expect(readReportedCost(usage)).toBe(expected);
  });

  it.each([
    ['absent', {}],
    ['null, though its details are known', { cost: null, cost_details: { upstream_inference_cost: 0.01 } }],
    [
      'a fee without what the provider gets',
      { cost: 0.0005, is_byok: true, cost_details: { upstream_inference_cost: null } },
    ],
    ['negative', { cost: -1 }],
    ['beyond all measure', { cost: 1e30 }],
    ['words', { cost: 'free' }],
    ['an object without a total', { cost: { input_tokens_cost: 0.1 } }],
    ['a part of a tick', { cost_in_usd_ticks: 0.5 }],
    ['ticks as text', { cost_in_usd_ticks: '100' }],
    ['of no usage', null],
  ])('is null, never zero: %s', (_, usage) => {
    expect(readReportedCost(usage)).toBeNull();
  });
});
