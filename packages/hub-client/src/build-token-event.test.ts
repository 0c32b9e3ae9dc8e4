import { describe, expect, it } from 'vitest';
import { buildTokenEvent, type RunFacts } from './build-token-event.js';
import { run, usage } from './testing/runs.js';

const figuresOf = (more: Partial<RunFacts>) => buildTokenEvent({ ...run, ...more }).data;

describe('the event of a run', () => {
  it('is a CloudEvent that sums its calls by model, most tokens first', () => {
    const other = { ...usage, model: 'gpt-4o-mini', inputTokens: 10, outputTokens: 1, cacheReadInputTokens: 0 };
    expect(buildTokenEvent({ ...run, usage: [other, usage, usage] })).toEqual({
      specversion: '1.0',
      id: run.runId,
      source: 'urn:budget:acme:demo',
      type: 'dev.budget.run.v1',
      time: '2026-11-22T01:50:01.582Z',
      subject: 'acme/demo',
      data: {
        ...{ schema_version: 1, run_id: run.runId, run_index: 7, workspace: 'acme', infospace_slug: 'demo' },
        ...{ started_at: '2026-11-22T01:49:58.082Z', ended_at: '2026-11-22T01:50:01.582Z', duration_seconds: 3.5 },
        ...{ status: 'completed', snapshot_id: 'bac03ddf14fe' },
        ...{ calls: 6, tokens_in: 2410, tokens_out: 601, total_tokens: 3011 },
        ...{ cost_usd: 0.01425, cost_nano_usd: 14_250_000, currency: 'USD', cost_source: 'rates', unpriced_calls: 0 },
        model: 'gpt-4o',
        models: [
          {
            ...{ provider: 'openai', model: 'gpt-4o', calls: 4, input_tokens: 2400, output_tokens: 600 },
            ...{ cache_read_input_tokens: 2000, cost_nano_usd: 9_500_000 },
          },
          {
            ...{ provider: 'openai', model: 'gpt-4o-mini', calls: 2, input_tokens: 10, output_tokens: 1 },
            cost_nano_usd: 4_750_000,
          },
        ],
      },
    });
  });

  it('says where costs come from, and never takes an unknown one for zero', () => {
    const unpriced = { ...usage, callsPricedByRates: 0, unpricedCalls: 2, costNanoUsd: 0n };
    const reported = { ...usage, callsPricedByRates: 0, callsPricedByProvider: 2 };
    expect(figuresOf({ usage: [unpriced] })).toMatchObject({
      ...{ cost_usd: null, cost_nano_usd: null, cost_source: 'unknown', unpriced_calls: 2 },
      models: [{ cost_nano_usd: null }],
    });
    expect(figuresOf({ usage: [] })).toMatchObject({ calls: 0, cost_usd: null, model: null, models: [] });
    expect(figuresOf({ usage: [reported] }).cost_source).toBe('provider');
    expect(figuresOf({ usage: [reported, usage, unpriced] })).toMatchObject({
      cost_source: 'mixed',
      unpriced_calls: 2,
    });
  });

  it('keeps amounts past 2^53 exact, as text', () => {
    const large = { ...usage, costNanoUsd: 9_007_199_254_740_993n };
    expect(figuresOf({ usage: [large] }).cost_nano_usd).toBe('9007199254740993');
  });

  it('tells more than 100 models as 100, and loses no token', () => {
    const many = Array.from({ length: 250 }, (_, index) => ({ ...usage, model: `model-${index}` }));
    const { models, total_tokens } = figuresOf({ usage: many });
    expect(models).toHaveLength(100);
    expect(models.at(-1)).toMatchObject({ provider: 'other', model: 'other', calls: 302 });
    expect(models.reduce((sum, model) => sum + model.input_tokens + model.output_tokens, 0)).toBe(total_tokens);
  });
});

