// How fast observations are recorded with their roll-ups, and how long it takes to ask these after a long history.
//
//   node bench/observations.mjs [rounds]               default 10
//   node bench/observations.mjs --batches 5            batches of 1,000 in a turn, default 20
//   node bench/observations.mjs --observations 100000  the long history, default 10000000 (5 GB)
import { join } from 'node:path';
import { ledgerModule } from './lib/built.mjs';
import { bareObservations, bareObservationsWithAllSums } from './lib/observations/bare-observations.mjs';
import { callsOf } from './lib/observations/calls.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const BATCH = 1000;
const SHORT_HISTORY = 10_000;
const ASKED = 2000;
const INGEST_AT_LEAST = 0.85;
const STATS_AT_MOST_US = 200;
const STATS_TIMES_AT_MOST = 1.5;
const USAGE_AT_MOST_MS = 5;
const GROWTH_AT_MOST_MIB = 50;
const MS_PER_SECOND = 1000;

const { sqliteStore } = await import(ledgerModule('sqlite'));
const { recommend, taskStatistics } = await import(ledgerModule('index'));
const { rounds, batches, observations } = readSizes({ rounds: 10, batches: 20, observations: 10_000_000 });
printConditions(`${rounds} rounds`);
await inTemporaryDirectory(async (directory) => {
  await ingest(directory);
  await afterHistory(directory);
});

async function ingest(directory) {
  tellProgress('recording');
  const store = await sqliteStore({ file: join(directory, 'ours.db') });
  const bare = bareObservations(join(directory, 'bare.db'));
  const bareWithAll = bareObservationsWithAllSums(join(directory, 'bare-with-all.db'));
  const sides = [
    ['bare rows and one upsert', async (batch) => bare.observe(batch)],
    ['bare rows and an upsert for each sum', async (batch) => bareWithAll.observe(batch)],
    ['observe', (batch) => store.observe(batch)],
  ];
  const total = (rounds + warmUpRounds(rounds)) * batches * BATCH;
  const scenes = sides.map(([, observe]) => {
    const call = callsOf(observations);
    let next = 0;
    return async () => {
      const turn = Array.from({ length: batches }, () => Array.from({ length: BATCH }, () => call(next++)));
      const startedAtMs = performance.now();
      for (const batch of turn) await observe(batch);
      return ((batches * BATCH) / (performance.now() - startedAtMs)) * MS_PER_SECOND;
    };
  });
  const rates = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  const { observations: recorded } = await store.readUsageTotal('overall', '');
  if (recorded !== total) throw new Error(`${recorded} calls are recorded, not ${total}.`);
  await store.close();
  bare.close();
  bareWithAll.close();
  printTable(
    ['in batches of 1,000', 'a second'],
    sides.map(([name], index) => [name, withCommas(Math.round(median(rates[index])))]),
  );
  const [bareRates, bareWithAllRates, ours] = rates;
  const beside = (others) => median(ours.map((rate, round) => rate / others[round]));
  printGoal('observe beside bare rows and one upsert', beside(bareRates), { atLeast: INGEST_AT_LEAST });
  console.log(`beside bare rows and an upsert for each sum: ${beside(bareWithAllRates).toFixed(2)}`);
}

async function afterHistory(directory) {
  const short = await recorded(join(directory, 'short.db'), Math.min(SHORT_HISTORY, observations));
  const long = await recorded(join(directory, 'long.db'), observations);
  const sides = [short, long];
  const scenes = sides.map(({ store }) => async () => ({
    stats: await p99Of((asked) => statsOf(store, asked)),
    advice: await p99Of((asked) => adviceOf(store, asked)),
    usageMs: await usageOf(store),
  }));
  const found = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  const [stats, advice, usageMs] = ['stats', 'advice', 'usageMs'].map((what) =>
    found.map((each) => median(each.map((one) => one[what]))),
  );
  printTable(
    ['asked', 'statistics, p99 µs', 'advice, p99 µs', 'usage, ms', 'memory grew, MiB'],
    sides.map(({ count, grownBytes }, index) => [
      `after ${withCommas(count)} calls`,
      stats[index].toFixed(0),
      advice[index].toFixed(0),
      usageMs[index].toFixed(2),
      mebibytes(grownBytes),
    ]),
  );
  for (const { store } of sides) await store.close();
  for (const [what, [short, long]] of [
    ['statistics', stats],
    ['advice', advice],
  ]) {
    printGoal(`${what}, p99`, long, { atMost: STATS_AT_MOST_US, unit: ' µs', digits: 0 });
    printGoal(`${what} beside a short history`, long / short, { atMost: STATS_TIMES_AT_MOST, unit: ' times' });
  }
  printGoal('usage is asked for', usageMs[1], { atMost: USAGE_AT_MOST_MS, unit: ' ms' });
  printGoal('memory grew after a tenth', long.grownBytes / 1024 / 1024, { atMost: GROWTH_AT_MOST_MIB, unit: ' MiB' });
}

async function recorded(file, count) {
  tellProgress(`a history of ${withCommas(count)} calls`);
  const store = await sqliteStore({ file });
  const call = callsOf(count);
  let afterTenth = null;
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    await store.observe(Array.from({ length }, (_, index) => call(from + index)));
    if (afterTenth === null && from + length >= count / 10) afterTenth = process.memoryUsage.rss();
  }
  return { store, count, grownBytes: process.memoryUsage.rss() - afterTenth };
}

/** The 99th percentile in microseconds. */
async function p99Of(ask) {
  const times = [];
  for (let asked = 0; asked < ASKED; asked += 1) {
    const startedAtMs = performance.now();
    await ask(asked);
    times.push((performance.now() - startedAtMs) * 1000);
  }
  return times.sort((first, second) => first - second)[Math.floor(ASKED * 0.99)];
}

/** Of one adapter at a task. */
async function statsOf(store, asked) {
  const [summary] = await store.readTaskSummaries({
    ...{ task: `task-${asked % 20}`, adapter: `adapter-${asked % 5}`, sinceDay: null, source: null },
  });
  return taskStatistics(summary);
}

/** Between the five adapters of a task. */
async function adviceOf(store, asked) {
  const task = `task-${asked % 20}`;
  const candidates = Array.from({ length: 5 }, (_, index) => `adapter-${index}`);
  const summaries = await store.readTaskSummaries({ task, adapter: null, sinceDay: null, source: null });
  return recommend({ task, candidates, maxLoss: 0.1, seed: asked }, summaries);
}

/** What a page of usage shows: all, by agent and by model. */
async function usageOf(store) {
  const startedAtMs = performance.now();
  await store.readUsageTotal('overall', '');
  for (const dimension of ['agent', 'model']) await store.listUsageTotals({ dimension, after: null, limit: 1000 });
  return performance.now() - startedAtMs;
}
