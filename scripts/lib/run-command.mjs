import { spawn } from 'node:child_process';

const TIMEOUT_MS = 300_000;

/** Runs a command and resolves with what it printed; rejects with all of that when it fails. */
export function runCommand(command, parameters, { cwd, environment = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const standardOutput = [];
    const everything = [];
    child.stdout.on('data', (chunk) => {
      standardOutput.push(chunk);
      everything.push(chunk);
    });
    child.stderr.on('data', (chunk) => everything.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(standardOutput).toString());
      const output = Buffer.concat(everything).toString().trimEnd();
      reject(
        new Error(`\`${[command, ...parameters].join(' ')}\` failed (${signal ?? `exit code ${code}`}):\n${output}`),
      );
    });
  });
}
