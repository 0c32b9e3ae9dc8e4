/**
 * One contender of `lock.mjs`, driven by messages:
 *   { hold: lock }                  takes the lock and keeps it until killed; answers once it has it
 *   { lock, times, startAt_ms }     takes the lock so many times; answers with what it saw
 *
 * Inside the lock it counts up a number in a file in two steps, and leaves a mark that names it. Whoever finds the mark
 * of a running process is not alone.
 */
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause, setImmediate as yieldOnce } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const { withLock } = await import(pathToFileURL(process.argv[2]).href);
const timeoutMs = 60_000;

process.on('message', async (order) => {
  if (order.hold !== undefined) {
    await withLock(order.hold, () => new Promise(() => answer({ holding: true })));
  }
  await pause(Math.max(0, order.startAt_ms - Date.now()));
  answer(await contend(order.lock, order.times));
});
process.on('disconnect', () => process.exit());
answer({ ready: true });

function answer(message) {
  process.send(message, () => {}); // Nobody may be listening any more.
}

async function contend(lock, times) {
  const seen = { acquired: 0, doubleHolders: 0, killedInside: 0, worstWait_ms: 0, failures: [], warnings: [] };
  for (let round = 0; round < times; round++) {
    const asked_ms = performance.now();
    try {
      await withLock(
        lock,
        async () => {
          seen.worstWait_ms = Math.max(seen.worstWait_ms, performance.now() - asked_ms);
          await beInside(dirname(lock), seen);
        },
        { timeoutMs, onWarning: (message) => seen.warnings.push(message) },
      );
      seen.acquired++;
    } catch (error) {
      seen.failures.push(String(error));
    }
  }
  return seen;
}

async function beInside(directory, seen) {
  const mark = join(directory, 'inside');
  enter(mark, seen);
  const counter = openSync(join(directory, 'counter'), 'r+');
  const count = Number(readFileSync(counter, 'latin1'));
  // Mostly short, sometimes long enough to be killed here.
  await (Math.random() < 0.9 ? yieldOnce() : pause(2));
  // Of fixed width and in one write, so that a kill cannot tear it.
  writeSync(counter, String(count + 1).padStart(12, '0'), 0);
  closeSync(counter);
  appendFileSync(join(directory, `counted-${process.pid}`), '.');
  leave(mark, seen);
}

function enter(mark, seen) {
  for (;;) {
    try {
      // A link comes into being together with what it says.
      return symlinkSync(String(process.pid), mark);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const other = readMark(mark);
      if (other !== null && isRunning(other)) {
        report(seen, mark);
        return;
      }
      if (other !== null) seen.killedInside++;
      removeIfThere(mark);
    }
  }
}

function leave(mark, seen) {
  if (readMark(mark) !== process.pid) return report(seen, mark);
  removeIfThere(mark);
}

/** Also in a file: this process may be killed before it can answer. */
function report(seen, mark) {
  seen.doubleHolders++;
  appendFileSync(join(dirname(mark), 'double-holders'), `${process.pid} beside ${readMark(mark)}\n`);
}

function readMark(mark) {
  try {
    return Number(readlinkSync(mark));
  } catch {
    return null;
  }
}

function removeIfThere(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(status.slice(status.lastIndexOf(')') + 2));
  } catch (error) {
    return error.code === 'EPERM' || process.platform !== 'linux';
  }
}
