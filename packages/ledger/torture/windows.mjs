#!/usr/bin/env node
/**
 * Lets a year go by at its window ends: connections in threads of their own reserve just before the end of a day, week or
 * month of five time zones, and settle after it, while the clock steps over it. Ends with 1 when anything was lost,
 * doubled or counted in another window than it was reserved in. Which window a moment is in is told by
 * `Intl.DateTimeFormat`, and what was used by the connections' own memory.
 *
 *   node torture/windows.mjs [--connections 4] [--every 1] [--verbs 4] [--store sqlite] [--seed 1] [--directory /tmp] [--keep]
 *
 * --every    Stops at each so many-th end of a day only, and at those around a change of clocks.
 * --verbs    How many verbs happen, of all connections together, before the clock steps on.
 * --store    `sqlite`: one file. `postgres`: a server that the script starts.
 * --seed     Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { randomFrom, readOptions } from '@budget/test-tools';
import { createLedger } from '../dist/index.js';
import { dayStarts } from './lib/calendar-days.mjs';
import { openStore } from './lib/ledgers.mjs';
import { onALedger } from './lib/on-a-ledger.mjs';
import { checkWindows } from './lib/window-checks.mjs';

const options = readOptions({ connections: 4, every: 1, verbs: 4, store: 'sqlite' });
const random = randomFrom(options.seed);
// Each changes its clocks twice in 2026: by half an hour on Lord Howe, at midnight in Cairo and Santiago.
const timeZones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'America/Santiago'];
const teams = timeZones.map((timeZone) => `team:${timeZone}`);
const windows = ['day', 'week', 'month'];
const DAY_MS = 86_400_000;
const YEAR = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2027, 0, 1, 12) };
/** Nobody limits calls until then; all of that day, week and month count. */
const CALLS_LIMITED_FROM_MS = Date.UTC(2026, 6, 15, 13);
/** Tight for a team's day, so that some are refused until it starts anew. */
const LIMITS = { day: 2_500, week: 12_000, month: 1_000_000 };
const PLENTY = 1_000_000_000;
const MAX_WAIT_MS = 60_000;

const { made, findings, run } = await onALedger('windows', options);
const startedMs = performance.now();

await run(liveThroughTheYear);

async function liveThroughTheYear() {
  const days = timeZones.map((timeZone) => dayStarts(timeZone, YEAR.fromMs, YEAR.toMs));
  const changes = days.flatMap((starts) =>
    starts.filter((start, index) => index > 0 && start - starts[index - 1] !== DAY_MS),
  );
  const ends = [...new Set(days.flat())].sort((first, second) => first - second);
  const near = (end) => changes.some((change) => Math.abs(change - end) <= DAY_MS);
  const stops = ends.filter((end, index) => index % options.every === 0 || near(end));

  const clock = new BigInt64Array(new SharedArrayBuffer(8));
  // How many verbs were made; whether it is over; whether a connection failed.
  const steps = new Int32Array(new SharedArrayBuffer(12));
  setClock(clock, YEAR.fromMs);
  const nowMs = () => Number(Atomics.load(clock, 0));
  const store = await openStore(made.place, { nowMs });
  const ledger = createLedger({ store });
  await setLimits(ledger);

  const workers = Array.from({ length: options.connections }, (_, index) => startWorker(index, { clock, steps }));
  let areCallsLimited = false;
  for (const end of stops) {
    if (hasFailed(steps)) break;
    for (const atMs of [end - random.integer(2, 3_600_000), end - 1, end, end + random.integer(1, 3_600_000)]) {
      if (atMs > nowMs()) setClock(clock, atMs);
      await untilMade(steps, options.verbs);
    }
    if (areCallsLimited || nowMs() < CALLS_LIMITED_FROM_MS) continue;
    areCallsLimited = true;
    await limitCalls(ledger);
  }
  Atomics.store(steps, 1, 1);
  const told = await Promise.all(workers);

  // Longer than the longest hold.
  setClock(clock, nowMs() + 8 * DAY_MS);
  const expiredAtTheEnd = await ledger.expireDue();
  for (const discrepancy of await store.audit()) findings.violation(`audit: ${Object.values(discrepancy).join(' ')}`);
  await ledger.close();

  for (const fault of told.flatMap(({ faults }) => faults)) findings.violation(fault);
  const reservations = told.flatMap((each) => each.reservations);
  const refusals = told.flatMap((each) => each.refusals);
  const checked = await checkWindows({
    place: made.place,
    reservations,
    refusals,
    timeZones,
    limits: LIMITS,
    findings,
  });
  findings.expect(refusals.length > 0 && expiredAtTheEnd > 0, 'nobody was refused, or nothing expired');
  return {
    ...{ connections: options.connections, stops: stops.length, changesOfClocks: changes.length },
    ...{ reservations: reservations.length, refusals: refusals.length, expiredAtTheEnd, ...checked },
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

/** A team has the windows of its own zone, and all of them together those of every zone. */
async function setLimits(ledger) {
  for (const timeZone of timeZones) {
    await ledger.setParent(`team:${timeZone}`, 'org');
    for (const every of windows) {
      const window = { every, timeZone };
      await ledger.setLimit({ scope: `team:${timeZone}`, unit: 'tokens', window, limit: LIMITS[every] });
      await ledger.setLimit({ scope: 'org', unit: 'tokens', window, limit: PLENTY });
    }
  }
}

async function limitCalls(ledger) {
  for (const timeZone of timeZones) {
    for (const every of windows) {
      await ledger.setLimit({ scope: 'org', unit: 'calls', window: { every, timeZone }, limit: PLENTY });
    }
  }
}

async function startWorker(index, { clock, steps }) {
  const workerData = {
    ...{ name: `connection-${index}`, place: made.place, teams, seed: options.seed + index + 1 },
    ...{ clockBuffer: clock.buffer, stepBuffer: steps.buffer },
  };
  const worker = new Worker(new URL('lib/window-worker.mjs', import.meta.url), { workerData });
  const [told] = await once(worker, 'message');
  return told;
}

function setClock(clock, atMs) {
  Atomics.store(clock, 0, BigInt(atMs));
}

function hasFailed(steps) {
  return Atomics.load(steps, 2) === 1;
}

async function untilMade(steps, verbs) {
  const until = Atomics.load(steps, 0) + verbs;
  const startMs = performance.now();
  for (let made = until - verbs; made < until && !hasFailed(steps); made = Atomics.load(steps, 0)) {
    if (performance.now() - startMs > MAX_WAIT_MS) throw new Error('the connections do nothing any more');
    Atomics.wait(steps, 0, made, 50);
    await nextTurn();
  }
}
