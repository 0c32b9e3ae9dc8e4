import { watch } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startBudget } from './budget-command.mjs';

/** Of each about what a command makes, a little more: a kill that comes too late lets it finish. */
const MOST_CHANGES = 26;
const MOST_WRITES = 4;
const MOST_SIGHTS = 10;
const MOST_AFTER_SIGHT_MS = 3;

const ways = [
  [0.15, 'not'],
  [0.35, 'at any time'],
  [0.2, 'on sight'],
  [0.15, 'at a change'],
  [0.15, 'in a write'],
];

/**
 * Runs a command and kills it in one of these ways: not; at any time of what it usually takes; when something in the
 * directory has changed so many times, which is when it writes; or from inside, at one of its changes of the disk or in
 * the middle of a write.
 *
 * @returns how it ended, and `way`.
 */
export async function killCommand(arguments_, { random, usual_ms, directory }) {
  const way = random.weighted(ways);
  const { child, ended } = startBudget(arguments_, killInside(way, random));
  const over = new AbortController();
  const kill = () => void child.kill('SIGKILL');
  const delay_ms = random.fraction() * usual_ms;
  const sights = random.integer(1, MOST_SIGHTS);
  const afterSight_ms = random.fraction() * MOST_AFTER_SIGHT_MS;
  if (way === 'at any time') after(delay_ms, over.signal, kill);
  if (way === 'on sight') afterChanges(directory, sights, over.signal, () => after(afterSight_ms, over.signal, kill));
  try {
    return { ...(await ended), way };
  } finally {
    over.abort();
  }
}

function killInside(way, random) {
  if (way === 'at a change')
    return { inside: { KILL_AT_CHANGE: random.integer(1, MOST_CHANGES), KILL_AFTER_SHARE: 0 } };
  if (way !== 'in a write') return {};
  const share = random.pick([0, 1, random.fraction(), random.fraction()]);
  // The first write is the one that records.
  const write = random.chance(0.5) ? 1 : random.integer(2, MOST_WRITES);
  return { inside: { KILL_AT_WRITE: write, KILL_AFTER_SHARE: share } };
}

function after(delay_ms, signal, action) {
  pause(delay_ms, undefined, { signal }).then(action, () => {});
}

function afterChanges(directory, count, signal, action) {
  let left = count;
  try {
    watch(directory, { signal }, () => {
      if (--left === 0) action();
    }).on('error', () => {}); // The directory may be gone before the command is.
  } catch (error) {
    // The first command ever creates it.
    if (error.code !== 'ENOENT') throw error;
  }
}
