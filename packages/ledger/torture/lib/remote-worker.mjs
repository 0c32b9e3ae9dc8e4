import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./cut-off-worker.mjs', import.meta.url));

/** A worker in a process of its own: a line of JSON asks it, a line of JSON is its answer. */
export class RemoteWorker {
  #name;
  #child;
  #waiting = new Map();
  #asked = 0;

  /** `prefix`: a command that runs another one in its place. */
  constructor(name, prefix) {
    this.#name = name;
    const [command, ...parts] = [...prefix, process.execPath, program];
    this.#child = spawn(command, parts, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { number, answer } = JSON.parse(line);
      this.#waiting.get(number)?.resolve(answer);
      this.#waiting.delete(number);
    });
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`The worker ${name} ended with ${code ?? signal}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** The server as it is seen from there. Its sessions have the name of the worker. */
  open(server, host, port) {
    const url = new URL(server.address);
    url.hostname = host;
    url.port = String(port);
    url.searchParams.set('application_name', this.#name);
    return this.ask('open', { address: url.href });
  }

  ask(verb, given = {}) {
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ number, verb, ...given })}\n`);
    });
  }

  kill() {
    this.#child.kill('SIGKILL');
  }
}
