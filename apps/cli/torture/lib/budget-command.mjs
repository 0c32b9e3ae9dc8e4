import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// A script may be told to torture another build, to see that a broken one is caught.
const bin = process.env['TORTURED_BIN'] ?? fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
/** The longest wait for a lock is 30 s. What takes longer than this hangs; it is killed, and no kill of ours. */
const HANGS_MS = 90_000;
const killInside = new URL('kill-inside.mjs', import.meta.url).href;

/**
 * Starts the real command in a process of its own. `inside` says where it kills itself; see `kill-inside.mjs`. No file that
 * it writes may have more than `fileBlocks` blocks of 512 bytes.
 *
 * @returns the process, and a promise of how it ended.
 */
export function startBudget(arguments_, { inside, fileBlocks = 'unlimited' } = {}) {
  const started_ms = performance.now();
  const node = inside === undefined ? [] : ['--import', killInside];
  const command = [process.execPath, ...node, bin, ...arguments_];
  const child = spawn('sh', ['-c', 'ulimit -f "$0" && exec "$@"', String(fileBlocks), ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANGS_MS,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      NO_COLOR: '1',
      // What is tried here are the files of a project.
      BUDGET_LEDGER_DISABLE: '1',
      ...inside,
    },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      const duration_ms = performance.now() - started_ms;
      resolve({ arguments_, code, signal, ...output, duration_ms, hung: duration_ms >= HANGS_MS });
    });
  });
  return { child, ended };
}

export async function budget(...arguments_) {
  return await startBudget(arguments_).ended;
}

/** The value of a command that says it is done: exit code 0 and its JSON whole. Otherwise `null`. */
export function acknowledgement({ code, stdout }) {
  if (code !== 0) return null;
  try {
    return JSON.parse(stdout);
  } catch {
    return null;
  }
}

/** For messages: which command, how it ended, and what it said. */
export function describeEnd({ arguments_, code, signal, stdout, stderr }) {
  return `budget ${arguments_.join(' ')}: exit ${code ?? signal}\n${stderr}${stdout.slice(0, 400)}`;
}

export function hasStackTrace(stderr) {
  return /\n\s+at |fault of budget itself/.test(stderr);
}
