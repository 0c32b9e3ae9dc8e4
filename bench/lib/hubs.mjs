import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../programs/serve-hubs.mjs', import.meta.url));

/** Hubs in a process of their own, because a measurement stops this one: `{ hubs: [{ name, url }], close }`, the first well. */
export async function startHubs() {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    hubs: JSON.parse(line),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
