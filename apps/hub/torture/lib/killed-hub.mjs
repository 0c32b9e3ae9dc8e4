import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** The real command on one database, killed and started again; each time it listens somewhere else. */
export class KilledHub {
  #database;
  #child;
  /** Where it listens, or did when it was killed. */
  url = '';

  constructor(database) {
    this.#database = database;
  }

  async start() {
    const environment = { ...process.env, BUDGET_HUB_SERVE_TOKENS: '' };
    const child = spawn(process.execPath, [bin, '--port', '0', '--database', this.#database], { env: environment });
    this.#child = child;
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += chunk));
    const ended = once(child, 'exit');
    for (;;) {
      const url = /listens on (\S+) /.exec(printed)?.[1];
      if (url !== undefined) {
        this.url = url;
        return;
      }
      await Promise.race([once(child.stderr, 'data'), ended]);
      if (child.exitCode !== null) throw new Error(`The hub ended by itself: ${printed}`);
    }
  }

  kill() {
    this.#child?.kill('SIGKILL');
  }

  /** As an administrator would end it. */
  async end() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`The hub ended with ${code}`);
  }
}
