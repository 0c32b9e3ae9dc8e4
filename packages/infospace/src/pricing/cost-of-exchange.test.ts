import { describe, expect, it } from 'vitest';
import { bundledPrices } from './bundled-prices.js';
import { type CostOptions, costOfExchange, type Exchange, receiptOfExchange } from './cost-of-exchange.js';
import { declaredBook } from './declared-book.js';

const book = await bundledPrices();
const now = Date.parse('2026-10-01');
const cost = (exchange: Exchange, said: Partial<CostOptions> = {}) =>
  costOfExchange(exchange, { prices: book, providers: book, nowMs: now, ...said });
const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

describe('who answered', () => {
  it.each([
    ['api.openai.com', '/v1/chat/completions', 'openai'],
    ['bedrock-runtime.eu-west-1.amazonaws.com', '/model/x/converse', 'aws'],
    ['bedrock-mantle.us-east-1.api.aws', '/v1/responses', 'aws'],
    ['europe-west4-aiplatform.googleapis.com', '/v1beta1/x', 'google'],
    ['acme.openai.azure.com', '/openai/v1/responses', 'azure'],
    ['router.huggingface.co', '/together/v1/chat/completions', 'huggingface_together'],
    ['openrouter.ai', '/api/v1/chat/completions', 'openrouter'],
    ['llm.example.com', '/v1/chat/completions', 'llm.example.com'],
    ['API.OpenAI.com', '/v1/chat/completions', 'openai'],
    ['api.openai.com.evil.example', '/v1/chat/completions', 'api.openai.com.evil.example'],
    ['api.openai.com:443', '/v1/chat/completions', 'openai'],
    ['api.moonshot.ai', '/v1/chat/completions', 'moonshotai'],
    ['api.openai-proxy.org', '/v1/chat/completions', 'api.openai-proxy.org'],
    ['my-gemini-gateway.corp', '/v1/chat/completions', 'my-gemini-gateway.corp'],
    ['mistral-vllm.local:8000', '/v1/chat/completions', 'mistral-vllm.local:8000'],
  ])('is told by %s%s: %s', (host, path, provider) => {
    expect(cost({ host, path, response: { model: 'm', usage } }).provider).toBe(provider);
  });

  it('is told by the usage where nothing else does', () => {
    expect(cost({ response: { usageMetadata: { promptTokenCount: 5 } } }).provider).toBe('google');
    expect(cost({ response: { usage: { input_tokens: 1, cache_creation_input_tokens: 0 } } }).provider).toBe(
      'anthropic',
    );
    expect(cost({ response: { model: 'gpt-4o-2024-08-06', usage } }).provider).toBe('openai');
    expect(cost({ response: { usage } }).provider).toBe('');
    const dialect = { model: 'deepseek-chat', usage: { input_tokens: 1, cache_creation_input_tokens: 0 } };
    expect(cost({ response: dialect }).provider).toBe('deepseek');
    expect(cost({ response: { usage_metadata: { prompt_token_count: 5 } } }).provider).toBe('google');
  });

  it('is not guessed from the model where a host says who it is: it may charge anything', () => {
    for (const host of ['llm.example.com', 'api.openai-proxy.org', 'openai.corp', 'localhost:8000']) {
      const unknown = cost({ host, response: { model: 'gpt-4o', usage } });
      expect(unknown, host).toMatchObject({ costSource: 'unknown', costNanoUsd: null });
      expect(unknown.warnings[0]?.message).toContain('openai gpt-4o');
    }
  });
});

