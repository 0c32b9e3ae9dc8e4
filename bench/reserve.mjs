// How fast amounts are reserved and settled: alone, by many processes at once, and after a long history.
//
//   node bench/reserve.mjs [rounds]            default 10
//   node bench/reserve.mjs --cycles 200        reservations in a turn of one process, default 1000
//   node bench/reserve.mjs --milliseconds 500  how long many processes race in a turn, default 3000
//   node bench/reserve.mjs --history 1000      settled calls of the long history, default 10000000 (4 GB)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readSizes } from './lib/options.mjs';
import { printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { bareLedger, twoWrites } from './lib/reservations/bare-ledger.mjs';
import { addSettledCalls } from './lib/reservations/history.mjs';
import { ourLedger, reserveAndSettle, usedOf } from './lib/reservations/our-ledger.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory, settleDisk } from './lib/temporary-directory.mjs';

const PROCESSES = 8;
const SHORT_HISTORY = 10;
const ALONE_AT_LEAST = 0.7;
const TOGETHER_AT_LEAST = 0.5;
const HISTORY_AT_MOST = 1.2;
const HELD_AT_MOST_MS = 20;
const MS_PER_SECOND = 1000;
const racer = fileURLToPath(new URL('./programs/reserve-in-turns.mjs', import.meta.url));

const { rounds, cycles, milliseconds, history } = readSizes({
  rounds: 10,
  cycles: 1000,
  milliseconds: 3000,
  history: 10_000_000,
});

printConditions(`${rounds} rounds`);
await inTemporaryDirectory(async (directory) => {
  await alone(directory);
  await together(directory);
  await afterHistory(directory);
});

async function alone(directory) {
  tellProgress('one process');
  const ledger = await ourLedger(join(directory, 'ours.db'));
  const bare = bareLedger(join(directory, 'bare.db'));
  const writes = twoWrites(join(directory, 'writes.db'));
  let count = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const sides = [
    ['two writes of one row each', async () => writes.cycle()],
    ['bare reservation', async () => bareCycle(bare, `call-${count++}`)],
    ['reserve + settle', () => reserveAndSettle(ledger)],
  ];
  const scenes = sides.map(
    ([, cycle]) =>
      () =>
        perSecond(cycle, delay),
  );
  const rates = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  const expected = BigInt((rounds + warmUpRounds(rounds)) * cycles);
  if ((await usedOf(ledger)) !== expected)
    throw new Error(`${await usedOf(ledger)} calls are booked, not ${expected}.`);
  await ledger.close();
  bare.close();
  writes.close();

  const ours = rates[2].map(({ rate }) => rate);
  const ratioTo = (index) => median(ours.map((rate, round) => rate / rates[index][round].rate));
  printTable(
    ['one process', 'a second', 'of it, ours makes'],
    sides.map(([name], index) => {
      const rate = Math.round(median(rates[index].map((each) => each.rate)));
      return [name, withCommas(rate), ratioTo(index).toFixed(2)];
    }),
  );
  const heldMs = Math.max(...rates[2].map(({ longestMs }) => longestMs));
  printGoal('reserve + settle beside the bare one', ratioTo(1), { atLeast: ALONE_AT_LEAST });
  printGoal('the event loop is held, at worst', heldMs, { atMost: HELD_AT_MOST_MS, unit: ' ms', digits: 1 });
}

function bareCycle(bare, id) {
  bare.reserve(id, 100_000);
  bare.settle(id, 100_000, 90_000);
}

async function perSecond(cycle, delay) {
  delay.reset();
  delay.enable();
  const startedAtMs = performance.now();
  for (let count = 0; count < cycles; count += 1) await cycle();
  const elapsedMs = performance.now() - startedAtMs;
  await new Promise(setImmediate);
  delay.disable();
  return { rate: (cycles / elapsedMs) * MS_PER_SECOND, longestMs: delay.max / 1e6 };
}

async function together(directory) {
  tellProgress(`${PROCESSES} processes`);
  const sides = [
    ['bare reservation', 'bare'],
    ['reserve + settle', 'ours'],
  ];
  const scenes = sides.map(
    ([, side]) =>
      () =>
        race(side, join(directory, `${side}-race.db`)),
  );
  const races = await measureAsyncInRounds(scenes, { rounds: Math.max(1, Math.ceil(rounds / 2)), warmUpRounds: 1 });
  printTable(
    [`${PROCESSES} processes`, 'a second', 'longest, ms', 'loop held, ms'],
    sides.map(([name], index) => [
      name,
      withCommas(Math.round(median(races[index].map(({ rate }) => rate)))),
      median(races[index].map(({ longestMs }) => longestMs)).toFixed(0),
      median(races[index].map(({ heldMs }) => heldMs)).toFixed(0),
    ]),
  );
  const ratio = median(races[1].map(({ rate }, round) => rate / races[0][round].rate));
  printGoal(`${PROCESSES} processes beside bare ones that block`, ratio, { atLeast: TOGETHER_AT_LEAST });
  const heldMs = Math.max(...races[1].map((each) => each.heldMs));
  printGoal('the event loop is held, at worst', heldMs, { atMost: HELD_AT_MOST_MS, unit: ' ms', digits: 1 });
}

async function race(side, file) {
  if (side === 'ours') await (await ourLedger(file)).close();
  else bareLedger(file).close();
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [racer, side, file, String(milliseconds)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
  const reports = children.map(async ({ stdout }) => JSON.parse((await once(stdout, 'data'))[0]));
  for (const { stdin } of children) stdin.write('begin\n');
  const all = await Promise.all(reports);
  const total = all.reduce((sum, each) => sum + each.cycles, 0);
  return {
    rate: (total / milliseconds) * MS_PER_SECOND,
    longestMs: Math.max(...all.map(({ longestMs }) => longestMs)),
    heldMs: Math.max(...all.map(({ heldMs }) => heldMs)),
  };
}

async function afterHistory(directory) {
  tellProgress(`a history of ${withCommas(history)} settled calls`);
  const nowMs = Date.now();
  const ledgers = [];
  for (const calls of [SHORT_HISTORY, history]) {
    const file = join(directory, `after-${calls}.db`);
    await (await ourLedger(file)).close();
    addSettledCalls(file, calls, nowMs);
    ledgers.push(await ourLedger(file));
  }
  settleDisk();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const scenes = ledgers.map((ledger) => () => perSecond(() => reserveAndSettle(ledger), delay));
  const rates = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  for (const ledger of ledgers) await ledger.close();
  printTable(
    ['reserve + settle', 'a second', 'loop held, ms'],
    [SHORT_HISTORY, history].map((calls, index) => [
      `after ${withCommas(calls)} settled calls`,
      withCommas(Math.round(median(rates[index].map(({ rate }) => rate)))),
      Math.max(...rates[index].map(({ longestMs }) => longestMs)).toFixed(1),
    ]),
  );
  const ratio = median(rates[0].map(({ rate }, round) => rate / rates[1][round].rate));
  printGoal('the time after a long history', ratio, { atMost: HISTORY_AT_MOST, unit: ' times' });
}
