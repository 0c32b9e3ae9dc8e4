import { describe, expect, it } from 'vitest';
import { readResponse } from './read-response.js';
import { type ResponseStreamOptions, responseStream } from './response-stream.js';
import { events, finish, usage, word } from './testing/event-streams.js';

function read(text: string, options?: ResponseStreamOptions) {
  const stream = responseStream(options);
  stream.push(text);
  return stream.end();
}

/** The text in two pieces, cut at every byte. */
function readInTwo(text: string) {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes.keys(), (cut) => {
    const stream = responseStream();
    stream.push(bytes.subarray(0, cut));
    stream.push(bytes.subarray(cut));
    return stream.end();
  });
}

const told = { promptTokens: 12, completionTokens: 5 };

describe('an event stream', () => {
  const text = events(word, word, finish, usage, '[DONE]');

  it('is read the same however its bytes are cut, inside a character too', () => {
    const whole = read(text);
    expect(whole).toMatchObject({ id: 'c1', model: 'gpt-5', isPartial: false, usage: { tokens: told } });
    for (const reading of readInTwo(text)) expect(reading).toEqual(whole);
  });

  it('may have comments, other fields, any line end, and data in several lines', () => {
    const lines = [
      ': OPENROUTER PROCESSING',
      '',
      'event: chunk',
      'id: 7',
      'data: {"id":"c1","model":"gpt-5",',
      'data:"choices":[{"finish_reason":"stop"}],',
      'data: "usage":{"prompt_tokens":12,"completion_tokens":5}}',
      'retry: 10',
      '',
      '',
      'data: [DONE]',
      '',
      '',
    ];
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      for (const start of ['', '\ufeff', lineEnd + lineEnd]) {
        for (const reading of readInTwo(start + lines.join(lineEnd))) {
          expect(reading).toMatchObject({ id: 'c1', isPartial: false, usage: { tokens: told } });
        }
      }
    }
  });

  it('counts an event at its end that lacks the blank line, and none that is cut off', () => {
    expect(read(text.slice(0, text.indexOf('data: [DONE]')).trimEnd())).toMatchObject({ usage: { tokens: told } });
    const cut = read(text.slice(0, text.indexOf('"completion_tokens"') + 21));
    expect(cut).toMatchObject({ isPartial: true, rawUsage: null, usage: { tokens: null } });
  });

  it('goes on after an event of broken JSON', () => {
    expect(read(events(word, '{"usage": {broken', usage, '[DONE]'))).toMatchObject({ usage: { tokens: told } });
  });

  it('with several usages is one call, never their sum, and zeros take nothing away', () => {
    const early = { ...word, usage: { prompt_tokens: 12, completion_tokens: 1 } };
    const zeros = { ...finish, usage: { prompt_tokens: 0, completion_tokens: 0 } };
    expect(read(events(early, early, usage, zeros, '[DONE]')).usage.tokens).toMatchObject(told);
  });

  it('names its model, its tier and its error wherever they come', () => {
    const filter = { id: '', model: '', choices: [], prompt_filter_results: [] };
    const tiered = { ...word, service_tier: 'auto' };
    const read3 = read(events(filter, tiered, { ...usage, service_tier: 'default' }, { error: { message: 'Lost.' } }));
    expect(read3).toMatchObject({ id: 'c1', model: 'gpt-5', usage: { serviceTier: 'default' }, error: 'Lost.' });
    expect(read('event: error\ndata: {"message":"Lost."}\n\n')).toMatchObject({ error: 'Lost.', isPartial: true });
  });
});

describe('the words that tell', () => {
  it('are found however the server writes its JSON', () => {
    const spaced = events(
      ...[word, word, word, finish, usage].map((event) => JSON.stringify(event, null, 1).replaceAll('\n', '')),
    );
    expect(read(spaced)).toMatchObject({ isPartial: false, usage: { tokens: told } });
  });

  it('in an answer say nothing', () => {
    const content = '{"usage":{"prompt_tokens":999,"completion_tokens":999}} [DONE] message_stop "error": "done": true';
    const chatty = { ...word, choices: [{ delta: { content } }] };
    expect(read(events(chatty, chatty))).toMatchObject({ isPartial: true, rawUsage: null, error: null });
  });
});

