import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { runDirectoryIn } from './metered-calls.js';

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
