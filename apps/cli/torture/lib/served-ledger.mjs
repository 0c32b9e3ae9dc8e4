import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
/** So little that what is held for every request, or every client that left, ends the process before long. */
const MOST_OLD_MEMORY_MB = 64;

/** `budget serve` in a process of its own, once it listens. */
export async function serveLedger(home) {
  const file = join(home, 'ledger.db');
  const child = spawn(process.execPath, [`--max-old-space-size=${MOST_OLD_MEMORY_MB}`, bin, 'serve', '--port', '0'], {
    env: { ...process.env, BUDGET_LEDGER: file, BUDGET_LEDGER_DISABLE: '', BUDGET_SERVE_TOKEN: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  while (!output.includes('is served on')) {
    const first = await Promise.race([once(child.stderr, 'data'), ended]);
    if (!Array.isArray(first)) throw new Error(`The server ended with ${first}: ${output}`);
  }
  const [, url] = /is served on (\S+) /.exec(output);
  return {
    ...{ url, file, port: Number(new URL(url).port), ended, output: () => output },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** Open files and sockets, where the system tells. */
    descriptors: () => read(() => readdirSync(`/proc/${child.pid}/fd`).length),
    memoryMb: () =>
      read(() => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024),
    async end() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function read(look) {
  try {
    return look();
  } catch {
    return null;
  }
}