describe("Anthropic's stream", () => {
  const start = { input_tokens: 690, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 8 };
  const message = { id: 'msg_1', model: 'claude', usage: { ...start, service_tier: 'standard' } };
  const delta = {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 3042, output_tokens: 354 },
  };
  const text = events({ type: 'message_start', message }, { type: 'ping' }, delta, { type: 'message_stop' });

  it('tells its input again at the end, which replaces what it told first', () => {
    expect(read(text)).toMatchObject({
      id: 'msg_1',
      model: 'claude',
      isPartial: false,
      usage: { tokens: { promptTokens: 3042, completionTokens: 354 }, serviceTier: 'standard' },
    });
  });

  it('tells at its end alone who answered with which usage, where the model that was asked declined', () => {
    const iterations = [
      { type: 'message', model: 'claude-fable-5', input_tokens: 2, cache_read_input_tokens: 10, output_tokens: 40 },
      { type: 'fallback_message', model: 'claude-opus-4-8', input_tokens: 12, output_tokens: 5 },
    ];
    const asked = { input_tokens: 2, cache_read_input_tokens: 10, cache_creation_input_tokens: 0, output_tokens: 7 };
    const answered = { input_tokens: 12, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 5 };
    const text = events(
      { type: 'message_start', message: { id: 'm1', model: 'claude-fable-5', usage: asked } },
      { type: 'message_delta', delta: {}, usage: { ...answered, iterations } },
      { type: 'message_stop' },
    );
    expect(read(text)).toMatchObject({
      model: 'claude-opus-4-8',
      usage: { tokens: { ...told, cachedPromptTokens: 0, details: { otherModelTokens: 52 } } },
    });
  });

  it('that is aborted has told its input already', () => {
    expect(read(text.slice(0, text.indexOf('data: {"type":"message_delta"')))).toMatchObject({
      isPartial: true,
      usage: { tokens: { promptTokens: 690, completionTokens: 8 } },
    });
    expect(read(text.slice(0, text.indexOf('data: {"type":"message_stop"')))).toMatchObject({ isPartial: true });
  });
});

describe('lines of JSON', () => {
  const line = (value: unknown) => `${JSON.stringify(value)}\n`;
  const first = { model: 'qwen3', message: { content: 'Hé' }, done: false };
  const last = { model: 'qwen3', message: { content: '' }, done: true, prompt_eval_count: 26, eval_count: 298 };
  const text = line(first) + line(first) + line(last);

  it('are one stream', () => {
    const expected = {
      model: 'qwen3',
      isPartial: false,
      usage: { tokens: { promptTokens: 26, completionTokens: 298 } },
    };
    for (const reading of [...readInTwo(text), read(text.trimEnd()), read(text.replaceAll('\n', '\r\n'))]) {
      expect(reading).toMatchObject(expected);
    }
  });

  it('that break off are partial, be it after the first', () => {
    for (const part of [line(first), line(first).trimEnd(), line(first) + line(first), text.slice(0, -5)]) {
      expect(read(part)).toMatchObject({ isPartial: true, rawUsage: null });
    }
  });
});

describe('a JSON document', () => {
  const document = { id: 'c1', model: 'gpt-5', choices: [{ message: { content: 'é\n"{' } }], usage: usage.usage };

  it.each([
    ['in one line', JSON.stringify(document)],
    ['in many', JSON.stringify(document, null, 2)],
    ['with a line end', `\r\n ${JSON.stringify(document)}\r\n\r\n`],
    ['that is but a usage', `${JSON.stringify(usage.usage)}\n`],
  ])('%s is read as it would be parsed', (_, text) => {
    for (const reading of readInTwo(text)) expect(reading).toEqual(readResponse(JSON.parse(text)));
  });

  it('that is cut off or broken tells nothing', () => {
    const text = JSON.stringify(document, null, 2);
    for (const cut of [1, 20, text.length - 1]) {
      expect(read(text.slice(0, cut))).toMatchObject({ isPartial: true, rawUsage: null, id: null });
    }
    expect(read(`${text}}`)).toMatchObject({ isPartial: true, rawUsage: null });
  });
});

