import { describe, expect, it } from 'vitest';
import { responseStream } from './response-stream.js';
import { events, finish, usage, word } from './testing/event-streams.js';

function read(text: string) {
  const stream = responseStream();
  stream.push(text);
  return stream.end();
}

describe('the end of a stream', () => {
  it.each([
    ['a finish_reason and usage after it', false, [word, finish, usage]],
    ['a finish_reason with usage', false, [word, { ...finish, usage: usage.usage }]],
    ['a finish_reason, the usage perhaps lost', true, [word, finish]],
    ['usage before a finish_reason alone', true, [{ ...word, usage: usage.usage }, word]],
    ['[DONE] without any usage', false, [word, finish, '[DONE]']],
    ['a failed response', false, [{ type: 'response.failed', response: { usage: null } }]],
    ['a cancelled response', false, [word, word, { type: 'response.cancelled', response: { id: 'r' } }]],
    ['an incomplete response', false, [{ type: 'response.incomplete', response: {} }]],
    ['a response in progress', true, [{ type: 'response.in_progress', response: { usage: null } }]],
    ['a finishReason of Google', false, [{ candidates: [{ finishReason: 'STOP' }] }]],
    ['a prompt that Google refuses', false, [{ promptFeedback: { blockReason: 'SAFETY' } }]],
    ['Google going on', true, [{ candidates: [{ index: 0 }], usageMetadata: { promptTokenCount: 1 } }]],
    ['the end of a message of Cohere', false, [{ type: 'message-end', delta: {} }]],
    ["the end of Google's interaction", false, [{ event_type: 'interaction.completed', interaction: { id: 'v1' } }]],
    ['one of its steps', true, [{ event_type: 'step.delta', delta: { type: 'text', text: 'a' } }]],
    ['the end of a transcription', false, [{ type: 'transcript.text.done', text: 'a', usage: { input_tokens: 1 } }]],
    ['one going on', true, [{ type: 'transcript.text.delta', delta: 'a' }]],
    ['the end of what is spoken', false, [{ type: 'speech.audio.done', usage: { input_tokens: 1 } }]],
    ['a picture', false, [{ type: 'image_generation.completed', b64_json: 'aa', usage: { input_tokens: 1 } }]],
    ['a picture on its way', true, [{ type: 'image_generation.partial_image', b64_json: 'aa' }]],
  ])('%s: partial is %s', (_, isPartial, data) => {
    expect(read(events(...data)).isPartial).toBe(isPartial);
  });

  it('is in doubt where the stream ends inside an event', () => {
    expect(read(`${events(word, finish, usage)}data: {"id":"c`).isPartial).toBe(true);
    expect(read(`${events(word, finish, usage)}: ping`).isPartial).toBe(false);
  });

  it('of nothing at all is not an end', () => {
    for (const text of ['', ' \n', '<html>Bad gateway</html>']) {
      expect(read(text)).toMatchObject({ isPartial: true, rawUsage: null, id: null });
    }
  });
});
