import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { expect, it } from 'vitest';
import { hubAtWork } from './hub-at-work.js';
import { hubProcess, listening } from './hub-process.js';
import { tokenEvent } from './token-events.js';

// The hub says `100 Continue` once it has seen the request.
const hostAndExpect = ['host: 127.0.0.1', 'expect: 100-continue'];

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what is being sent is answered, what is idle does not hold it, and it ends with 0',
  async (signal) => {
    const database = join(temporaryDirectory(), 'hub.db');
    const hub = hubProcess(['--port', '0', '--database', database]);
    const port = Number(new URL(await listening(hub)).port);
    const [idle, busy] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const socket of [idle, busy]) {
      afterThisTest(() => socket.destroy());
      await once(socket, 'connect');
    }
    // Kept open after an answer, as clients do.
    idle.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await once(idle, 'data');
    const body = JSON.stringify(tokenEvent());
    const headers = [...hostAndExpect, 'content-type: application/cloudevents+json', `content-length: ${body.length}`];
    busy.write(`POST /token-events HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body.slice(0, 100)}`);
    await once(busy, 'data');
    hub.child.kill(signal);
    await once(hub.child.stderr as NodeJS.ReadableStream, 'data');
    let answer = '';
    busy.on('data', (chunk) => (answer += chunk));
    const closed = once(busy, 'close');
    busy.write(body.slice(100));
    await closed;
    expect(answer).toContain('{"accepted":1,"duplicates":0}');
    expect(await hub.ended).toBe(0);
    expect(hub.printed()).toContain(`${signal}: the hub ends.`);
    const again = await hubAtWork({ database });
    expect((await again.summary()).body.totals.runs).toBe(1);
  },
);

it('a second signal ends it at once', async () => {
  const hub = hubProcess(['--port', '0', '--database', join(temporaryDirectory(), 'hub.db')]);
  const socket = connect(Number(new URL(await listening(hub)).port), '127.0.0.1');
  afterThisTest(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(`POST /token-events HTTP/1.1\r\n${[...hostAndExpect, 'content-length: 10'].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  hub.child.kill('SIGTERM');
  await once(hub.child.stderr as NodeJS.ReadableStream, 'data');
  hub.child.kill('SIGTERM');
  expect(await hub.ended).toBe('SIGTERM');
});
