import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { runDirectoryIn } from './metered-calls.js';

/** Modules for processes of the tests, which read no TypeScript: made before them, and gone after. `metered-calls` is one of them. */
export function bundledModules(module: string): { readonly [name: string]: string; readonly 'metered-calls': string } {
  const bundled = { 'metered-calls': '' } as Record<string, string> & { 'metered-calls': string };
  let directory: string;
  beforeAll(async () => {
    const { bundle } = await import(new URL('../../torture/bundle.mjs', import.meta.url).href);
    directory = mkdtempSync(join(tmpdir(), 'killed-run-bundle-'));
    bundled[module] = await bundle(`../src/${module}.ts`, directory);
    bundled['metered-calls'] = await bundle('../src/testing/metered-calls.ts', directory);
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true }));
  return bundled;
}

export const child = (program: string): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });

/**
 * A process that has made two calls, is in the middle of a third, and is killed: the directory of its run.
 *
 * @param meteredCalls the bundle of `metered-calls.ts`
 */
export async function killRun(meteredCalls: string, infospace: string, runId: string): Promise<string> {
  const running = child(`
    const { begunCall, make, meteredCall, openRun } = await import(${JSON.stringify(meteredCalls)});
    const run = await openRun(${JSON.stringify(infospace)}, ${JSON.stringify(runId)});
    await make(run, meteredCall('a'), meteredCall('b', { stageId: 's' }));
    await run.begin(begunCall('c'));
    console.log('in the middle');
    setInterval(() => {}, 1000);`);
  await once(running.stdout as NodeJS.ReadableStream, 'data');
  running.kill('SIGKILL');
  await once(running, 'exit');
  return runDirectoryIn(infospace, runId);
}
