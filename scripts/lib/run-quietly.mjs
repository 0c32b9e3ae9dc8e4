import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootDirectory } from './root-directory.mjs';

/** Runs a command in the root directory. What it printed is shown, all of it, only when it fails. */
export function runQuietly(command, parameters, { environment, whatToDo }) {
  const directory = mkdtempSync(join(tmpdir(), 'set-up-'));
  const path = join(directory, 'output');
  // One file for both streams keeps their lines in the order in which they were written.
  const output = openSync(path, 'w');
  try {
    const result = spawnSync(command, parameters, {
      cwd: rootDirectory,
      env: environment,
      stdio: ['ignore', output, output],
    });
    if (result.status === 0) return;
    const ending = result.error?.message ?? (result.signal ? `signal ${result.signal}` : `exit code ${result.status}`);
    throw new Error(
      `${readFileSync(path, 'utf8')}\n\`${[command, ...parameters].join(' ')}\` failed (${ending}). ${whatToDo}`,
    );
  } finally {
    closeSync(output);
    rmSync(directory, { recursive: true, force: true });
  }
}
