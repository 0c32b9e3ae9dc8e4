import { once } from 'node:events';
import { answerTo, sendWithoutEnd, socketTo } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { callJson } from './testing/call-json.js';
import { type Served, served, tokensAsked } from './testing/served.js';

const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ');
const body = JSON.stringify(tokensAsked('r', 1));

const request = (...headers: string[]) =>
  ['POST /api/v1/reservations HTTP/1.1', 'host: 127.0.0.1', 'content-type: application/json', ...headers, '', ''].join(
    '\r\n',
  );

async function expectAlive({ ask, log }: Served): Promise<void> {
  expect(await ask('POST', '/reservations', tokensAsked(`alive-${Math.random()}`, 1))).toMatchObject({ status: 201 });
  expect(log).toEqual([]);
}

describe('a server that is attacked answers, and works on', () => {
  it('a body that says it is too large, before it is sent', async () => {
    const all = await served();
    const answer = await answerTo(all.origin, request('connection: close', `content-length: ${2 ** 40}`));
    expect(answer).toContain('413 Payload Too Large');
    expect(answer).toContain('body_too_large');
    await expectAlive(all);
  });

  it('a body without an end that says nothing of its length', async () => {
    const all = await served();
    const before = process.memoryUsage().rss;
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), MEBIBYTE, Buffer.from('\r\n')]);
    const head = request('transfer-encoding: chunked');
    const answer = await sendWithoutEnd(all.origin, head, { part: chunk, parts: 300 });
    expect(answer).toContain('body_too_large');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEBIBYTE.length);
    await expectAlive(all);
  });

  it('a small body in chunks is a request like any other', async () => {
    const all = await served();
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect(await answerTo(all.origin, request('transfer-encoding: chunked', 'connection: close'), chunked)).toContain(
      '201 Created',
    );
  });

  it('JSON that is nested deeper than anything', async () => {
    const all = await served();
    for (const nested of [
      '['.repeat(100_000) + ']'.repeat(100_000),
      `${'{"scopes":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
      `{"id":"r","amounts":{"tokens":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    ])
      expect([400, 422]).toContain((await all.ask('POST', '/reservations', nested)).status);
    await expectAlive(all);
  });

  it('observations that are nested deeper than anything, or would count what was never used', async () => {
    const all = await served();
    const call = JSON.stringify(callJson('a')).slice(0, -1);
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const sent of [
      `${call},"metadata":{"a":${nested}}}`,
      `${call},"metadata":${nested}}`,
      `[${nested}]`,
      `${call},"promptTokens":1e300}`,
      `${call},"promptTokens":9007199254740993}`,
      `${call},"costNanoUsd":-0.1}`,
      `${call},"costNanoUsd":"${'9'.repeat(100_000)}"}`,
      `${call},"costNanoUsd":"0x10"}`,
      `${call},"latencyMs":-1e-9}`,
    ])
      expect([400, 422]).toContain((await all.ask('POST', '/observations', sent)).status);
    expect((await all.ask('GET', '/usage')).body.usage.totals.requestCount).toBe(0);
    const own = `${call},"agentId":"__proto__","metadata":{"__proto__":{"isSent":true},"constructor":1}}`;
    expect((await all.ask('POST', '/observations', own)).status).toBe(201);
    expect((await all.ask('GET', '/usage')).body.usage.byAgent).toMatchObject([{ agentId: '__proto__' }]);
    expect(({} as { isSent?: unknown }).isSent).toBeUndefined();
    await expectAlive(all);
  });

  it('names of the object itself', async () => {
    const all = await served();
    const text = body.replace('{', '{"__proto__":{"isSent":true},');
    expect((await all.ask('POST', '/reservations', text)).status).toBe(422);
    expect(({} as { isSent?: unknown }).isSent).toBeUndefined();
    await expectAlive(all);
  });

  it.each([
    ['garbage', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0xff])],
    ['a request of another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['headers without an end', `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['one long header', `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['two lengths', `${request('content-length: 3', 'content-length: 4')}{}`],
    ['a length and chunks', request('content-length: 3', 'transfer-encoding: chunked')],
    ['a negative length', request('content-length: -1')],
    ['a header that is split in two', request('x: y\n z', 'content-length : 3')],
    ['a path that is none', 'GET /%%%00/../.. HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'],
    ['a way through', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n'],
    [
      'another server in the first line',
      'GET http://example.com/healthz HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n',
    ],
    [
      'another host',
      'GET /healthz HTTP/1.1\r\nhost: example.com\r\nx-forwarded-host: 127.0.0.1\r\nconnection: close\r\n\r\n',
    ],
    ['a host that hides another', 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1@example.com\r\nconnection: close\r\n\r\n'],
    ['no host', 'GET /healthz HTTP/1.0\r\n\r\n'],
  ])('%s', async (_what, sent) => {
    const all = await served();
    expect(await answerTo(all.origin, sent)).not.toContain('200 OK');
    await expectAlive(all);
  });

  it('another method in a header or a query is not taken for one', async () => {
    const all = await served();
    await all.ask('PUT', '/limits/a', { unit: 'calls', limit: 1 });
    const headers = { 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE' };
    expect((await all.ask('GET', '/limits/a', undefined, headers)).body.limits).toHaveLength(1);
    expect((await all.ask('GET', '/limits/a')).body.limits).toHaveLength(1);
  });

  it('many that connect and leave in the middle of a body', async () => {
    const all = await served();
    for (let count = 0; count < 200; count++) {
      const socket = await socketTo(all.origin);
      socket.write(`${request('content-length: 1000')}{"id":`, () => socket.destroy());
    }
    await expectAlive(all);
  });

  it('one that has said all that it has to say is answered all the same', async () => {
    const all = await served();
    const socket = await socketTo(all.origin);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.end(`${request(`content-length: ${body.length}`)}${body}`);
    await once(socket, 'end');
    expect(answer).toContain('201 Created');
    await expectAlive(all);
  });

  it('requests that are sent one behind the other are answered in their order', async () => {
    const all = await served();
    await all.ask('PUT', '/limits/run%3A1', { unit: 'tokens', limit: 10 });
    const texts = Array.from({ length: 20 }, (_, index) => JSON.stringify(tokensAsked(`p${index}`, 1)));
    const requests = texts.map((text, index) => {
      const last = index === texts.length - 1 ? ['connection: close'] : [];
      return `${request(`content-length: ${text.length}`, ...last)}${text}`;
    });
    const answer = await answerTo(all.origin, requests.join(''));
    const made = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(made).toEqual([...Array(10).fill('201'), ...Array(10).fill('402')]);
    expect([...answer.matchAll(/"id":"(p\d+)"/g)].map(([, id]) => id)).toEqual(
      texts.slice(0, 10).map((_, index) => `p${index}`),
    );
  });
});

describe('slow clients', () => {
  const limits = { requestMs: 1000, silenceMs: 1500, connections: 5 };

  it.each([
    ['headers', 'POST /api/v1/reservations HTTP/1.1\r\nx:'],
    ['a body', request('content-length: 100000')],
  ])('one that sends %s byte by byte is cut off, and others are answered meanwhile', async (_what, begin) => {
    const all = await served({ limits });
    const socket = await socketTo(all.origin);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.write(begin);
    const drops = setInterval(() => socket.write('y'), 50);
    const closed = once(socket, 'close');
    await expectAlive(all);
    await closed;
    clearInterval(drops);
    expect(answer).not.toContain('201 Created');
    await expectAlive(all);
  });
});
