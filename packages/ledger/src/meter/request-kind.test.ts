import { expect, test } from 'vitest';
import { dialectOf } from './dialect.js';
import { requestKind } from './request-kind.js';

test.each([
  ['/v1/chat/completions', 'call', 'openai_chat'],
  ['/v1/responses', 'call', 'openai_responses'],
  ['/v1/embeddings', 'call', 'other'],
  ['/v1/messages?beta=true', 'call', 'anthropic'],
  ['/v1beta/models/gemini-2.5-flash:generateContent', 'call', 'google'],
  ['/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse', 'call', 'google'],
  ['/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent', 'call', 'google'],
  ['/openai/v1/chat/completions', 'call', 'openai_chat'],
  ['/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21', 'call', 'openai_chat'],
  ['/model/us.amazon.nova-lite-v1%3A0/converse', 'call', 'bedrock'],
  ['/v2/chat', 'call', 'cohere'],
  ['/api/chat', 'call', 'ollama'],
  ['/something/nobody/knows', 'call', 'other'],
  ['/v1/audio/transcriptions', 'call', 'other'],
  ['/openai/deployments/moderations/chat/completions', 'call', 'openai_chat'],
  ['/openai/deployments/batch/chat/completions?api-version=1', 'call', 'openai_chat'],
  ['/v1beta/tunedModels/mine:generateContent', 'call', 'google'],
  ['/v1/files', 'free', 'other'],
  ['/v1/uploads/upload_1/parts', 'free', 'other'],
  ['/upload/v1beta/files?uploadType=resumable', 'free', 'other'],
  ['/v1/messages/count_tokens', 'free', 'anthropic'],
  ['/v1beta/models/gemini-2.5-flash:countTokens', 'free', 'other'],
  ['/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens', 'free', 'other'],
  ['/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict', 'free', 'other'],
  ['/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:rawPredict', 'call', 'other'],
  ['/v1/tokenize-text', 'free', 'other'],
  ['/api/show', 'free', 'other'],
  ['/api/pull', 'free', 'other'],
  ['/api/blobs/sha256:29fdb92e57cf0827ded04ae6461b5931d01fa595843f55d36f5b275a52087dd2', 'free', 'other'],
  ['/api/generate', 'call', 'ollama'],
  ['/v1/responses/resp_1/cancel', 'free', 'openai_responses'],
  ['/v1/responses/input_tokens', 'free', 'openai_responses'],
  ['/v1/batches', 'deferred', 'other'],
  ['/v1/messages/batches', 'deferred', 'anthropic'],
  ['/v1beta/models/gemini-2.5-flash:batchGenerateContent', 'deferred', 'other'],
  ['/v1beta/models/gemini-embedding-001:asyncBatchEmbedContent', 'deferred', 'google'],
  ['/v1/projects/p/locations/l/batchPredictionJobs', 'deferred', 'other'],
  ['/v1/embed-jobs', 'deferred', 'other'],
  ['/v1/fine_tuning/jobs', 'deferred', 'other'],
  ['/v1/threads/t/runs', 'deferred', 'other'],
] as const)('POST %s is a %s in the dialect %s', (path, kind, dialect) => {
  expect(requestKind('POST', path, '')).toBe(kind);
  expect(dialectOf('', path)).toBe(dialect);
  expect(requestKind('GET', path, '')).toBe('free');
});

test('where the path does not tell the dialect, the provider does', () => {
  expect(dialectOf('anthropic', '/something')).toBe('anthropic');
  expect(dialectOf('cohere', '/v1/chat/completions')).toBe('openai_chat');
});

test("OpenAI's conversations only keep what was said, and others' answer", () => {
  for (const path of ['/v1/conversations', '/v1/conversations/conv_1/items']) {
    expect(requestKind('POST', path, 'openai')).toBe('free');
    expect(requestKind('POST', path, 'mistral')).toBe('deferred');
  }
  expect(requestKind('POST', '/openai/deployments/conversations/chat/completions', 'azure')).toBe('call');
});
