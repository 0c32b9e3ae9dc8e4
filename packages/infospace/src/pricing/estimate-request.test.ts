import { describe, expect, it } from 'vitest';
import { bundledPrices } from './bundled-prices.js';
import { DEFAULT_OUTPUT_LIMIT, estimateRequest } from './estimate-request.js';

const book = await bundledPrices();
const estimate = (request: unknown, more: Partial<Parameters<typeof estimateRequest>[1]> = {}) =>
  estimateRequest(
    request,
    { provider: 'openai', model: 'gpt-4o', atMs: Date.parse('2026-10-01'), strict: false, ...more },
    book,
  );
const hello = { messages: [{ role: 'user', content: 'Hello, how are you today?' }] };

describe('what a request may cost', () => {
  it('is its prompt and its whole limit of output, at their prices', () => {
    const estimated = estimate({ ...hello, max_tokens: 1000 });
    expect(estimated).toMatchObject({ maxOutputTokens: 1000, outputLimitFrom: 'request', answers: 1, warnings: [] });
    expect(estimated.promptTokens).toBeGreaterThan(4);
    expect(estimated.promptTokens).toBeLessThan(20);
    expect(estimated.costNanoUsd).toBe(BigInt(estimated.promptTokens) * 2_500n + 1000n * 10_000n);
  });

  it.each([
    ['OpenAI chat', { max_completion_tokens: 77 }],
    ['OpenAI responses', { max_output_tokens: 77 }],
    ['Google', { generationConfig: { maxOutputTokens: 77 } }],
    ['Bedrock', { inferenceConfig: { maxTokens: 77 } }],
    ['Ollama', { options: { num_predict: 77 } }],
    ['Llama on Bedrock', { max_gen_len: 77 }],
    ['Nova on Bedrock', { inferenceConfig: { max_new_tokens: 77 } }],
    ['Titan on Bedrock', { textGenerationConfig: { maxTokenCount: 77 } }],
    ['Hugging Face', { parameters: { max_new_tokens: 77 } }],
  ])('finds the limit in the words of %s', (_, limit) => {
    expect(estimate({ ...hello, ...limit })).toMatchObject({ maxOutputTokens: 77, outputLimitFrom: 'request' });
  });

  it('takes the limit of budget.yaml, then that of the model, then a number with a warning', () => {
    expect(estimate(hello, { maxOutputTokens: 500 })).toMatchObject({
      maxOutputTokens: 500,
      outputLimitFrom: 'settings',
    });
    expect(estimate(hello)).toMatchObject({ maxOutputTokens: 16_384, outputLimitFrom: 'model' });
    const unlimited = estimate(hello, { provider: 'x-ai', model: 'grok-4.3' });
    expect(unlimited).toMatchObject({ maxOutputTokens: DEFAULT_OUTPUT_LIMIT, outputLimitFrom: 'default' });
    expect(unlimited.warnings).toHaveLength(1);
  });

  it.each([Number.MAX_SAFE_INTEGER, 1e15, 1e300])('takes a limit of %d for none', (max_tokens) => {
    expect(estimate({ ...hello, max_tokens })).toMatchObject({ maxOutputTokens: 16_384, outputLimitFrom: 'model' });
  });

  it('counts every answer that is asked for', () => {
    const one = estimate({ ...hello, max_tokens: 100 });
    const four = estimate({ ...hello, max_tokens: 100, n: 4 });
    expect((four.costNanoUsd ?? 0n) - (one.costNanoUsd ?? 0n)).toBe(300n * 10_000n);
  });

  it('is not known without a price, and says so', () => {
    const unknown = estimate(hello, { provider: 'nobody', model: 'nothing' });
    expect(unknown).toMatchObject({ costNanoUsd: null, priceVersion: null, isUpperBound: false });
    expect(unknown.warnings.join()).toContain('No price is known of nobody nothing.');
  });

  it('counts on no cached tokens, and on the dearer price of writing a cache where the request asks for it', () => {
    const plain = estimate(hello, { provider: 'anthropic', model: 'claude-sonnet-4-5' });
    const written = estimate(
      { ...hello, system: [{ type: 'text', text: '', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
      { provider: 'anthropic', model: 'claude-sonnet-4-5' },
    );
    const automatic = estimate(
      { ...hello, cache_control: { type: 'ephemeral', ttl: '1h' } },
      { provider: 'anthropic', model: 'claude-sonnet-4-5' },
    );
    const price = (tokens: number, perToken: bigint) => BigInt(tokens) * perToken + 64_000n * 15_000n;
    expect(plain.costNanoUsd).toBe(price(plain.promptTokens, 3_000n));
    expect(written.costNanoUsd).toBe(price(written.promptTokens, 6_000n));
    expect(automatic.costNanoUsd).toBe(price(automatic.promptTokens, 6_000n));
  });

  it('is at the price of the sounds and pictures that are asked for', () => {
    const perToken = (model: string, provider: string, more = {}) => {
      const [none = 0n, all = 0n] = [0, 1000].map(
        (answerTokens) => estimate({ ...hello, ...more }, { provider, model, answerTokens }).costNanoUsd ?? 0n,
      );
      return (all - none) / 1000n;
    };
    expect(perToken('gpt-audio', 'openai')).toBe(10_000n);
    const spoken = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } };
    expect(perToken('gpt-audio', 'openai', spoken)).toBe(64_000n);
    expect(perToken('gpt-image-1.5', 'openai')).toBe(32_000n);
    expect(perToken('gemini-2.5-flash-image', 'google')).toBe(30_000n);
    expect(perToken('gemini-2.5-flash', 'google')).toBe(2_500n);
  });

  it('has the tier of a long prompt', () => {
    const long = { messages: [{ role: 'user', content: 'word '.repeat(400_000) }], max_tokens: 1 };
    const estimated = estimate(long, { model: 'gpt-5.4' });
    expect(estimated.promptTokens).toBeGreaterThan(272_000);
    const { costNanoUsd, promptTokens } = estimated;
    expect(Number(costNanoUsd) / promptTokens).toBeGreaterThan(4_999);
  });

  it('leaves out what it cannot see, with a warning', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    expect(estimate({ messages: [{ role: 'user', content: [image] }] }).warnings.join()).toContain('url');
    expect(estimate({ ...hello, previous_response_id: 'resp_1' }).warnings.join()).toContain('previous_response_id');
    const inline = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(5000)}` } };
    expect(estimate({ messages: [{ role: 'user', content: [inline] }] }).promptTokens).toBeLessThan(1700);
  });
});

it.each([
  ['a prompt', { prompt: [1, 2, 3], max_tokens: 1 }, 3],
  ['several prompts', { prompt: [[1, 2], [3]], max_tokens: 1 }, 3],
  [
    'an embedding',
    {
      input: [
        [1, 2],
        [3, 4],
      ],
    },
    4,
  ],
])('counts each token of %s that is given in numbers', (_, request, promptTokens) => {
  expect(estimate(request)).toMatchObject({ promptTokens, warnings: [] });
});

describe('strictly', () => {
  it('is an upper bound: no tokenizer makes more tokens than there are bytes', () => {
    const estimated = estimate({ ...hello, max_tokens: 1000 }, { strict: true });
    expect(estimated.promptTokens).toBe(Buffer.byteLength(JSON.stringify({ ...hello, max_tokens: 1000 })));
    expect(estimated.isUpperBound).toBe(true);
    expect(estimated.costNanoUsd).toBeGreaterThan(estimate({ ...hello, max_tokens: 1000 }).costNanoUsd ?? 0n);
  });

  it('counts bytes, not characters', () => {
    const emoji = { messages: [{ role: 'user', content: '😀'.repeat(100) }], max_tokens: 1 };
    expect(estimate(emoji, { strict: true }).promptTokens).toBeGreaterThan(400);
  });

  it('rounds up, so that the bound holds', () => {
    // 0.0375 USD per million: two bytes more or less decide whether half a nano-USD is left over.
    for (const content of ['x', 'xx']) {
      const { costNanoUsd, promptTokens } = estimate(
        { messages: [{ role: 'user', content }], max_tokens: 1 },
        { strict: true, provider: 'cohere', model: 'command-r7b' },
      );
      expect(costNanoUsd).toBe(BigInt(Math.ceil(promptTokens * 37.5 + 150)));
    }
  });

  it('counts content by reference as the whole context window', () => {
    const estimated = estimate({ ...hello, previous_response_id: 'resp_1', max_tokens: 1 }, { strict: true });
    expect(estimated).toMatchObject({ promptTokens: 128_000, isUpperBound: true });
  });

  it.each([
    ['Anthropic', { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 50 }] }],
    ['OpenAI', { tools: [{ type: 'web_search_preview' }] }],
    ['OpenAI chat', { web_search_options: {} }],
    ['Google', { tools: [{ googleSearch: {} }] }],
    ['OpenRouter', { plugins: [{ id: 'web' }] }],
    ['xAI', { search_parameters: { mode: 'on' } }],
    ['xAI, by a name that is new', { tools: [{ type: 'x_search' }] }],
    ['Groq', { tools: [{ type: 'browser_search' }] }],
    ['Moonshot', { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }],
    ['Google, beside functions', { tools: [{ functionDeclarations: [{ name: 'f' }], googleMaps: {} }] }],
    ['Bedrock', { toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] } }],
  ])('is no upper bound where %s runs tools of its own, and says so', (_, more) => {
    const estimated = estimate({ ...hello, max_tokens: 10, ...more }, { strict: true });
    expect(estimated.isUpperBound).toBe(false);
    expect(estimated.warnings.join()).toContain('Tools that the provider runs');
  });

  it('counts a conversation as the whole context window, by its id or by an object that has it', () => {
    for (const conversation of ['conv_1', { id: 'conv_1' }]) {
      const request = { input: 'And now?', conversation, max_output_tokens: 1 };
      expect(estimate(request, { strict: true })).toMatchObject({ promptTokens: 128_000, isUpperBound: true });
      expect(estimate(request).warnings.join()).toContain('conversation');
    }
  });

  it('counts an interaction that Google holds as the whole context window', () => {
    const request = { input: 'And now?', previous_interaction_id: 'v1_1', generation_config: { max_output_tokens: 1 } };
    expect(estimate(request, { strict: true })).toMatchObject({ promptTokens: 128_000, isUpperBound: true });
  });

  it('counts a thread that Anthropic holds as the whole context window', () => {
    const request = { ...hello, thread: { type: 'continue', previous_message_id: 'msg_1' }, max_tokens: 1 };
    expect(estimate(request, { strict: true })).toMatchObject({ promptTokens: 128_000, isUpperBound: true });
    expect(estimate({ ...request, thread: { type: 'create' } }, { strict: true }).promptTokens).toBeLessThan(200);
  });

  it.each([
    [
      'a picture in the request',
      { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    ],
    // A picture of 1,160 by 1,160 pixels in one colour takes 250 bytes.
    ["Anthropic's small picture", { content: [{ type: 'image', source: { type: 'base64', data: 'iVBORw0K' } }] }],
    ["Google's small picture", { parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0K' } }] }],
    ["Bedrock's small picture", { content: [{ image: { format: 'png', source: { bytes: 'iVBORw0K' } } }] }],
    ["Ollama's small picture", { content: 'What is this?', images: ['iVBORw0K'] }],
    ['a short sound', { content: [{ type: 'input_audio', input_audio: { data: 'UklGRg', format: 'wav' } }] }],
    ['a small file', { content: [{ type: 'input_file', file_data: 'JVBERi0' }] }],
    ['a file by its id', { content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
    ['an item of before', { content: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['thoughts of before', { content: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null }] }],
    ['what code of before wrote', { content: [{ type: 'code_interpreter_call', id: 'ci_1', outputs: null }] }],
    ['a picture of before', { content: [{ type: 'image_generation_call', id: 'ig_1' }] }],
    ['a picture of before that is given', { content: [{ type: 'image_generation_call', id: 'ig_1', result: 'AAAA' }] }],
  ])('counts %s as the whole context window', (_, message) => {
    const request = { messages: [{ role: 'user', ...message }], max_tokens: 1 };
    expect(estimate(request, { strict: true })).toMatchObject({ promptTokens: 128_000, isUpperBound: true });
  });

  it.each([
    ['the larger of two limits', { max_tokens: 10, max_completion_tokens: 1000 }, 1000, 1],
    [
      'the larger of two limits in different places',
      { generationConfig: { maxOutputTokens: 10 }, generation_config: { maxOutputTokens: 1000, candidateCount: 2 } },
      1000,
      2,
    ],
    ["Hugging Face's answers", { parameters: { max_new_tokens: 10, num_return_sequences: 3 } }, 10, 3],
    ['each of a list of prompts', { prompt: ['a', 'b', 'c'], max_tokens: 10 }, 10, 3],
    ['each list of tokens as a prompt', { prompt: [[1, 2], [3]], max_tokens: 10 }, 10, 2],
    ['a list of tokens as one', { prompt: [1, 2, 3], max_tokens: 10 }, 10, 1],
    ["Google's words in snake_case", { generation_config: { max_output_tokens: 10, candidate_count: 8 } }, 10, 8],
  ])('counts %s', (_, more, maxOutputTokens, answers) => {
    expect(estimate({ ...hello, ...more }, { strict: true })).toMatchObject({ maxOutputTokens, answers });
  });

  it("is at the tier that the request names, in each provider's words", () => {
    const opus = { provider: 'anthropic', model: 'claude-opus-4-8', strict: true };
    const request = { ...hello, max_tokens: 1000 };
    const usual = estimate(request, opus).costNanoUsd ?? 0n;
    const fast = estimate({ ...request, speed: 'fast', inference_geo: 'us' }, opus).costNanoUsd ?? 0n;
    expect(Number(fast) / Number(usual)).toBeGreaterThan(2.2);
    expect(estimate({ ...request, service_tier: 'standard_only' }, opus).costNanoUsd).toBeGreaterThan(0n);
    const bedrock = { provider: 'bedrock', model: 'us.amazon.nova-lite-v1:0', strict: true };
    expect(estimate({ ...request, serviceTier: { type: 'priority' } }, bedrock).costNanoUsd).toBeNull();
  });

  it('is at the usual price where that is dearer than the tier that is asked for, as it may be answered at it', () => {
    const request = { ...hello, max_tokens: 1000 };
    const options = { model: 'gpt-5-mini', strict: true } as const;
    // As long as the other, so that both have as many bytes.
    const usual = estimate({ ...request, service_tier: 'auto' }, options).costNanoUsd ?? 0n;
    expect(estimate({ ...request, service_tier: 'flex' }, options).costNanoUsd).toBe(usual);
    expect(
      Number(estimate({ ...request, service_tier: 'priority' }, options).costNanoUsd) / Number(usual),
    ).toBeGreaterThan(1.7);
    const [likely, flex] = [null, 'flex'].map((service_tier) =>
      Number(estimate({ ...request, service_tier }, { ...options, strict: false }).costNanoUsd),
    );
    expect(flex).toBe((likely ?? 0) / 2);
  });

  it.each([
    ['other models may answer', { models: ['openai/o1-pro'] }, 'gpt-4o'],
    ["Anthropic's other models may answer", { fallbacks: [{ model: 'claude-opus-4-8', max_tokens: 9000 }] }, 'gpt-4o'],
    ['whichever models Anthropic falls back to may answer', { fallbacks: 'default' }, 'gpt-4o'],
    [
      'Anthropic may sum up the conversation before',
      { context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'compact_20260112' }] } },
      'gpt-4o',
    ],
    ['it is the summing up', { compaction: { type: 'summarize' } }, 'gpt-4o'],
    [
      'OpenAI may sum it up before',
      { context_management: [{ type: 'compaction', compact_threshold: 9000 }] },
      'gpt-4o',
    ],
    ['the model searches by itself', {}, 'gpt-4o-search-preview'],
    ['there is no content that is known', { messages: undefined, requests: [] }, 'gpt-4o'],
    ['a file is at an address', { input: [{ type: 'input_file', file_url: 'https://example.com/a.pdf' }] }, 'nobody'],
  ])('is no upper bound where %s', (_, more, model) => {
    const estimated = estimate({ ...hello, max_tokens: 10, ...more }, { strict: true, model });
    expect(estimated.isUpperBound).toBe(false);
    expect(estimated.warnings.length).toBeGreaterThan(0);
  });

  it("leaves room for what a provider tells the model of the program's own tools", () => {
    const tools = [{ name: 'a', input_schema: { type: 'object' } }];
    const request = { ...hello, max_tokens: 10, tools };
    const estimated = estimate(request, { strict: true, provider: 'anthropic', model: 'claude-sonnet-4-5' });
    expect(estimated.promptTokens).toBeGreaterThan(JSON.stringify(request).length + 800);
  });

  it('of a reference to more than the window that a price goes beyond is no bound', () => {
    const request = { messages: [{ role: 'user', content: [{ type: 'file', file_id: 'f' }] }], max_tokens: 1 };
    const estimated = estimate(request, { strict: true, provider: 'anthropic', model: 'claude-sonnet-4-5' });
    expect(estimated.isUpperBound).toBe(false);
  });

  it('of a request that is nested without end is given up', () => {
    let nested: unknown = 'x';
    for (let depth = 0; depth < 20_000; depth++) nested = [nested];
    expect(() => estimate({ messages: nested, max_tokens: 1 }, { strict: true })).not.toThrow();
  });

  it('of a model that is not charged by tokens is not known', () => {
    const estimated = estimate({ input: 'x' }, { provider: 'openai', model: 'whisper-1', strict: true });
    expect(estimated).toMatchObject({ costNanoUsd: null, isUpperBound: false });
    expect(estimated.warnings.join()).toContain('hours of audio');
  });

  it('of an embedding has no answer to count', () => {
    const estimated = estimate({ input: 'some text' }, { model: 'text-embedding-3-small', strict: true });
    expect(estimated).toMatchObject({ maxOutputTokens: 0, outputLimitFrom: 'model', isUpperBound: true, warnings: [] });
  });

  const words = 'word '.repeat(100);
  it.each([
    ["Google's embeddings", { content: { parts: [{ text: words }] } }],
    ["a batch of Google's embeddings", { requests: [{ model: 'models/m', content: { parts: [{ text: words }] } }] }],
    ['Vertex', { instances: [{ content: words }] }],
    ["Cohere's embeddings", { texts: [words] }],
    ["Cohere's embeddings of texts and pictures", { inputs: [{ content: [{ type: 'text', text: words }] }] }],
    [
      "Cohere's first chat",
      { message: words.slice(250), chat_history: [{ role: 'USER', message: words.slice(0, 250) }] },
    ],
    ['Titan', { inputText: words }],
  ])('counts the words of a prompt in the form of %s', (_, request) => {
    const estimated = estimate(request, { model: 'text-embedding-3-small' });
    expect(estimated.promptTokens).toBeGreaterThanOrEqual(100);
    expect(estimated.promptTokens).toBeLessThan(110);
    expect(estimated.warnings).toEqual([]);
  });

  it.each([
    ['alone', {}],
    ['beside tools that are known', { tools: [{ type: 'function', function: { name: 'look' } }], system: 'Be brief.' }],
  ])('counts all of a request in a form that nobody knows, %s', (_, known) => {
    const estimated = estimate({ whatever: { says: words }, ...known }, { model: 'text-embedding-3-small' });
    expect(estimated.promptTokens).toBeGreaterThan(100);
    expect(estimated.warnings.join()).toContain('no content that is known');
  });

  it('sees pictures that are embedded, or stand beside a prompt', () => {
    const images = ['data:image/png;base64,AAAA'];
    const options = { provider: 'google', model: 'gemini-2.5-flash', strict: true } as const;
    for (const request of [{ images }, { prompt: 'What is it?', images: ['AAAA'] }]) {
      expect(estimate(request, options).promptTokens).toBe(1_048_576);
    }
  });

  it('can be asked as if the answer were limited otherwise', () => {
    const [ten, twenty] = [10, 20].map((answerTokens) => estimate({ ...hello, max_tokens: 500 }, { answerTokens }));
    expect([ten?.maxOutputTokens, twenty?.maxOutputTokens]).toEqual([10, 20]);
    expect((twenty?.costNanoUsd ?? 0n) > (ten?.costNanoUsd ?? 0n)).toBe(true);
  });

  it.each([-5, Number.NaN, 1.5])('ignores a declared limit of %d', (maxOutputTokens) => {
    expect(estimate(hello, { maxOutputTokens }).outputLimitFrom).toBe('model');
  });

  const schema = { type: 'object', properties: {} };
  it.each([
    ["OpenAI's chat", { tools: [{ type: 'function', function: { name: 'web_search_of_mine', parameters: {} } }] }],
    ["OpenAI's chat before it", { functions: [{ name: 'f', parameters: schema }] }],
    ["OpenAI's responses", { tools: [{ type: 'function', name: 'f', parameters: schema, strict: true }] }],
    ["OpenAI's free text", { tools: [{ type: 'custom', name: 'f', format: { type: 'text' } }] }],
    ['Anthropic', { tools: [{ name: 'f', input_schema: schema }] }],
    ['Anthropic, with a type', { tools: [{ type: 'custom', name: 'f', input_schema: schema }] }],
    ["Anthropic's schemas", { tools: [{ type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' }] }],
    ['Google', { tools: [{ functionDeclarations: [{ name: 'f' }] }] }],
    ["Google's Python", { tools: [{ function_declarations: [{ name: 'f' }] }] }],
    ['Bedrock', { toolConfig: { tools: [{ toolSpec: { name: 'f' } }, { cachePoint: { type: 'default' } }] } }],
    ["Cohere's first API", { tools: [{ name: 'f', description: 'x', parameter_definitions: {} }] }],
  ])('is one where the tools are the own ones of the program, in the words of %s', (_, tools) => {
    const estimated = estimate({ ...hello, max_tokens: 10, ...tools }, { strict: true });
    expect(estimated).toMatchObject({ isUpperBound: true, warnings: [] });
  });

  it('counts thoughts that are given by their bytes', () => {
    const thoughts = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA'.repeat(50) };
    const request = { input: [thoughts], max_output_tokens: 1 };
    expect(estimate(request, { strict: true }).promptTokens).toBe(JSON.stringify(request).length);
  });

  it('counts a document in plain text by its bytes', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'word '.repeat(100) };
    const request = { messages: [{ role: 'user', content: [{ type: 'document', source }] }], max_tokens: 1 };
    expect(estimate(request, { strict: true }).promptTokens).toBe(JSON.stringify(request).length);
    expect(estimate(request).promptTokens).toBeGreaterThan(100);
  });

  it('is no upper bound where nothing limits the answer', () => {
    expect(estimate(hello, { strict: true, provider: 'x-ai', model: 'grok-4.3' }).isUpperBound).toBe(false);
  });
});

it.each([[null], [[]], ['text'], [{}], [{ messages: null }], [{ messages: [[[[]]]], n: -1, max_tokens: 'x' }]])(
  'makes do with the request %j',
  (request) => {
    expect(estimate(request).answers).toBe(1);
  },
);
