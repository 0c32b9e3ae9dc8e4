import { expect, test } from 'vitest';
import { withOutputLimit } from './output-limit.js';

test('every limit that a request has is lowered and none is raised', () => {
  expect(withOutputLimit({ max_tokens: 500, max_completion_tokens: 20 }, 100, 'openai_chat', 'openai')).toEqual({
    max_tokens: 100,
    max_completion_tokens: 20,
  });
  const google = { contents: [], generationConfig: { maxOutputTokens: 500, temperature: 1 } };
  expect(withOutputLimit(google, 100, 'google', 'google')).toEqual({
    contents: [],
    generationConfig: { maxOutputTokens: 100, temperature: 1 },
  });
  expect(google.generationConfig.maxOutputTokens).toBe(500);
});

test('where there is none one is put in, by the name of the dialect', () => {
  expect(withOutputLimit({}, 7, 'openai_chat', 'openai')).toEqual({ max_completion_tokens: 7 });
  expect(withOutputLimit({}, 7, 'openai_chat', 'groq')).toEqual({ max_tokens: 7 });
  expect(withOutputLimit({}, 7, 'openai_responses', 'openai')).toEqual({ max_output_tokens: 7 });
  expect(withOutputLimit({ generationConfig: { topK: 1 } }, 7, 'google', 'google')).toEqual({
    generationConfig: { topK: 1, maxOutputTokens: 7 },
  });
  expect(withOutputLimit({ options: { seed: 1 } }, 7, 'ollama', 'ollama')).toEqual({
    options: { seed: 1, num_predict: 7 },
  });
  expect(withOutputLimit({}, 7, 'bedrock', 'aws')).toEqual({ inferenceConfig: { maxTokens: 7 } });
});
