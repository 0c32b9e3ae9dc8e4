import { connect } from 'node:net';

const LONGEST_MS = 2000;
const JSON_HEADERS = ['host: 127.0.0.1', 'content-type: application/json'];

const head = (line, ...headers) => [line, ...headers, '', ''].join('\r\n');
const post = (...headers) => head('POST /api/v1/reservations HTTP/1.1', ...JSON_HEADERS, ...headers);
const withBody = (body, ...headers) => `${post(`content-length: ${Buffer.byteLength(body)}`, ...headers)}${body}`;

/** What each of them sends, part by part. None of it may change the ledger, or be answered with 2xx. */
const attacks = {
  garbage: (random) => [Buffer.from(Array.from({ length: random.integer(1, 2000) }, () => random.integer(0, 255)))],
  hugeLength: () => [post(`content-length: ${2 ** 40}`), '{'],
  hugeChunks: (random) => [post('transfer-encoding: chunked'), ...Array(random.integer(1, 20)).fill(chunkOf(65_536))],
  hugeHeader: (random) => [
    head('GET /healthz HTTP/1.1', 'host: 127.0.0.1', `x: ${'y'.repeat(random.integer(16_384, 200_000))}`),
  ],
  manyHeaders: (random) => [head('GET /healthz HTTP/1.1', ...Array(random.integer(3000, 9000)).fill('x: y'))],
  longPath: (random) => [
    head(`GET /api/v1/limits/${'x'.repeat(random.integer(501, 60_000))} HTTP/1.1`, 'host: 127.0.0.1'),
  ],
  wrongType: (random) => [withBody(random.pick(nonsense))],
  deep: (random) =>
    ['{"id":"x","scopes":'.concat('['.repeat(random.integer(100, 50_000)))].map((body) => withBody(body)),
  halfBody: (random) => [
    withBody('{"id":"half","scopes":["org"],"amounts":{"tokens":1}}').slice(0, -random.integer(1, 50)),
  ],
  halfHead: (random) => [withBody('{}').slice(0, random.integer(1, 80))],
  twoLengths: () => [`${post('content-length: 3', 'content-length: 4')}{}{}`],
  lengthAndChunks: () => [`${post('content-length: 3', 'transfer-encoding: chunked')}0\r\n\r\n`],
  otherHost: () => [
    withBody('{"id":"host","scopes":["org"],"amounts":{"tokens":1}}').replace('127.0.0.1', 'example.com'),
  ],
  otherOrigin: () => [withBody('{"id":"page","scopes":["org"],"amounts":{"tokens":1}}', 'origin: https://example.com')],
  unknownRoutes: (random) =>
    Array(random.integer(1, 40)).fill(head('DELETE /api/v1/%F0%9F%99%82 HTTP/1.1', 'host: 127.0.0.1')),
  upgrade: () => [head('GET /healthz HTTP/1.1', 'host: example.com', 'connection: upgrade', 'upgrade: websocket')],
};

const nonsense = [
  ...['', '{', 'null', '[]', '""', '1e999', '{"id":{}}', '\u0000', '{"__proto__":{"id":"x"}}'],
  ...['{"id":"x","scopes":"org","amounts":{"tokens":1}}', '{"id":"x","scopes":["org"],"amounts":{"tokens":-1}}'],
  ...[
    '{"id":"x","scopes":["org"],"amounts":{"tokens":1e16}}',
    '{"id":"x","scopes":["org"],"amounts":{"tokens":"NaN"}}',
  ],
  `{"id":"x","scopes":[${'"org",'.repeat(5000)}"org"],"amounts":{"tokens":1}}`,
  '"\ud83d"',
];

function chunkOf(bytes) {
  return `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`;
}

export const kindsOfAttack = Object.keys(attacks);

/** One connection that means no good; resolves, once it is over, to what it was answered. It may leave at any time. */
export function attack({ port, kind, random }) {
  const parts = attacks[kind](random);
  const leaving = random.weighted([
    [5, 'when answered'],
    [2, 'at once'],
    [2, 'half-closed'],
    [1, 'slowly'],
  ]);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    const giveUp = setTimeout(() => socket.destroy(), random.integer(50, LONGEST_MS));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (leaving === 'when answered') socket.end();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve(answer);
    });
    socket.on('connect', () => {
      if (leaving === 'slowly') return dribble(socket, Buffer.concat(parts.map((part) => Buffer.from(part))));
      for (const part of parts) socket.write(part);
      if (leaving === 'half-closed') socket.end();
      if (leaving === 'at once') socket.write('', () => socket.destroy());
    });
  });
}

/** A byte now and then, until it is given up. */
function dribble(socket, bytes) {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) return clearInterval(timer);
    socket.write(bytes.subarray(at, at + 1));
    at += 1;
  }, 20);
}
