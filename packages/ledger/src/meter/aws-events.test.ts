import { expect, test } from 'vitest';
import { answerReader } from './answer-reader.js';

/** As Bedrock writes it; the checksums are of no interest here. */
const frame = (name: string, payload: unknown) => framed({ ':event-type': name, ':message-type': 'event' }, payload);
const exception = (name: string, payload: unknown) =>
  framed({ ':exception-type': name, ':message-type': 'exception' }, payload);

function framed(names: Record<string, string>, payload: unknown): Buffer {
  const text = (value: string) => [Buffer.from([7, value.length >> 8, value.length & 255]), Buffer.from(value)];
  const header = (key: string, value: string) => [Buffer.from([key.length]), Buffer.from(key), ...text(value)];
  const headers = Buffer.concat(
    Object.entries({ ':content-type': 'application/json', ...names }).flatMap(([key, value]) => header(key, value)),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(12 + headers.length + body.length + 4, 0);
  prelude.writeUInt32BE(headers.length, 4);
  return Buffer.concat([prelude, headers, body, Buffer.alloc(4)]);
}

const converse = [
  frame('messageStart', { role: 'assistant', p: 'abc' }),
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Größe' }, p: 'abcdef' }),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', {
    metrics: { latencyMs: 600 },
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 19, cacheReadInputTokens: 4 },
  }),
];

const said = (event: unknown) =>
  frame('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefgh' });
const invoke = [
  said({
    type: 'message_start',
    message: { id: 'm', model: 'claude-3-5-haiku-20241022', usage: { input_tokens: 10, output_tokens: 1 } },
  }),
  said({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Größe' } }),
  said({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }),
  said({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 10, outputTokenCount: 5 } }),
];

/** Of a model that tells no usage itself. */
const mistral = [
  ...Array.from({ length: 12 }, () => said({ outputs: [{ text: 'Größe', stop_reason: null }] })),
  said({
    outputs: [{ text: '', stop_reason: 'stop' }],
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 10, outputTokenCount: 5, firstByteLatency: 200 },
  }),
];

async function readingOf(bytes: Buffer, size: number) {
  const reader = answerReader({ contentType: 'application/vnd.amazon.eventstream', contentEncoding: null });
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return await reader.end();
}

test.each([
  ['converse-stream', converse, { promptTokens: 14, cachedPromptTokens: 4, completionTokens: 5 }],
  ['invoke-with-response-stream', invoke, { promptTokens: 10, completionTokens: 5 }],
  ['stream of a model that tells no usage', mistral, { promptTokens: 10, completionTokens: 5 }],
])('a %s is read as it says, wherever its bytes are cut', async (_, frames, tokens) => {
  const bytes = Buffer.concat(frames);
  for (const size of [1, 7, 100, bytes.length]) {
    const { reading, received } = await readingOf(bytes, size);
    expect(reading.usage.tokens, String(size)).toMatchObject(tokens);
    expect([reading.isPartial, received]).toEqual([false, '']);
  }
});

test('one that breaks off is partial, and what came of its text is kept', async () => {
  for (const [frames, kept] of [
    [converse, 2],
    [invoke, 2],
  ] as const) {
    const cut = frames[kept] as Buffer;
    const { reading, received } = await readingOf(Buffer.concat([...frames.slice(0, kept), cut.subarray(0, 20)]), 50);
    expect(reading.isPartial).toBe(true);
    expect(received).toContain('Größe');
  }
});

test.each([
  ['no frame', Buffer.from('{"message":"The security token is invalid"}')],
  ['a length that cannot be', Buffer.alloc(64, 0)],
  ['headers of no string', Buffer.concat([frame('metadata', {}).subarray(0, 12), Buffer.alloc(200, 9)])],
])('%s says nothing, and does no harm', async (_, bytes) => {
  const { reading } = await readingOf(Buffer.concat([bytes, ...converse]), 11);
  expect(reading.usage.tokens).toBeNull();
});

test('one that is only an error says so', async () => {
  const { reading, received } = await readingOf(exception('throttlingException', { message: 'Too many' }), 30);
  const data = 'data: {"error":{"message":"Too many","type":"throttlingException"}}\n\n';
  expect([reading.error, received]).toEqual(['Too many', data]);
});
