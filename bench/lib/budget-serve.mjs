import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { budget } from './built.mjs';

/** `budget serve` on this file in a process of its own, and a client that keeps as many connections as it needs. */
export async function budgetServe(file) {
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
  return {
    /** The text of the answer. Ends with an error when it has another status. */
    async ask(status, method, path, body) {
      const { statusCode, text } = await answerTo(`${url}${path}`, { method, agent }, body);
      if (statusCode !== status) throw new Error(`It was answered ${statusCode}: ${text}`);
      return text;
    },
    async close() {
      agent.destroy();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
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
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
