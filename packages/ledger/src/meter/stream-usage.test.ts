import { describe, expect, test } from 'vitest';
import { askingForUsage, lacksUsage, usageHider } from './stream-usage.js';

const asked = [
  ': keep-alive\n\n',
  'data: {"id":"1","choices":[{"delta":{"content":"a \\"usage\\":null b"}}],"usage":null}\n\n',
  'data: {"id":"1","choices":[{"delta":{"content":"é\u{1f600}"}}],"usage":null}\r\n\r\n',
  'data: {"id":"1","choices":[],"prompt_filter_results":[{"usage":"none"}]}\n\n',
  'data: {"id":"1","choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n',
  'data: {"id":"1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
  'data: [DONE]\n\n',
];
const shown = [
  ': keep-alive\n\n',
  'data: {"id":"1","choices":[{"delta":{"content":"a \\"usage\\":null b"}}]}\n\n',
  'data: {"id":"1","choices":[{"delta":{"content":"é\u{1f600}"}}]}\r\n\r\n',
  'data: {"id":"1","choices":[],"prompt_filter_results":[{"usage":"none"}]}\n\n',
  'data: {"id":"1","choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n',
  'data: [DONE]\n\n',
].join('');

function through(chunks: readonly Buffer[]): string {
  const filter = usageHider();
  return Buffer.concat([...chunks.map((chunk) => filter.push(chunk)), filter.end()]).toString();
}

describe('hiding usage that the program did not ask for', () => {
  const bytes = Buffer.from(asked.join(''));

  test('leaves everything else as it was, wherever the stream is cut', () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(through([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toBe(shown);
    }
    expect(through([...bytes].map((byte) => Buffer.from([byte])))).toBe(shown);
  });

  test('hands an event on as soon as it is complete', () => {
    const filter = usageHider();
    const [first = ''] = asked;
    expect(filter.push(Buffer.from(`${first}data: {"ch`)).toString()).toBe(first);
    expect(filter.push(Buffer.from('oices":[1]}\n')).toString()).toBe('');
    expect(filter.push(Buffer.from('\n')).toString()).toBe('data: {"choices":[1]}\n\n');
  });

  test('hands on an event without an end, and one that is too long to be looked at', () => {
    const long = `data: {"choices":[],"usage":{"x":"${'y'.repeat(3_000_000)}"}}\n\n`;
    const pieces = Array.from({ length: 40 }, (_, index) =>
      Buffer.from(long.slice(index * 100_000, (index + 1) * 100_000)),
    );
    expect(through([...pieces, Buffer.from('data: {"choices":[1]')])).toBe(`${long}data: {"choices":[1]`);
  });

  test('hides the count also when the blank line after it never came', () => {
    expect(through([Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1}}')])).toBe('');
  });
});

test('usage is asked for where a stream of this dialect would have none', () => {
  const stream = { stream: true };
  expect(lacksUsage(stream, 'openai_chat', 'openai')).toBe(true);
  expect(lacksUsage({ stream: true, stream_options: { include_usage: false } }, 'openai_chat', 'x-ai')).toBe(true);
  expect(lacksUsage({ stream: true, stream_options: { include_usage: true } }, 'openai_chat', 'openai')).toBe(false);
  expect(lacksUsage({ stream: false }, 'openai_chat', 'openai')).toBe(false);
  expect(lacksUsage(stream, 'openai_responses', 'openai')).toBe(false);
  expect(lacksUsage(stream, 'openai_chat', 'mistral')).toBe(false);
  expect(askingForUsage({ stream_options: { other: 1 }, model: 'm' })).toEqual({
    model: 'm',
    stream_options: { other: 1, include_usage: true },
  });
});

test('OpenRouter is not asked for what it tells every program, so that nothing of it is hidden', () => {
  for (const body of [{ stream: true }, { stream: true, usage: { include: true } }]) {
    expect(lacksUsage(body, 'openai_chat', 'openrouter')).toBe(false);
  }
});
