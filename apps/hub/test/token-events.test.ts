import { buildTokenEvent } from '@budget/hub-client';
import { describe, expect, it } from 'vitest';
import { MAX_EVENTS } from '../src/received-events.js';
import { asked, hubAtWork } from './hub-at-work.js';
import { modelPart, tokenEvent } from './token-events.js';

describe('an event', () => {
  it('is accepted once, and a duplicate from then on', async () => {
    const hub = await hubAtWork();
    expect(await hub.post(tokenEvent())).toMatchObject({ status: 200, body: { accepted: 1, duplicates: 0 } });
    expect(await hub.post(tokenEvent())).toMatchObject({ status: 200, body: { accepted: 0, duplicates: 1 } });
    expect((await hub.summary()).body.totals).toMatchObject({ runs: 1, calls: 3, cost_nano_usd: 1_310_000 });
  });

  it('is another one under another id or source, and the first of the same stays', async () => {
    const hub = await hubAtWork();
    await hub.post([tokenEvent(), tokenEvent({ id: 'run-2' }), tokenEvent({ source: 'urn:budget:elsewhere' })]);
    await hub.post(tokenEvent({ calls: 9 }));
    expect((await hub.summary()).body.totals).toMatchObject({ runs: 3, calls: 9 });
  });

  it('is accepted once, however long and unlike each other its names are', async () => {
    const hub = await hubAtWork();
    const long = (length: number, nth: number) =>
      Array.from({ length }, (_, at) => String.fromCharCode(0x4e00 + ((at * 7919 + nth * 4099) % 20_000))).join('');
    const names = { id: long(256, 1), workspace: long(256, 2), infospace_slug: long(256, 3) };
    const events = [tokenEvent({ ...names, source: long(2400, 4) }), tokenEvent({ ...names, source: long(2400, 5) })];
    expect(await hub.post(events)).toMatchObject({ status: 200, body: { accepted: 2, duplicates: 0 } });
    expect(await hub.post(events)).toMatchObject({ status: 200, body: { accepted: 0, duplicates: 2 } });
  });

  it('that many send at the same time counts once', async () => {
    const hub = await hubAtWork();
    const events = Array.from({ length: 10 }, (_, index) => tokenEvent({ id: `run-${index}` }));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => hub.post(events[index % 10])));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.reduce((sum, { body }) => sum + body.accepted, 0)).toBe(10);
    expect(answers.reduce((sum, { body }) => sum + body.duplicates, 0)).toBe(190);
    expect((await hub.summary()).body.totals).toMatchObject({ runs: 10, calls: 30 });
  });

  it('may be sent in binary mode, with its attributes in headers', async () => {
    const hub = await hubAtWork();
    const { data, ...attributes } = tokenEvent({ workspace: 'früh & spät' });
    const headers = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)]),
    );
    const type = { 'content-type': 'application/json; charset=utf-8' };
    expect((await hub.post(data, { ...headers, ...type })).body).toEqual({ accepted: 1, duplicates: 0 });
    expect((await hub.post(tokenEvent({ workspace: 'früh & spät' }))).body).toEqual({ accepted: 0, duplicates: 1 });
  });

  it('leaves nothing behind that the token event does not name', async () => {
    const hub = await hubAtWork();
    const planted = 'a prompt of somebody';
    const event = tokenEvent();
    await hub.post({
      ...event,
      note: planted,
      data: { ...event.data, prompt: planted, models: [{ ...modelPart(), planted }] },
    });
    expect((await hub.summary()).body.totals.runs).toBe(1);
    const kept = await hub.kept();
    expect(kept.includes('handbook')).toBe(true);
    expect(kept.includes(planted)).toBe(false);
  });
});

describe('a batch', () => {
  it('is counted by event, also one that holds the same twice, and may be empty', async () => {
    const hub = await hubAtWork();
    const batch = [tokenEvent(), tokenEvent({ id: 'run-2' }), tokenEvent()];
    expect(await hub.post(batch)).toMatchObject({ status: 200, body: { accepted: 2, duplicates: 1 } });
    expect(await hub.post([])).toMatchObject({ status: 200, body: { accepted: 0, duplicates: 0 } });
  });

  it('with one bad event is refused as a whole, and says which', async () => {
    const hub = await hubAtWork();
    const batch = [tokenEvent(), tokenEvent({ id: 'run-2', calls: -1 }), tokenEvent({ id: 'run-3' })];
    const { status, body } = await hub.post(batch);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'events_invalid',
      errors: [{ path: '[1].data.calls' }, expect.anything(), expect.anything()],
    });
    expect((await hub.summary()).body.totals.runs).toBe(0);
    expect((await hub.post([batch[0], batch[2]])).body).toEqual({ accepted: 2, duplicates: 0 });
  });

  it('of as many events as are allowed is taken, of one more refused', async () => {
    const hub = await hubAtWork();
    const batch = Array.from({ length: MAX_EVENTS + 1 }, (_, index) => tokenEvent({ id: `run-${index}` }));
    expect(await hub.post(batch)).toMatchObject({ status: 413, body: { code: 'too_many_events' } });
    expect(await hub.post(batch.slice(1))).toMatchObject({ status: 200, body: { accepted: MAX_EVENTS } });
  });
});

