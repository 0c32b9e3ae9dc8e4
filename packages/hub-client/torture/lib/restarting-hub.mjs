import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_LIFE_MS = 1500;
const LONGEST_DEATH_MS = 400;
const START_WITHIN_MS = 20_000;

/** A hub as a command, which is killed with SIGKILL and started anew, at moments that `random` chooses. */
export async function restartingHub({ command, directory, random }) {
  const port = await freePort();
  const words = command.split(' ').map((word) => word.replace('{port}', port).replace('{directory}', directory));
  let child = null;
  let killing = null;
  let isKilling = false;
  let kills = 0;

  async function start() {
    child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
    const endsAt = Date.now() + START_WITHIN_MS;
    while (!(await answers(port))) {
      if (Date.now() > endsAt || child.exitCode !== null) throw new Error(`the hub does not start: ${command}`);
      await sleep(10);
    }
  }

  async function kill() {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async function killForEver() {
    while (isKilling) {
      await sleep(random.integer(20, LONGEST_LIFE_MS));
      if (!isKilling) return;
      await kill();
      kills += 1;
      await sleep(random.integer(0, LONGEST_DEATH_MS));
      await start();
    }
  }

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    kills: () => kills,
    beginKilling() {
      isKilling = true;
      killing = killForEver();
    },
    async endKilling() {
      isKilling = false;
      await killing;
    },
    async ask(path) {
      return await (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    },
    close: kill,
  };
}

async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
