import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterThisTest } from '@budget/test-tools/vitest';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

export interface HubProcess {
  readonly child: ChildProcess;
  /** All that it has printed so far, on both. */
  readonly printed: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export interface HubCircumstances {
  readonly environment?: Record<string, string>;
  readonly cwd?: string;
  /** No file of it grows beyond. */
  readonly fileBytes?: number;
  /** Permissions do not bind root. */
  readonly isUnprivileged?: boolean;
}

/** What `ulimit -f` counts in, in every `sh`. */
const BLOCK_BYTES = 512;
const NOBODY = 65_534;

/** `budget-hub` in a process of its own; ended after the test. */
export function hubProcess(
  arguments_: readonly string[],
  { environment = {}, cwd, fileBytes, isUnprivileged = false }: HubCircumstances = {},
): HubProcess {
  const limit = fileBytes === undefined ? 'unlimited' : String(Math.floor(fileBytes / BLOCK_BYTES));
  const command = ['-c', 'ulimit -f "$0" && exec "$@"', limit, process.execPath, bin, ...arguments_];
  const somebody = isUnprivileged && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn('sh', command, { cwd, env: { ...process.env, ...environment }, ...somebody });
  afterThisTest(() => child.kill('SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, printed: () => printed, ended };
}

/** The address of a hub that was started, once it listens. */
export async function listening(hub: HubProcess): Promise<string> {
  for (;;) {
    const url = /listens on (\S+) /.exec(hub.printed())?.[1];
    if (url !== undefined) return url;
    const more = await Promise.race([once(hub.child.stderr as NodeJS.ReadableStream, 'data'), hub.ended]);
    if (!Array.isArray(more)) throw new Error(`The hub ended with ${more}: ${hub.printed()}`);
  }
}
