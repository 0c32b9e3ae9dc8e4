import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterThisTest } from './temporary.js';

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

export interface HubProcess {
  readonly child: ChildProcess;
  /** All that it has printed so far, on both. */
  readonly printed: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** `budget-hub` in a process of its own; ended after the test. */
export function hubProcess(
  arguments_: readonly string[],
  { environment = {}, cwd }: { environment?: Record<string, string>; cwd?: string } = {},
): HubProcess {
  const child = spawn(process.execPath, [bin, ...arguments_], { cwd, env: { ...process.env, ...environment } });
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
