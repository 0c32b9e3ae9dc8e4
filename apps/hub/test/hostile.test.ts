import { once } from 'node:events';
import { afterThisTest, answerTo, sendWithoutEnd, socketTo } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../src/http-server.js';
import { asked, type HubAtWork, hubAtWork, tokenFor } from './hub-at-work.js';
import { tokenEvent } from './token-events.js';

const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ');

const request = (...headers: string[]) =>
  [
    'POST /token-events HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/cloudevents+json',
    ...headers,
    '',
    '',
  ].join('\r\n');

async function expectAlive(hub: HubAtWork): Promise<void> {
  expect(await hub.post(tokenEvent({ id: `run-${Math.random()}` }))).toMatchObject({
    status: 200,
    body: { accepted: 1 },
  });
}

describe('a hub that is attacked answers, and works on', () => {
  it('a body that says it is too large, before it is sent', async () => {
    const hub = await hubAtWork();
    const answer = await answerTo(hub.url, request('connection: close', `content-length: ${2 ** 40}`));
    expect(answer).toContain('413 Payload Too Large');
    expect(answer).toContain('body_too_large');
    await expectAlive(hub);
  });

  it('a body without an end that says nothing of its length', async () => {
    const hub = await hubAtWork();
    const before = process.memoryUsage().rss;
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), MEBIBYTE, Buffer.from('\r\n')]);
    const head = request('transfer-encoding: chunked');
    const answer = await sendWithoutEnd(hub.url, head, { part: chunk, parts: 300 });
    expect(answer).toContain('body_too_large');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEBIBYTE.length);
    await expectAlive(hub);
  });

  it('a small body in chunks is an event like any other', async () => {
    const hub = await hubAtWork();
    const body = JSON.stringify(tokenEvent());
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    expect(await answerTo(hub.url, request('transfer-encoding: chunked', 'connection: close'), chunked)).toContain(
      '"accepted":1',
    );
  });

  it('JSON that is nested deeper than anything', async () => {
    const hub = await hubAtWork();
    for (const type of ['application/cloudevents+json', 'application/cloudevents-batch+json']) {
      const { status } = await hub.post('['.repeat(500_000) + ']'.repeat(500_000), { 'content-type': type });
      expect([400, 422]).toContain(status);
    }
    const nested = `${'{"data":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect([400, 422]).toContain((await hub.post(nested)).status);
    await expectAlive(hub);
  });

  it('a million faults are answered with a few', async () => {
    const hub = await hubAtWork();
    const models = Array.from({ length: 1000 }, () => ({ provider: 1 }));
    const event = { ...tokenEvent(), data: { ...tokenEvent().data, models } };
    const { status, body } = await hub.post(Array.from({ length: 200 }, () => event));
    expect(status).toBe(422);
    expect(body.errors).toHaveLength(20);
    const many = JSON.stringify(tokenEvent({ models: [] })).replace('[]', `[${'{},'.repeat(1_000_000)}{}]`);
    expect((await hub.post(many)).body.errors).toMatchObject([{ path: 'data.models' }]);
    await expectAlive(hub);
  });

  it('names of the object itself', async () => {
    const hub = await hubAtWork();
    const text = JSON.stringify(tokenEvent()).replace('{', '{"__proto__":{"calls":9},"constructor":{"prototype":{}},');
    expect(await hub.post(text)).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(({} as { calls?: unknown }).calls).toBeUndefined();
  });

  it.each([
    ['garbage', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0xff])],
    ['a request of another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['headers without an end', `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['two lengths', request('content-length: 3', 'content-length: 4')],
    ['a length and chunks', request('content-length: 3', 'transfer-encoding: chunked')],
    ['a path that is none', 'GET /%%%00/../.. HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n'],
    ['a way through', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n'],
    ['no host', 'GET /healthz HTTP/1.0\r\n\r\n'],
  ])('%s', async (_what, sent) => {
    const hub = await hubAtWork();
    expect(await answerTo(hub.url, sent)).not.toContain('200 OK');
    await expectAlive(hub);
    expect(hub.log.filter((line) => line.includes('failed'))).toEqual([]);
  });

  it('many that connect and leave in the middle of a body', async () => {
    const hub = await hubAtWork();
    for (let count = 0; count < 200; count++) {
      const socket = await socketTo(hub.url);
      const body = count % 2 === 0 ? 'content-length: 1000' : 'transfer-encoding: chunked';
      socket.write(`${request(body)}{"id":`, () => socket.destroy());
    }
    await expectAlive(hub);
    // They are no fault of the hub.
    expect(hub.log.filter((line) => line.includes('failed'))).toEqual([]);
  });

  it('a batch of a stranger is not read', async () => {
    const hub = await hubAtWork({ tokens: [tokenFor('acme', 'handbook').entry] });
    const answer = await answerTo(hub.url, request('connection: close', 'content-length: 4000000'), '{');
    expect(answer).toContain('401 Unauthorized');
  });
});

describe('web pages', () => {
  it('do not reach a hub without tokens under another name, nor from another origin', async () => {
    const hub = await hubAtWork();
    const { port } = new URL(hub.url);
    const summary = (...headers: string[]) =>
      answerTo(hub.url, ['GET /token-summary HTTP/1.1', 'connection: close', ...headers, '', ''].join('\r\n'));
    expect(await summary('host: rebound.example.com')).toContain('host_forbidden');
    expect(await summary(`host: 127.0.0.1.example.com:${port}`)).toContain('host_forbidden');
    expect(await summary(`host: 127.0.0.1:${port}`, 'origin: https://example.com')).toContain('origin_forbidden');
    expect(await summary(`host: 127.0.0.1:${port}`, 'origin: null')).toContain('origin_forbidden');
    expect(await summary(`host: localhost:${port}`, `origin: http://localhost:${port}`)).toContain('200 OK');
  });

  it('reach one with tokens under the name that a proxy gives it', async () => {
    const token = tokenFor('*', '*');
    const hub = await hubAtWork({ tokens: [token.entry] });
    const headers = ['host: hub.example.com', `authorization: Bearer ${token.token}`, 'connection: close', '', ''];
    expect(await answerTo(hub.url, ['GET /token-summary HTTP/1.1', ...headers].join('\r\n'))).toContain('200 OK');
  });
});

describe('slow clients', () => {
  const impatient = { requestMs: 1000, silenceMs: 1500, connections: 5 };
  async function server() {
    const started = await httpServer(
      async (request) => new Response(await request.text()),
      { host: '127.0.0.1', port: 0 },
      impatient,
    );
    afterThisTest(() => started.close());
    return started;
  }

  it.each([
    ['headers', 'POST / HTTP/1.1\r\nx:'],
    ['a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n'],
  ])('one that sends %s byte by byte is cut off, and others are answered meanwhile', async (_what, begin) => {
    const { url } = await server();
    const socket = await socketTo(url);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.write(begin);
    const drops = setInterval(() => socket.write('y'), 50);
    const closed = once(socket, 'close');
    expect(await asked(url, { method: 'POST', body: 'still here' })).toMatchObject({ status: 200, body: 'still here' });
    await closed;
    clearInterval(drops);
    expect(answer).not.toContain('200 OK');
  });

  it('one that says nothing at all is cut off', async () => {
    const { url } = await server();
    const socket = await socketTo(url);
    await once(socket.resume(), 'close');
  });

  it('more connections than there may be are closed at once', async () => {
    const { url } = await server();
    const sockets = await Promise.all(Array.from({ length: 6 }, () => socketTo(url)));
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(1);
  });
});
