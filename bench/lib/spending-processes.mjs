import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../programs/spend-budget.mjs', import.meta.url));

/** Starts a process for a scene and resolves when it is ready: `{ finish, kill }`. */
export async function startSpending(scene, peer, parameters) {
  const child = spawn(process.execPath, [program, scene, peer.name, JSON.stringify(parameters)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function nextLine() {
    const { value, done } = await lines.next();
    if (done) throw new Error(`A process of ${peer.name} ended in the scene "${scene}" before it had said all.`);
    return value;
  }

  await nextLine();
  return {
    /** Lets it do its part; resolves to what came of it. */
    async finish() {
      child.stdin.write('go\n');
      const result = JSON.parse(await nextLine());
      await ended;
      return result;
    },
    /** As `kill -9` does: it cannot clean up. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A process of its own for one scene, from start to end. */
export async function spendInProcess(scene, peer, parameters) {
  const { finish } = await startSpending(scene, peer, parameters);
  return await finish();
}