describe('which model answered', () => {
  const model = (exchange: Exchange) => cost(exchange).model;

  it('is what the response says, though another was asked for', () => {
    const response = { model: 'x-ai/grok-4', usage };
    expect(model({ host: 'openrouter.ai', requestModel: 'google/gemini-2.0-flash-exp:free', response })).toBe(
      'x-ai/grok-4',
    );
  });

  it('is what was asked for, where the response names what nobody knows', () => {
    const response = { model: 'some-deployment', usage };
    expect(model({ host: 'api.openai.com', requestModel: 'gpt-4o', response })).toBe('gpt-4o');
  });

  it('is not replaced by the one that was asked for where its price is pinned to a version that is gone', () => {
    const pins = [{ provider: 'openai', model: 'gpt-4o', priceVersion: 'genai-prices-0.0.1:openai/gpt-4o' }];
    const models = pins.map((pin) => ({ ...pin, free: false, pricingId: null, maxOutputTokens: null }));
    const prices = declaredBook(models, book, book.providerOfName);
    const pinned = cost(
      { host: 'api.openai.com', requestModel: 'gpt-4o-mini', response: { model: 'gpt-4o', usage } },
      { prices },
    );
    expect(pinned).toMatchObject({ model: 'gpt-4o', costNanoUsd: null });
    expect(pinned.warnings[0]?.message).toContain('genai-prices-0.0.1:openai/gpt-4o');
  });

  it('stands in the path of Google and of Bedrock', () => {
    const google = '/v1beta/models/gemini-2.5-flash:streamGenerateContent';
    expect(model({ host: 'generativelanguage.googleapis.com', path: google, response: {} })).toBe('gemini-2.5-flash');
    const bedrock = '/model/us.amazon.nova-lite-v1%3A0/converse';
    const response = { model: 'amazon.nova-lite-v1:0', usage };
    expect(model({ host: 'bedrock-runtime.us-east-1.amazonaws.com', path: bedrock, response })).toBe(
      'us.amazon.nova-lite-v1:0',
    );
  });

  it('stands in the path of Cloudflare', () => {
    const path = '/client/v4/accounts/1/ai/run/@cf/meta/llama-3.1-8b-instruct';
    expect(model({ host: 'api.cloudflare.com', path, response: {} })).toBe('@cf/meta/llama-3.1-8b-instruct');
  });

  it('with somebody in front of it has the price of him', () => {
    const priced = cost({ response: { model: 'openrouter/anthropic/claude-sonnet-4.5', usage } });
    expect(priced).toMatchObject({ provider: 'openrouter', costSource: 'rates' });
  });

  it('that is run by others has the price of who makes it only where that is known', () => {
    expect(cost({ response: { model: 'gemma-3-27b-it', usage } })).toMatchObject({ provider: '', costNanoUsd: null });
  });

  it('of Bedrock has the price of the region that its path names', () => {
    const price = (name: string) =>
      cost({
        host: 'bedrock-runtime.us-east-1.amazonaws.com',
        path: `/model/${name}/invoke`,
        response: { model: 'claude-opus-4-8', usage: { input_tokens: 1000, output_tokens: 0 } },
      }).costNanoUsd;
    expect(price('us.anthropic.claude-opus-4-8')).toBe(5_500_000n);
    expect(price('global.anthropic.claude-opus-4-8')).toBe(5_000_000n);
  });
});

