import { describe, expect, it } from 'vitest';
import { priceStageCall } from './priced-call.js';
import { bundledPrices } from './pricing/bundled-prices.js';

const book = await bundledPrices();
const nowMs = Date.parse('2026-10-01');
const price = (provider: string, model: string, usage: unknown, callMs = nowMs) =>
  priceStageCall({ stageId: 's', provider, model, failed: false, durationMs: null, usage }, book, { callMs, nowMs });
const kinds = (priced: ReturnType<typeof price>) => priced.warnings.map(({ kind }) => kind);

describe('a call of a run record', () => {
  it('has cached tokens at their price, and would have cost more without them', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 800 } };
    expect(price('openai', 'gpt-4o', usage)).toMatchObject({
      costNanoUsd: 200n * 2_500n + 800n * 1_250n,
      economicCostNanoUsd: 1000n * 2_500n,
      priceVersion: 'genai-prices-0.1.8:openai/gpt-4o',
      isUnpriced: false,
    });
  });

  it('has the price of its time', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0 };
    expect(price('openai', 'o3', usage, Date.parse('2025-06-01')).costNanoUsd).toBe(10_000_000n);
    expect(price('openai', 'o3', usage).costNanoUsd).toBe(2_000_000n);
  });

  it('is of the tier that its usage names, and of the place where it was worked out', () => {
    const usage = { input_tokens: 1000, output_tokens: 0, cache_read_input_tokens: 0, inference_geo: 'us' };
    expect(price('anthropic', 'claude-opus-4-8', usage)).toMatchObject({
      tier: 'inference_geo_us',
      costNanoUsd: 5_500_000n,
    });
    expect(price('anthropic', 'claude-opus-4-8', { ...usage, service_tier: 'batch' }).costNanoUsd).toBe(2_750_000n);
  });

  it('of a tier without a known price is unknown, and the tier is told', () => {
    const priced = price('openai', 'gpt-4o', { input_tokens: 10, output_tokens: 1, service_tier: 'scale' });
    expect(priced).toMatchObject({ costSource: 'unknown', costNanoUsd: null, isUnpriced: true });
    expect(priced.warnings[0]?.message).toContain('scale');
  });

  it('with a search whose price is not known lacks something, so a total that holds it says ≥', () => {
    const priced = price('perplexity', 'sonar-pro', { prompt_tokens: 10, completion_tokens: 1, num_search_queries: 2 });
    expect(priced).toMatchObject({ costSource: 'rates', isUnpriced: true });
    expect(kinds(priced)).toEqual(['part_unpriced']);
  });

  it('with cache writes for an hour that have no price of their own says that one was assumed', () => {
    const usage = {
      ...{ inputTokens: 10, outputTokens: 1, cacheReadInputTokens: 0, cacheWriteInputTokens: 100 },
      cacheDetails: [{ inputTokens: 100, ttl: '1h' }],
    };
    expect(kinds(price('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', usage))).toEqual(['price_assumed']);
  });

  it('by prices that are older than 90 days says so (ccusage #844)', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 1 };
    const call = { stageId: 's', provider: 'openai', model: 'gpt-4o', failed: false, durationMs: null, usage };
    const later = Date.parse('2027-01-01');
    const { warnings } = priceStageCall(call, book, { callMs: later, nowMs: later });
    expect(warnings.map(({ kind }) => kind)).toEqual(['stale']);
  });

  it('that its provider reports keeps that, and its cache hits are added by the price', () => {
    const usage = {
      ...{ prompt_tokens: 1000, completion_tokens: 10, cost: 0.001 },
      prompt_tokens_details: { cached_tokens: 800 },
    };
    expect(price('openrouter', 'anthropic/claude-sonnet-4.5', usage)).toMatchObject({
      costSource: 'provider',
      costNanoUsd: 1_000_000n,
      economicCostNanoUsd: 1_000_000n + 800n * 2_700n,
      priceVersion: null,
    });
  });
});
