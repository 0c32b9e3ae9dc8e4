import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { budget } from '../built.mjs';
import { HELD, SCOPE, USED } from './our-ledger.mjs';

let calls = 0;

/** `budget serve` on this file in a process of its own, and a client that keeps as many connections as it needs. */
export async function servedLedger(file) {
  const child = spawn(process.execPath, budget('serve', '--port', '0'), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, BUDGET_LEDGER: file, BUDGET_LEDGER_DISABLE: '', BUDGET_SERVE_TOKEN: '' },
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  while (!said.includes('is served on')) {
    await once(child.stderr, 'data');
  }
  const [, url] = /is served on (\S+) /.exec(said);
  const agent = new Agent({ keepAlive: true });
  const send = (method, path, body) => answerTo(`${url}${path}`, { method, agent }, body);
  return {
    /** Each ends with an error when it is not answered as it should be. */
    async reserveAndSettle() {
      const id = `served-${calls++}`;
      await expectStatus(
        201,
        send('POST', '/reservations', { id, scopes: [SCOPE], amounts: { nanoUsd: Number(HELD) } }),
      );
      await expectStatus(200, send('POST', `/reservations/${id}/settle`, { amounts: { nanoUsd: Number(USED) } }));
    },
    async close() {
      agent.destroy();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function expectStatus(status, answer) {
  const { statusCode, text } = await answer;
  if (statusCode !== status) throw new Error(`It was answered ${statusCode}: ${text}`);
}

function answerTo(url, options, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ statusCode: answer.statusCode, text }));
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