describe('the cost', () => {
  it('is what the provider reported, before any price', () => {
    const reported = cost({
      host: 'openrouter.ai',
      response: { model: 'openai/gpt-4o', usage: { ...usage, cost: 0.5 } },
    });
    expect(reported).toMatchObject({ costSource: 'provider', costNanoUsd: 500_000_000n, priceVersion: null });
  });

  it('without cache hits is the reported one and what the hits saved', () => {
    const cached = { ...usage, cost: 0.5, prompt_tokens_details: { cached_tokens: 800 } };
    const reported = cost({ host: 'openrouter.ai', response: { model: 'anthropic/claude-sonnet-4.5', usage: cached } });
    expect(reported.economicCostNanoUsd).toBe(500_000_000n + 800n * 2_700n);
  });

  it('of an old response has the price of its time; --at goes before what it says', () => {
    const response = { model: 'o3', created: Date.parse('2025-06-01') / 1000, usage };
    expect(cost({ host: 'api.openai.com', response })).toMatchObject({
      atMs: Date.parse('2025-06-01'),
      costNanoUsd: 14_000_000n,
    });
    expect(cost({ host: 'api.openai.com', response }, { atMs: now }).costNanoUsd).toBe(2_800_000n);
  });

  it('is unknown without usage, though there is a price: never zero', () => {
    const missing = cost({ host: 'api.openai.com', response: { model: 'gpt-4o', choices: [] } });
    expect(missing).toMatchObject({ usageMissing: true, costNanoUsd: null, costSource: 'unknown', priceVersion: null });
    expect(missing.warnings.map(({ kind }) => kind)).toEqual(['usage_missing']);
    expect(receiptOfExchange(missing)).toBeNull();
  });

  it('of a search whose price is not known is a lower bound', () => {
    const response = { model: 'sonar-pro', usage: { ...usage, num_search_queries: 2 } };
    const searched = cost({ host: 'api.perplexity.ai', response });
    expect(searched).toMatchObject({ unpricedParts: ['webSearches'], costSource: 'rates' });
    expect(searched.warnings.map(({ kind }) => kind)).toContain('part_unpriced');
  });

  it('lacks what other models used for it, and says so', () => {
    const usage = { input_tokens: 412, output_tokens: 531, cache_read_input_tokens: 0 };
    const pass = { model: 'claude-opus-4-8', input_tokens: 823, output_tokens: 1612, cache_read_input_tokens: 100 };
    const iterations = [
      { type: 'message', input_tokens: 412, output_tokens: 531 },
      { type: 'advisor_message', ...pass },
    ];
    const advised = cost({
      host: 'api.anthropic.com',
      response: { model: 'claude-sonnet-4-6', usage: { ...usage, iterations } },
    });
    expect(advised).toMatchObject({
      costNanoUsd: 412n * 3_000n + 531n * 15_000n,
      tokens: { promptTokens: 412, completionTokens: 531, details: { otherModelTokens: 2535 } },
      unpricedParts: ['otherModels'],
    });
    expect(advised.warnings.map(({ message }) => message).join()).toContain('tokens of other models');
    const response = {
      ...{ model: 'gpt-5', usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 } },
      tool_usage: { image_gen: { input_tokens: 50, output_tokens: 4160, total_tokens: 4210 } },
    };
    const drawn = cost({ host: 'api.openai.com', response });
    expect(drawn).toMatchObject({
      costNanoUsd: 225_000n,
      tokens: { details: { otherModelTokens: 4210 } },
      unpricedParts: ['otherModels'],
    });
    const streamed = `data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`;
    expect(cost({ host: 'api.openai.com', response: streamed })).toMatchObject({ unpricedParts: ['otherModels'] });
    const none = { ...response, tool_usage: { image_gen: { input_tokens: 0, output_tokens: 0 } } };
    expect(cost({ host: 'api.openai.com', response: none }).unpricedParts).toEqual([]);
  });

  it('of a free model is nothing, also without usage', () => {
    const free = { host: 'openrouter.ai', requestModel: 'openai/gpt-oss-20b:free', response: { choices: [] } };
    expect(cost(free)).toMatchObject({ usageMissing: true, costNanoUsd: 0n, costSource: 'rates' });
  });

  it('of an embedding is found though its name does not tell its maker', () => {
    const response = { model: 'text-embedding-3-small', usage: { prompt_tokens: 1000, total_tokens: 1000 } };
    expect(cost({ response }, { provider: '' }).costNanoUsd).toBe(20_000n);
  });

  it('of a stream that broke off is marked as a lower bound', () => {
    const start = {
      type: 'message_start',
      message: { model: 'claude-sonnet-4-5', usage: { input_tokens: 9, output_tokens: 1 } },
    };
    const broken = cost({
      host: 'api.anthropic.com',
      response: `event: message_start\ndata: ${JSON.stringify(start)}\n\n`,
    });
    expect(broken).toMatchObject({ usagePartial: true, costNanoUsd: 9n * 3_000n + 15_000n });
  });

  it('of a batch is half, and of one worked out in the United States a tenth more', () => {
    const anthropic = (more: object) =>
      cost({
        host: 'api.anthropic.com',
        response: { model: 'claude-opus-4-8', usage: { input_tokens: 1000, output_tokens: 0, ...more } },
      });
    expect(anthropic({}).costNanoUsd).toBe(5_000_000n);
    expect(anthropic({ service_tier: 'batch' }).costNanoUsd).toBe(2_500_000n);
    expect(anthropic({ inference_geo: 'us' }).costNanoUsd).toBe(5_500_000n);
    expect(anthropic({ service_tier: 'batch', inference_geo: 'us' }).costNanoUsd).toBe(2_750_000n);
    expect(anthropic({ service_tier: 'standard', inference_geo: 'global' }).costNanoUsd).toBe(5_000_000n);
    expect(anthropic({ service_tier: 'priority' })).toMatchObject({ costNanoUsd: null, costSource: 'unknown' });
  });
});

it.each([[null], [undefined], [1], [''], ['{'], ['nonsense'], [[]], [{ usage: 'many' }]])(
  'of a response that is %j is unknown',
  (response) => {
    expect(cost({ response })).toMatchObject({ usageMissing: true, costNanoUsd: null, model: '' });
  },
);