describe('an event of a client with long names', () => {
  it('is taken, whatever letters they have', async () => {
    const letters = (from: number) =>
      Array.from({ length: 128 }, (_, index) => String.fromCharCode(from + index * 97)).join('');
    const event = buildTokenEvent({
      ...{ runId: 'run-1', runIndex: 1, workspace: letters(0x4e00), infospace: letters(0x5000), snapshotId: null },
      ...{
        startedAt: null,
        endedAt: '2026-11-22T10:00:00.000Z',
        durationSeconds: null,
        status: 'completed',
        usage: [],
      },
    });
    expect(event.source).toHaveLength('urn:budget::'.length + 2 * 128 * 9);
    const hub = await hubAtWork();
    expect(await hub.post(event)).toMatchObject({ status: 200, body: { accepted: 1 } });
  });
});

describe('what is refused names the fault', () => {
  const valid = tokenEvent();
  const changed = (changes: object) => ({ ...valid, data: { ...valid.data, ...changes } });
  it.each([
    ['another version', { ...valid, specversion: '0.3' }, 'specversion'],
    ['another type', { ...valid, type: 'com.example.thing' }, 'type'],
    ['no id', { ...valid, id: '' }, 'id'],
    ['a fraction of a call', changed({ calls: 1.5 }), 'data.calls'],
    ['a count that JSON cannot hold exactly', changed({ tokens_in: 2 ** 60 }), 'data.tokens_in'],
    ['a cost that JSON cannot hold exactly', changed({ cost_nano_usd: 2 ** 60 }), 'data.cost_nano_usd'],
    ['a cost past 2^63', changed({ cost_nano_usd: '9223372036854775808' }), 'data.cost_nano_usd'],
    ['a negative cost', changed({ cost_nano_usd: -1 }), 'data.cost_nano_usd'],
    ['a day that does not exist', changed({ ended_at: '2026-02-30T00:00:00Z' }), 'data.ended_at'],
    ['a time without a zone', changed({ ended_at: '2026-02-20T00:00:00' }), 'data.ended_at'],
    ['another currency', changed({ currency: 'EUR' }), 'data.currency'],
    ['control characters in a name', changed({ workspace: 'ac\u0000me' }), 'data.workspace'],
    ['half a character', changed({ workspace: 'ac\ud800me' }), 'data.workspace'],
    ['a wrong sum of tokens', changed({ total_tokens: 5 }), 'data.total_tokens'],
    ['more unpriced calls than calls', changed({ unpriced_calls: 4 }), 'data.unpriced_calls'],
    ['a model without its tokens', changed({ models: [{ provider: 'x', model: 'y' }] }), 'data.models[0].calls'],
    ['models with more calls than the run', changed({ models: [modelPart({ calls: 4 })] }), 'data.models'],
    [
      'models that cost more than the run',
      changed({ models: [modelPart({ cost_nano_usd: '1310001' })] }),
      'data.models',
    ],
    ['the same model twice', changed({ models: [modelPart({ calls: 1 }), modelPart({ calls: 1 })] }), 'data.models'],
    [
      'a model with a cost in a run without one',
      changed({ cost_usd: null, cost_nano_usd: null, models: [modelPart({ cost_nano_usd: 0 })] }),
      'data.models',
    ],
    [
      'a cost of zero that is of no call',
      changed({ cost_usd: 0, cost_nano_usd: 0, models: [modelPart({ cost_nano_usd: null })] }),
      'data.cost_nano_usd',
    ],
    ['a list instead of an event', [], ''],
    ['null', null, ''],
  ])('%s', async (_what, event, path) => {
    const hub = await hubAtWork();
    const { status, body } = await hub.post(event, { 'content-type': 'application/cloudevents+json' });
    expect(status).toBe(422);
    expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect((await hub.summary()).body.totals.runs).toBe(0);
  });

  it.each([
    ['text/plain', 415],
    ['application/json', 415],
    ['application/cloudevents', 415],
    ['application/cloudevents+xml', 415],
    ['', 415],
    ['Application/CloudEvents+JSON; charset=utf-8', 200],
  ])('of the type %j: %i', async (type, status) => {
    const hub = await hubAtWork();
    expect(await hub.post(valid, { 'content-type': type })).toMatchObject({ status });
  });

  it('what is no JSON, is compressed, is no list or comes by another way', async () => {
    const hub = await hubAtWork();
    expect(await hub.post('{"id":')).toMatchObject({ status: 400, body: { code: 'not_json' } });
    expect(await hub.post(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({
      status: 400,
      body: { code: 'not_json' },
    });
    const gzip = { 'content-encoding': 'gzip' };
    expect(await hub.post(valid, gzip)).toMatchObject({ status: 415, body: { code: 'content_encoding_unknown' } });
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    expect(await hub.post(valid, batch)).toMatchObject({ status: 422, body: { code: 'events_invalid' } });
    const got = await asked(`${hub.url}/token-events`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await asked(`${hub.url}/`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
