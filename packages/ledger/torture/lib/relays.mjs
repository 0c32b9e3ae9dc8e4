import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RemoteWorker } from './remote-worker.mjs';

/** Bytes from a port of its own to the one it is told, in both directions. Ends with whoever started it. */
const RELAY = `
  const { connect, createServer } = require('node:net');
  const server = createServer((near) => {
    const far = connect(Number(process.argv[1]), '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) from.on('error', () => to.destroy()).pipe(to);
  }).listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.stdin.on('end', () => process.exit()).resume();`;

/** As `namespaceWay`, with a process between the two. Stopped, it answers nobody, and nobody is told. */
export async function relayWay(name) {
  const worker = new RemoteWorker(name, []);
  let relay = null;
  return {
    ...{ name, worker },
    async open(server) {
      relay = spawn(process.execPath, ['-e', RELAY, String(server.port)], { stdio: ['pipe', 'pipe', 'inherit'] });
      const [port] = await once(relay.stdout, 'data');
      await worker.open(server, '127.0.0.1', Number(String(port)));
    },
    cut: async () => relay.kill('SIGSTOP'),
    mend: async () => relay.kill('SIGCONT'),
    end() {
      worker.kill();
      relay?.kill('SIGKILL');
    },
  };
}
