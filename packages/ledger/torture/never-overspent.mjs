#!/usr/bin/env node
/**
 * Lets processes that are killed at random reserve and settle on shared, nested limits, with the built package, while an
 * observer reads all counters. Ends with 1 when more was ever used and held than a limit allows, anything acknowledged got
 * lost or doubled, a hold of a killed process did not end as promised, or a counter is not the sum of its reservations.
 *
 *   node torture/never-overspent.mjs [--attempts 100000] [--processes 8] [--estimates bounds] [--callers 4] [--kills 1000000]
 *     [--pause 1500] [--day 5] [--seed 1] [--directory /tmp] [--keep]
 *
 * --attempts   Reservations that each process tries to make, admitted or refused.
 * --estimates  `bounds`: nobody uses more than was reserved, so no limit is ever exceeded. `low`: some use more, or use
 *              what was released or expired; then the overrun of each counter is exactly the sum of what was beyond.
 * --callers    Of each process, at the same time.
 * --kills      At most so many.
 * --pause      The longest between two kills, in milliseconds.
 * --day        How many seconds a day takes: limits for a day start anew so often.
 * --seed       Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep       Leaves the ledger and the logs where they are, as it does after a violation.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLedger } from '../dist/index.js';
import { sqliteStore } from '../dist/sqlite.js';
import { Findings, print } from './lib/findings.mjs';
import { readOptions } from './lib/options.mjs';
import { randomFrom } from './lib/random.mjs';
import { checkSpending } from './lib/spending-checks.mjs';
import { fastClock, limits, parents } from './lib/spending-plan.mjs';
import { SpendingWorkers } from './lib/spending-workers.mjs';

const options = readOptions({
  ...{ attempts: 100_000, processes: 8, estimates: 'bounds', callers: 4 },
  ...{ kills: 1_000_000, pause: 1500, day: 5 },
});
if (!['bounds', 'low'].includes(options.estimates)) throw new RangeError('--estimates is bounds or low');

/** As long as the longest hold, and some more. */
const LAST_HOLDS_MS = 1700;
const RAISE_EVERY_MS = 25;
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'never-overspent-'));
const file = join(home, 'ledger.db');
const time = { originMs: Date.now(), daySeconds: options.day };
const startedMs = performance.now();
let figures = {};

try {
  print({ seed: options.seed, directory: home });
  figures = await torture();
} catch (error) {
  findings.broken(error);
} finally {
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish(figures);

async function torture() {
  const store = await sqliteStore({ file, clock: fastClock(time), busyTimeoutMs: 120_000, retentionDays: 1_000_000 });
  const ledger = createLedger({ store });
  for (const [scope, parent] of Object.entries(parents)) await ledger.setParent(scope, parent);
  for (const { scope, unit, window, room } of limits) {
    // Longer days have more room, so that each is used up in the course of it.
    const limit = window === null ? room : room * BigInt(Math.max(1, Math.round(options.day)));
    await ledger.setLimit({ scope, unit, window, limit });
  }

  const observer = await startObserver();
  const { attempts, estimates, callers, seed } = options;
  const workers = new SpendingWorkers({ file, home, attempts, estimates, callers, seed, findings, ...time });
  let isOver = false;
  const raising = raiseLimits(ledger, () => isOver);
  const killing = workers.killAtRandom({
    ...{ random: randomFrom(seed), longestPauseMs: options.pause, max: options.kills, isOver: () => isOver },
  });
  await workers.run(options.processes);
  const workedSeconds = (performance.now() - startedMs) / 1000;
  isOver = true;
  await Promise.all([raising, killing]);

  await pause(LAST_HOLDS_MS);
  const expiredAtTheEnd = await ledger.expireDue();
  const seen = await observer.stop();
  for (const discrepancy of await store.audit()) {
    findings.violation(`audit: ${Object.values(discrepancy).join(' ')}`);
  }
  await ledger.close();

  for (const violation of seen.violations) findings.violation(violation);
  const { refusedBy, ...counts } = checkSpending({ file, logFiles: workers.logFiles, estimates, findings });
  const tightest = Math.max(...Object.values(seen.peaks));
  findings.expect(counts.refused > 0 && tightest > 90, `no limit was ever tight: at most ${tightest}% were in use`);
  printLimits(seen.peaks, refusedBy);
  return {
    ...{ estimates, processes: options.processes, attempts: workers.attempts, ...counts, expiredAtTheEnd },
    ...{ kills: workers.kills, looks: seen.looks, overspentLooks: seen.violationCount },
    attemptsPerSecond: Math.round(workers.attempts / workedSeconds),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
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

async function startObserver() {
  const program = fileURLToPath(new URL('lib/spending-observer.mjs', import.meta.url));
  const child = fork(program, [JSON.stringify({ file, estimates: options.estimates })]);
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
