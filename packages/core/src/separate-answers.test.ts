import { describe, expect, it } from 'vitest';
import { separateAnswers, separateStreams } from './separate-answers.js';
import { events, finish, usage, word } from './testing/event-streams.js';
import { isWithoutData, recordedResponses } from './testing/recorded-responses.js';

const chat = { id: 'a', model: 'gpt-5', usage: { prompt_tokens: 1, completion_tokens: 1 } };
const piece = (responseId: string | undefined, finishReason?: string) => ({
  candidates: [{ content: {}, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: 5 },
  ...(responseId && { responseId }),
});

describe('a list', () => {
  it('of responses is one answer for each', () => {
    expect(separateAnswers([chat, { ...chat, id: 'b' }, 'odd'])).toEqual([[chat], [{ ...chat, id: 'b' }], ['odd']]);
  });

  it('of the pieces of a stream of Google is one answer, whether they name it or not', () => {
    for (const id of ['r1', undefined]) {
      const pieces = [piece(id), piece(id), piece(id, 'STOP')];
      expect(separateAnswers(pieces)).toEqual([pieces]);
    }
  });

  it('of several answers of Google is one for each, whether they name it or not', () => {
    const named = [piece('r1'), piece('r1', 'STOP'), piece('r2'), piece('r2', 'STOP')];
    expect(separateAnswers(named)).toEqual([named.slice(0, 2), named.slice(2)]);
    const unnamed = [piece(undefined, 'STOP'), piece(undefined, 'MAX_TOKENS')];
    expect(separateAnswers(unnamed)).toEqual([[unnamed[0]], [unnamed[1]]]);
  });
});

describe('a text', () => {
  const first = events(word, finish, usage, '[DONE]');
  const ofAnother = (value: object) => ({ ...value, id: 'c2' });
  const message = (id: string) =>
    events({ type: 'message_start', message: { id } }, { type: 'ping' }, { type: 'message_stop' });
  const ollama = '{"model":"m","done":false}\n{"model":"m","done":true,"eval_count":5}\n';
  const google = (id: string) => events(piece(id), piece(id, 'STOP'));

  it.each([
    ['of chat', [first, events(word, finish, '[DONE]')]],
    ['of chat without a last event', [events(word, finish, usage), events(...[word, finish, usage].map(ofAnother))]],
    ['of Anthropic', [message('a'), message('b')]],
    ['of Anthropic, of which the first broke off', [events({ type: 'message_start', message: {} }), message('b')]],
    ['of Google', [google('r1'), google('r2')]],
    ['of Ollama', [ollama, ollama]],
    ['of several providers', [first, message('a'), google('r1')]],
    ['that came as arrays', ['[{"a": "]"}\n]', '\n[{}]']],
  ])('of streams %s is taken apart', (_, streams) => {
    expect(separateStreams(streams.join(''))).toEqual(streams);
  });

  it('of one stream stays whole with what gateways write behind its end', () => {
    for (const text of [
      `${message('a')}${events('[DONE]')}`,
      `${first}${events({ choices: [], cost: '0.001' })}: bye\n\n`,
      events(...[word, word, finish, usage].map((event, index) => ({ ...event, id: `own-${index}` }))),
      '[{"candidates":[{"content"',
    ]) {
      expect(separateStreams(text)).toEqual([text]);
    }
  });

  it.skipIf(isWithoutData)('of one recorded stream stays whole', () => {
    for (const { response } of recordedResponses) {
      if (typeof response === 'string') expect(separateStreams(response)).toHaveLength(1);
    }
  });
});
