import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a script of `torture/`, and gives the figures it ends with. Where it fails, the error says all that it printed, the
 * seed too.
 */
export async function runTorture(script, ...flags) {
  const child = spawn(process.execPath, [script, ...flags]);
  let output = '';
  let figures = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    figures += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script} ended with ${code}:\n${output}`);
  return JSON.parse(figures.trim().split('\n').at(-1));
}
