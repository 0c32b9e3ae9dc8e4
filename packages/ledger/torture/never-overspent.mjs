#!/usr/bin/env node
/**
 * Lets processes that are killed at random reserve and settle on shared, nested limits, with the built package, while an
 * observer reads all counters. Ends with 1 when more was ever used and held than a limit allows, anything acknowledged got
 * lost or doubled, a hold of a killed process did not end as promised, or a counter is not the sum of its reservations.
 *
 *   node torture/never-overspent.mjs [--attempts 100000] [--processes 8] [--estimates bounds] [--callers 4] [--kills 1000000]
 *     [--store sqlite] [--restarts 0] [--pause 1500] [--day 5] [--seed 1] [--directory /tmp] [--keep]
 *
 * --attempts   Reservations that each process tries to make, admitted or refused.
 * --estimates  `bounds`: nobody uses more than was reserved, so no limit is ever exceeded. `low`: some use more, or use
 *              what was released or expired; then the overrun of each counter is exactly the sum of what was beyond.
 * --callers    Of each process, at the same time.
 * --kills      At most so many.
 * --store      `sqlite`: one file. `postgres`: a server that the script starts.
 * --restarts   How often that server is killed and started again, while nothing else stops.
 * --pause      The longest between two kills, in milliseconds.
 * --day        How many seconds a day takes: limits for a day start anew so often.
 * --seed       Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep       Leaves the ledger and the logs where they are, as it does after a violation.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomFrom, readOptions } from '@budget/test-tools';
import { createLedger } from '../dist/index.js';
import { openStore } from './lib/ledgers.mjs';
import { onALedger } from './lib/on-a-ledger.mjs';
import { checkSpending } from './lib/spending-checks.mjs';
import { fastClock, limits, parents } from './lib/spending-plan.mjs';
import { SpendingWorkers } from './lib/spending-workers.mjs';

const options = readOptions({
  ...{ attempts: 100_000, processes: 8, estimates: 'bounds', callers: 4 },
  ...{ kills: 1_000_000, pause: 1500, day: 5, store: 'sqlite', restarts: 0 },
});
if (!['bounds', 'low'].includes(options.estimates)) throw new RangeError('--estimates is bounds or low');

/** As long as the longest hold, and some more. */
const LAST_HOLDS_MS = 1700;
const RAISE_EVERY_MS = 25;
const { home, made, findings, run } = await onALedger('never-overspent', options);
const time = { originMs: Date.now(), daySeconds: options.day };
const startedMs = performance.now();

await run(torture);

async function torture() {
  const { place, restart } = made;
  const store = await openStore(place, fastClock(time));
  const ledger = createLedger({ store });
  for (const [scope, parent] of Object.entries(parents)) await ledger.setParent(scope, parent);
  for (const { scope, unit, window, room } of limits) {
    // Longer days have more room, so that each is used up in the course of it.
    const limit = window === null ? room : room * BigInt(Math.max(1, Math.round(options.day)));
    await ledger.setLimit({ scope, unit, window, limit });
  }

  const observer = await startObserver(place);
  const { attempts, estimates, callers, seed } = options;
  const workers = new SpendingWorkers({ place, home, attempts, estimates, callers, seed, findings, ...time });
  let isOver = false;
  const raising = raiseLimits(ledger, () => isOver);
  const killing = workers.killAtRandom({
    ...{ random: randomFrom(seed), longestPauseMs: options.pause, max: options.kills, isOver: () => isOver },
  });
  const restarting = restartAtRandom(restart, () => isOver);
  await workers.run(options.processes);
  const workedSeconds = (performance.now() - startedMs) / 1000;
  isOver = true;
  const restarts = (await Promise.all([restarting, raising, killing]))[0];

  await pause(LAST_HOLDS_MS);
  const expiredAtTheEnd = await ledger.expireDue();
  const seen = await observer.stop();
  for (const discrepancy of await store.audit()) {
    findings.violation(`audit: ${Object.values(discrepancy).join(' ')}`);
  }
  await ledger.close();

  for (const violation of seen.violations) findings.violation(violation);
  const { refusedBy, ...counts } = await checkSpending({ place, logFiles: workers.logFiles, estimates, findings });
  const tightest = Math.max(...Object.values(seen.peaks));
  findings.expect(counts.refused > 0 && tightest > 90, `no limit was ever tight: at most ${tightest}% were in use`);
  printLimits(seen.peaks, refusedBy);
  return {
    ...{ estimates, processes: options.processes, attempts: workers.attempts, ...counts, expiredAtTheEnd },
    ...{ store: options.store, restarts, kills: workers.kills, looks: seen.looks, overspentLooks: seen.violationCount },
    attemptsPerSecond: Math.round(workers.attempts / workedSeconds),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

/** Of a server; says how often. */
async function restartAtRandom(restart, isOver) {
  const random = randomFrom(options.seed + 1);
  let restarts = 0;
  while (restart !== undefined && restarts < options.restarts) {
    await pause(1000 + random.fraction() * options.pause);
    if (isOver()) break;
    await restart();
    restarts += 1;
  }
  return restarts;
}

/** Always a little more for life than what is used, so that somebody is refused all the time and nobody for ever. */
async function raiseLimits(ledger, isOver) {
  const forLife = limits.filter(({ window }) => window === null);
  const current = new Map(forLife.map((limit) => [limit, limit.room]));
  while (!isOver()) {
    await pause(RAISE_EVERY_MS);
    for (const limit of forLife) {
      const { scope, unit, window, room } = limit;
      const state = await ledger.readScope(scope);
      const raised = state.usage.find((usage) => usage.unit === unit).used + room;
      if (raised < current.get(limit) + room / 4n) continue;
      current.set(limit, raised);
      await ledger.setLimit({ scope, unit, window, limit: raised });
    }
  }
}

async function startObserver(place) {
  const program = fileURLToPath(new URL('lib/spending-observer.mjs', import.meta.url));
  const child = fork(program, [JSON.stringify({ place, estimates: options.estimates })]);
  await once(child, 'message');
  const answer = once(child, 'message');
  child.once('exit', (code) => {
    if (code !== 0) findings.violation(`the observer ended with ${code}`);
  });
  return {
    async stop() {
      child.send('stop');
      const [seen] = await answer;
      return seen;
    },
  };
}

function printLimits(peaks, refusedBy) {
  const rows = Object.entries(peaks).map(([limit, percent]) => [
    limit,
    { 'highest %': percent, refusals: refusedBy[limit] ?? 0 },
  ]);
  console.table(Object.fromEntries(rows));
}