describe('a JSON array of events', () => {
  const element = (candidatesTokenCount: number, finishReason?: string) => ({
    candidates: [{ content: { parts: [{ text: 'a ] } \\ " é' }] }, finishReason }],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount },
    modelVersion: 'gemini',
  });
  const text = JSON.stringify([element(1), element(5), element(9, 'STOP')], null, 2);

  it('is read the same however it is cut in two', () => {
    for (const reading of readInTwo(text)) expect(reading).toEqual(readResponse(JSON.parse(text)));
  });

  it('that is cut off counts the elements that are whole', () => {
    expect(read(text.slice(0, text.lastIndexOf('9')))).toMatchObject({
      isPartial: true,
      model: 'gemini',
      usage: { tokens: { promptTokens: 4, completionTokens: 5 } },
    });
  });
});

describe('what is longer than the limit', () => {
  const long = { ...word, choices: [{ delta: { content: 'x'.repeat(5000) } }] };
  const options = { maxEventLength: 1000 };

  it('is dropped from a stream, which is read on and counts as partial', () => {
    for (const text of [events(word, long, usage, '[DONE]'), JSON.stringify([word, long, usage])]) {
      expect(read(text, options)).toMatchObject({ isPartial: true, usage: { tokens: told } });
    }
    const lines = [word, long, usage].map((value) => JSON.stringify(value)).join('\n');
    expect(read(lines, options)).toMatchObject({ isPartial: true, usage: { tokens: told } });
  });

  it('is nothing as a document', () => {
    for (const space of [0, 2]) {
      expect(read(JSON.stringify(long, null, space), options)).toMatchObject({ isPartial: true, id: null });
    }
  });
});

describe('reading so far', () => {
  it('tells what whole events told, and changes nothing', () => {
    const stream = responseStream();
    expect(stream.reading()).toMatchObject({ isPartial: true, rawUsage: null });
    stream.push(events(word, finish, usage).trimEnd());
    expect(stream.reading()).toMatchObject({ id: 'c1', isPartial: true, rawUsage: null });
    stream.push('\n\n');
    expect(stream.reading()).toMatchObject({ isPartial: false, usage: { tokens: told } });
    const last = stream.end();
    stream.push(events({ ...usage, usage: { prompt_tokens: 999 } }));
    expect(stream.end()).toBe(last);
    expect(stream.reading()).toBe(last);
  });

  it('takes bytes and text in turns', () => {
    const stream = responseStream();
    const [first, second] = [events(word), events(usage, '[DONE]')];
    stream.push(new TextEncoder().encode(first));
    stream.push(second);
    expect(stream.end()).toMatchObject({ id: 'c1', isPartial: false, usage: { tokens: told } });
  });
});

it("a document of OpenAI's images tells tokens of a picture, unless its usage says which of them are words", () => {
  const document = { data: [{ b64_json: 'aa' }], usage: { input_tokens: 50, output_tokens: 1050, total_tokens: 1100 } };
  const tokensOf = (body: unknown) => readResponse(body).usage.tokens;
  expect(tokensOf(document)).toMatchObject({ completionTokens: 1050, details: { imageCompletionTokens: 1050 } });
  const told = { ...document.usage, output_tokens_details: { image_tokens: 1000, text_tokens: 50 } };
  expect(tokensOf({ ...document, usage: told })).toMatchObject({ details: { imageCompletionTokens: 1000 } });
  expect(tokensOf({ ...document, data: [{ embedding: [1] }] })?.details).toBeUndefined();
});

it("of OpenAI's images tells tokens of a picture, though its usage does not say so", () => {
  const counts = { input_tokens: 50, output_tokens: 1050, input_tokens_details: { image_tokens: 40, text_tokens: 10 } };
  for (const kind of ['image_generation', 'image_edit']) {
    const partial = { type: `${kind}.partial_image`, b64_json: 'aa' };
    const { isPartial, usage: reading } = read(
      events(partial, { type: `${kind}.completed`, b64_json: 'aa', usage: counts }),
    );
    expect(isPartial).toBe(false);
    expect(reading.tokens).toMatchObject({
      completionTokens: 1050,
      details: { imagePromptTokens: 40, imageCompletionTokens: 1050 },
    });
  }
});
