import { once } from 'node:events';
import { connect } from 'node:net';
import { afterThisTest } from './cleanup.mjs';

export async function socketTo(url) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  afterThisTest(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

export async function answerTo(url, ...parts) {
  const socket = await socketTo(url);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return answer;
}

export async function sendWithoutEnd(url, head, { part, parts }) {
  const socket = await socketTo(url);
  let answer = '';
  socket.on('data', (text) => (answer += text));
  socket.write(head);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let sent = 0; sent < parts && socket.writable; sent += 1) {
    if (!socket.write(part)) await Promise.race([once(socket, 'drain'), closed]).catch(() => {});
  }
  socket.destroy();
  return answer;
}
