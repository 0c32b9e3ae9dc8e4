import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end. @returns its output, a value for each line of JSON */
export async function runNode(parameters, environment) {
  const child = spawn(process.execPath, parameters, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${parameters[0]} ended with ${code}`);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
