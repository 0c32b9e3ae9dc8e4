import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Server } from 'node:net';
import { afterThisTest } from '@budget/test-tools/vitest';
import { expect, test } from 'vitest';
import { json } from './testing/pretended-provider.js';
import { proxied } from './testing/proxied.js';

const question = { model: 'm', max_tokens: 50, messages: [] };
const answer = { model: 'm', usage: { prompt_tokens: 10, completion_tokens: 5 } };
const PIECE = Buffer.alloc(64 * 1024, 'x');
const PIECES = 80;
/** More than the buffers of sockets hold. */
const MANY_PIECES = 500;

test.each<[string, { 'content-length'?: string }]>([
  ['a length', { 'content-length': String(PIECE.length * PIECES) }],
  ['none', {}],
])('an upload with %s arrives whole, and its answer comes back', async (_, headers) => {
  const { proxy, provider } = await proxied((_, response) => json(response, answer));
  const outgoing = upload(proxy.url('openai'), headers);
  for (let count = 0; count < PIECES; count += 1) outgoing.write(PIECE);
  outgoing.end();
  expect(await answered(outgoing)).toEqual([200, JSON.stringify(answer)]);
  expect(provider.seen[0]?.body.length).toBe(PIECE.length * PIECES);
  expect(provider.seen[0]?.headers['content-length']).toBe(headers['content-length']);
});

test('an upload that is answered before its end is read to its end, so that its program sees the answer', async () => {
  const url = await provider((_, response) => json(response, { error: 'too large' }, 413));
  const { proxy, calls, meter } = await proxied(() => {}, { upstream: { url } });
  const { port, pathname } = new URL(proxy.url('openai'));
  // Of Node's own client an answer that comes early stops the upload.
  const socket = connect(Number(port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  const length = PIECE.length * MANY_PIECES;
  socket.write(`POST ${pathname}/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\n`);
  socket.write(`content-length: ${length}\r\n\r\n`);
  for (let count = 0; count < MANY_PIECES; count += 1) if (!socket.write(PIECE)) await once(socket, 'drain');
  await expect.poll(() => received).toMatch(/^HTTP\/1.1 413 .*\{"error":"too large"\}\r\n0\r\n/s);
  socket.destroy();
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'failed', httpStatus: 413, costNanoUsd: 0n }]);
});

test('an upload that its program leaves is ended at the provider', async () => {
  let isBroken = false;
  const url = await provider((request) => {
    request.on('data', () => outgoing.destroy());
    request.on('error', () => {
      isBroken = true;
    });
  });
  const { proxy, calls, meter } = await proxied(() => {}, { upstream: { url } });
  const outgoing = upload(proxy.url('openai'), {});
  outgoing.on('error', () => {});
  outgoing.write(PIECE);
  await expect.poll(() => isBroken).toBe(true);
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'cancelled', usageMissing: true }]);
});

test('what a provider says before its answer is no answer', async () => {
  const { ask, meter, calls } = await proxied((_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    json(response, answer);
  });
  expect(await (await ask(question)).json()).toEqual(answer);
  await meter.idle();
  expect(calls).toMatchObject([{ status: 'completed', httpStatus: 200 }]);
});

test('a call whose program leaves before there is a connection is never sent, and costs nothing', async () => {
  // Whoever waits for it to speak TLS waits for ever.
  const silent = createSocketServer((socket) => socket.on('error', () => {}));
  const port = await listening(silent);
  const { ask, meter, spent, calls } = await proxied(() => {}, { upstream: { url: `https://127.0.0.1:${port}` } });
  const abort = new AbortController();
  const asked = ask(question, { signal: abort.signal });
  await once(silent, 'connection');
  abort.abort();
  await expect(asked).rejects.toThrow();
  await meter.idle();
  expect(await spent()).toEqual({ nanoUsd: 0n, held: 0n, calls: 0n });
  expect(calls).toMatchObject([{ status: 'cancelled', httpStatus: null, costNanoUsd: 0n }]);
});

function upload(url: string, headers: { 'content-length'?: string }) {
  const type = 'multipart/form-data; boundary=x';
  return requestHttp(`${url}/audio/transcriptions`, { method: 'POST', headers: { 'content-type': type, ...headers } });
}

async function answered(outgoing: ReturnType<typeof requestHttp>): Promise<[number | undefined, string]> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode, text];
}

/** One that answers before it has read the request. */
async function provider(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(answer))}`;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => void server.close());
  return (server.address() as AddressInfo).port;
}