describe('what is no name of ours is not told', () => {
  const secret = 'SECRET';
  const words = ['alice', 'alices-laptop', 'al'];

  it.each([
    `write a poem about ${secret}`,
    `/home/${secret}/models/llama.gguf`,
    `C:\\Users\\${secret}\\llama`,
    `https://${secret}.example.com/v1`,
    `models/${secret}.gguf`,
    `~/${secret}`,
    `${secret}.llm.example.com`,
    `${secret.toLowerCase()}.local`,
    `10.0.0.7`,
    `alice/llama`,
    `${secret}:8000/llama3`,
    'localhost:11434/llama',
    'localhost',
    `${secret}@example.com`,
    `${secret}@box`,
    `Users/${secret}.doe/models/llama`,
    `home/${secret}/llama`,
    `C:${secret}`,
    '10.0.0.7:8000',
    '192.168.1.10:8000:v1',
    `${secret}.llm.example.com:8000:v1`,
    `${secret}.llm.example.com.`,
    'fe80::1',
    'AL',
    'ALICES-LAPTOP',
    `${secret}\n${secret}`,
    secret.repeat(40),
  ])('a model or a provider that is called %j', (planted) => {
    const { data } = buildTokenEvent({ ...run, usage: [{ ...usage, model: planted, provider: planted }] }, words);
    expect(data.model).toBe('unnamed');
    expect(data.models).toMatchObject([{ provider: 'unnamed', model: 'unnamed', calls: 2 }]);
  });

  it.each([
    ['openai', 'gpt-4.1'],
    ['anthropic', 'claude-sonnet-4-5-20250929'],
    ['openrouter', 'anthropic/claude-3.5-haiku:beta'],
    ['fireworks', 'accounts/fireworks/models/llama-v3p1-8b'],
    ['ollama', 'llama3.2:3b'],
    ['x.ai', 'grok-3'],
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme::A1b2C3'],
    ['bedrock', 'anthropic.claude-3-haiku-20240307-v1:0'],
    ['bedrock', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0'],
    ['vertex', 'claude-3-5-sonnet-v2@20241022'],
    ['vertex', 'text-bison@001'],
    ['vertex', 'claude-opus-4@default'],
    ['cloudflare', '@cf/meta/llama-3.1-8b-instruct'],
    ['huggingface', 'meta-llama/Llama-3.1-8B-Instruct'],
    ['huggingface', 'TheBloke/Mistral-7B-Instruct-v0.2-GGUF'],
    ['huggingface', 'nomic-ai/nomic-embed-text-v1.5'],
    ['huggingface', 'Qwen/Qwen2.5-Coder-32B-Instruct'],
    ['huggingface', 'HuggingFaceTB/SmolLM2-1.7B-Instruct'],
    ['ollama', 'hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M'],
    ['ollama', 'mistral-large:123b-instruct-2407-q4_0'],
    ['openrouter', 'deepseek/deepseek-r1:free'],
    ['openrouter', 'openai/gpt-4o:extended'],
    ['openrouter', 'nousresearch/hermes-3-llama-3.1-405b'],
    ['together', 'meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo'],
  ])('but %s and %s are names', (provider, model) => {
    const { data } = buildTokenEvent({ ...run, usage: [{ ...usage, provider, model }] }, words);
    expect(data.models).toMatchObject([{ provider, model }]);
  });

  it('a home directory that serves as an infospace, a time with words, a snapshot that is none', () => {
    const given = {
      ...run,
      workspace: 'home',
      infospace: 'alice',
      workplanId: '/home/alice',
      workplanTaskId: 'TASK-7',
    };
    const times = { startedAt: `2026-11-22T01:49:58Z (${secret})`, snapshotId: secret, endedAt: secret };
    const event = buildTokenEvent({ ...given, ...times }, words);
    expect(JSON.stringify(event)).not.toMatch(/alice|SECRET/i);
    expect(event).toMatchObject({
      source: 'urn:budget:home:unnamed',
      data: { workplan_id: 'unnamed', workplan_task_id: 'TASK-7', started_at: null },
    });
  });
});
