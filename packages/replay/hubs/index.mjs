import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { startReplay } from '../src/start-replay.mjs';

/** @import { AddressInfo, Server } from 'node:net' */
/** @import { Answer } from '../src/index.mjs' */
/** @import { BadHub } from './index.mjs' */

const TEN_MEGABYTES = 10 * 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

/** @type {Readonly<Record<string, Answer>>} */
const answers = {
  'accepts and never answers': { isSilent: true },
  'hangs up': { isHungUp: true },
  'answers byte by byte': { status: 200, headers: JSON_TYPE, body: '{"accepted":1}', cuts: 'bytes', cutDelayMs: 100 },
  'answers 500': { status: 500, headers: JSON_TYPE, body: '{}' },
  'answers 429 with Retry-After': { status: 429, headers: { ...JSON_TYPE, 'retry-after': '3600' }, body: '{}' },
  'sends elsewhere': { status: 302, headers: { location: 'http://127.0.0.1:9/token-events' }, body: '' },
  'answers with a page': { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please log in</html>' },
  'answers with 10 MB': { status: 200, headers: JSON_TYPE, body: `"${'x'.repeat(TEN_MEGABYTES)}"` },
};

/** @type {typeof import('./index.mjs').badHubs} */
export const badHubs = [
  'refuses connections',
  'is a black hole',
  ...Object.keys(answers),
  'speaks no HTTP',
  'speaks no TLS',
];

/** @type {typeof import('./index.mjs').startBadHub} */
export const startBadHub = async (kind) => {
  const answer = answers[kind];
  if (answer !== undefined) {
    const replay = await startReplay({ answer });
    return { url: originOf(new URL(replay.urlOf('hub')).port), close: () => replay.close() };
  }
  if (kind === 'is a black hole') return await blackHole();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // Both to a client that speaks first and to one that waits.
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    socket.on('data', () => socket.write('what?\r\n'));
  });
  const port = await listen(server);
  if (kind === 'refuses connections') await close(server);
  return { url: originOf(port, kind === 'speaks no TLS' ? 'https' : 'http'), close: () => close(server) };
};

/**
 * A server that stands still, and whose queue of connections is full: the system answers no further ones.
 * @returns {Promise<BadHub>}
 */
async function blackHole() {
  const program = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    console.log(this.address().port);
  })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = await once(child.stdout, 'data');
  const port = Number(String(chunk).trim());
  child.kill('SIGSTOP');
  const filling = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url: originOf(port),
    async close() {
      for (const socket of filling) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** @param {number | string} port */
function originOf(port, scheme = 'http') {
  return `${scheme}://127.0.0.1:${port}`;
}

/** @param {Server} server */
async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

/** @param {Server} server */
async function close(server) {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}
