import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readLog } from './spending-log.mjs';

const program = fileURLToPath(new URL('spending-worker.mjs', import.meta.url));
const MAX_STARTS = 100_000;

/** Worker processes that are started again whenever one is killed, until each has made its attempts. */
export class SpendingWorkers {
  logFiles = [];
  kills = 0;
  attempts = 0;
  #running = new Map();
  #order;

  constructor(order) {
    this.#order = order;
  }

  async run(count) {
    await Promise.all(Array.from({ length: count }, (_, worker) => this.#keepRunning(worker)));
  }

  /** Kills one after the other at random moments, also while they start, until `isOver` or `max`. */
  async killAtRandom({ random, longestPauseMs, max, isOver }) {
    while (this.kills < max) {
      await pause(random.fraction() * longestPauseMs);
      if (isOver()) return;
      const running = [...this.#running.values()];
      if (running.length > 0 && random.pick(running).kill('SIGKILL')) this.kills += 1;
    }
  }

  async #keepRunning(worker) {
    const { attempts, seed, home, findings } = this.#order;
    let left = attempts;
    let earlierLogFile = null;
    for (let start = 0; left > 0; start += 1) {
      if (start === MAX_STARTS) throw new Error(`worker ${worker} was started ${MAX_STARTS} times`);
      const name = `${worker}.${start}`;
      const logFile = join(home, `worker-${name}.log`);
      const order = {
        ...{ place: this.#order.place, estimates: this.#order.estimates, callers: this.#order.callers },
        ...{ originMs: this.#order.originMs, daySeconds: this.#order.daySeconds },
        ...{ name, logFile, earlierLogFile, attempts: left, seed: seed + worker * 7919 + start * 104_729 },
      };
      const child = fork(program, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      this.#running.set(worker, child);
      const [code, signal] = await once(child, 'exit');
      this.#running.delete(worker);
      this.logFiles.push(logFile);
      const made = readLog(logFile).filter(({ verb }) => verb === 'held' || verb === 'refused').length;
      this.attempts += made;
      left -= made;
      earlierLogFile = logFile;
      if (signal === 'SIGKILL') continue;
      findings.expect(code === 0, `worker ${name} ended with ${signal ?? code}`);
      return;
    }
  }
}
