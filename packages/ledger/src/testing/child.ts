import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterThisTest } from '@budget/test-tools/vitest';

const packageDirectory = fileURLToPath(new URL('../../', import.meta.url));

/** A process that runs this ES module; ended after the test. */
export function child(program: string, parameters: readonly string[] = [], directory = packageDirectory): ChildProcess {
  const parts = ['--input-type=module', '-e', program, ...parameters];
  const started = spawn(process.execPath, parts, { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] });
  afterThisTest(() => started.kill('SIGKILL'));
  return started;
}

/** The first thing that it prints. Rejects when it ends without a word. */
export async function firstWord(started: ChildProcess): Promise<string> {
  const silent = once(started, 'exit').then(() => {
    throw new Error('The process ended without a word.');
  });
  const [word] = await Promise.race([once(started.stdout as NonNullable<typeof started.stdout>, 'data'), silent]);
  return String(word).trim();
}

/** Resolves when another process holds the lock on writing; `letGo` ends that. */
export async function lockedByAnother(file: string, { begin = 'BEGIN IMMEDIATE' } = {}) {
  const holder = child(
    `import Sqlite from 'better-sqlite3';
     const database = new Sqlite(process.argv[1]);
     database.exec(process.argv[2]);
     process.stdin.on('end', () => { database.exec('COMMIT'); database.close(); }).resume();
     console.log('held');`,
    [file, begin],
  );
  await firstWord(holder);
  return {
    holder,
    async letGo(): Promise<void> {
      const ended = once(holder, 'exit');
      holder.stdin?.end();
      await ended;
    },
  };
}
