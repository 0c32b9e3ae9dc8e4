import { expect, test } from 'vitest';
import { withOutputLimit } from './output-limit.js';

test('every limit that a request has is lowered and none is raised', () => {
  expect(
    withOutputLimit({ max_tokens: 500, max_completion_tokens: 20 }, 100, 'openai', '/v1/chat/completions'),
  ).toEqual({
    max_tokens: 100,
    max_completion_tokens: 20,
  });
  const google = { contents: [], generationConfig: { maxOutputTokens: 500, temperature: 1 } };
  expect(withOutputLimit(google, 100, 'google', '/v1beta/models/m:generateContent')).toEqual({
    contents: [],
    generationConfig: { maxOutputTokens: 100, temperature: 1 },
  });
  expect(google.generationConfig.maxOutputTokens).toBe(500);
});

test.each([
  ['Llama', { max_gen_len: 500 }, { max_gen_len: 100 }],
  ['Nova', { inferenceConfig: { max_new_tokens: 500 } }, { inferenceConfig: { max_new_tokens: 100 } }],
  ['Titan', { textGenerationConfig: { maxTokenCount: 500 } }, { textGenerationConfig: { maxTokenCount: 100 } }],
])('the limit of %s, in its own words on Bedrock, is lowered', (_, body, limited) => {
  expect(withOutputLimit(body, 100, 'aws', '/model/m/invoke')).toEqual(limited);
});

test('where there is none one is put in, by the name of the dialect', () => {
  expect(withOutputLimit({}, 7, 'openai', '/v1/chat/completions')).toEqual({ max_completion_tokens: 7 });
  expect(withOutputLimit({}, 7, 'groq', '/v1/chat/completions')).toEqual({ max_tokens: 7 });
  expect(withOutputLimit({}, 7, 'azure', '/openai/deployments/d/chat/completions?api-version=1')).toEqual({
    max_completion_tokens: 7,
  });
  expect(withOutputLimit({}, 16, 'openai', '/v1/responses')).toEqual({ max_output_tokens: 16 });
  expect(withOutputLimit({ generationConfig: { topK: 1 } }, 7, 'google', '/v1beta/models/m:generateContent')).toEqual({
    generationConfig: { topK: 1, maxOutputTokens: 7 },
  });
  expect(withOutputLimit({ options: { seed: 1 } }, 7, 'ollama', '/api/chat')).toEqual({
    options: { seed: 1, num_predict: 7 },
  });
  expect(withOutputLimit({}, 7, 'aws', '/model/m/converse')).toEqual({ inferenceConfig: { maxTokens: 7 } });
});

test.each([
  ['pictures', {}, 'openai', '/v1/images/generations'],
  ['speech', {}, 'openai', '/v1/audio/speech'],
  ['a model of Bedrock in its own words', { prompt: 'Once' }, 'aws', '/model/meta.llama3-70b-instruct-v1%3A0/invoke'],
  [
    'a prediction of Vertex',
    { instances: [] },
    'google',
    '/v1/projects/p/locations/l/publishers/google/models/m:predict',
  ],
  ['a reranking', { query: 'x' }, 'cohere', '/v2/rerank'],
  ['thinking that is longer', { max_tokens: 16, thinking: { budget_tokens: 10 } }, 'anthropic', '/v1/messages'],
  [
    'thinking that is longer, on Bedrock',
    { inferenceConfig: { maxTokens: 16 }, additionalModelRequestFields: { thinking: { budget_tokens: 10 } } },
    'aws',
    '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
  ],
  ["a response of OpenAI's to so few tokens", { max_output_tokens: 500 }, 'openai', '/v1/responses'],
])('%s cannot be limited: the provider would refuse it', (_, body, provider, path) => {
  expect(withOutputLimit(body, 7, provider, path)).toBeNull();
});

test('thinking that is shorter than the limit, or spread over several answers, leaves a limit', () => {
  const thinking = { budget_tokens: 10 };
  const limited = (max_tokens: number, tokens: number) =>
    withOutputLimit({ max_tokens, thinking }, tokens, 'anthropic', '/v1/messages');
  expect(limited(20, 11)).toEqual({ max_tokens: 11, thinking });
  expect(limited(9, 7)).toEqual({ max_tokens: 7, thinking });
});

test("OpenAI's completions, which were there before its chat, know only max_tokens", () => {
  expect(withOutputLimit({ prompt: 'Once' }, 7, 'openai', '/v1/completions')).toEqual({
    prompt: 'Once',
    max_tokens: 7,
  });
  expect(withOutputLimit({}, 7, 'azure', '/openai/deployments/d/completions?api-version=1')).toEqual({ max_tokens: 7 });
});

test("no limit is put in that is longer than what OpenAI's completions give unasked", () => {
  expect(withOutputLimit({ prompt: 'Once' }, 4999, 'openai', '/v1/completions')).toEqual({
    prompt: 'Once',
    max_tokens: 16,
  });
  const asked = { prompt: 'Once', max_tokens: 500 };
  expect(withOutputLimit(asked, 4999, 'openai', '/v1/completions')).toEqual(asked);
  expect(withOutputLimit({}, 4999, 'openai', '/v1/chat/completions')).toEqual({ max_completion_tokens: 4999 });
  expect(withOutputLimit({}, 4999, 'deepseek', '/beta/completions')).toEqual({ max_tokens: 4999 });
});
