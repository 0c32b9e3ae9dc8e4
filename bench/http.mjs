// What it costs to reserve and settle over HTTP, beside the same ledger inside the program: alone, and by 64 callers at once.
//
//   node bench/http.mjs [rounds]           default 10
//   node bench/http.mjs --cycles 200       reservations in a turn, default 1000
import { join } from 'node:path';
import { readSizes } from './lib/options.mjs';
import { printConditions, printGoal, printTable, withCommas } from './lib/print.mjs';
import { ourLedger, reserveAndSettle, usedOf } from './lib/reservations/our-ledger.mjs';
import { servedLedger } from './lib/reservations/served-ledger.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const MANY = 64;
const ALONE_AT_LEAST = 0.3;
const MS_PER_SECOND = 1000;

const { rounds, cycles } = readSizes({ rounds: 10, cycles: 1000 });

printConditions(`${rounds} rounds`);
await inTemporaryDirectory(async (directory) => {
  const inside = await ourLedger(join(directory, 'inside.db'));
  const file = join(directory, 'served.db');
  const looking = await ourLedger(file);
  const served = await servedLedger(file);
  const sides = [
    ['inside, one caller', () => reserveAndSettle(inside), 1],
    ['over HTTP, one connection', served.reserveAndSettle, 1],
    [`inside, ${MANY} callers`, () => reserveAndSettle(inside), MANY],
    [`over HTTP, ${MANY} connections`, served.reserveAndSettle, MANY],
  ];
  const scenes = sides.map(
    ([, cycle, callers]) =>
      () =>
        measured(cycle, callers),
  );
  const turns = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) }).finally(
    served.close,
  );
  const expected = BigInt(2 * (rounds + warmUpRounds(rounds)) * cycles);
  for (const ledger of [inside, looking]) {
    const booked = await usedOf(ledger);
    if (booked !== expected) throw new Error(`${booked} calls are booked, not ${expected}.`);
  }
  await Promise.all([inside.close(), looking.close()]);

  const ratio = (of, to) => median(turns[of].map(({ rate }, round) => rate / turns[to][round].rate));
  printTable(
    ['reserve + settle', 'a second', 'of it inside', 'p99 ms'],
    sides.map(([name], index) => [
      name,
      withCommas(Math.round(median(turns[index].map(({ rate }) => rate)))),
      ratio(index, index < 2 ? 0 : 2).toFixed(2),
      median(turns[index].map(({ p99Ms }) => p99Ms)).toFixed(1),
    ]),
  );
  printGoal('over HTTP beside inside, one caller', ratio(1, 0), { atLeast: ALONE_AT_LEAST });
});

/** `cycles` of them by as many callers at once, each of which takes the next when it is done. */
async function measured(cycle, callers) {
  const times = [];
  let left = cycles;
  const startedAtMs = performance.now();
  const calling = Array.from({ length: callers }, async () => {
    while (left > 0) {
      left -= 1;
      const beganAtMs = performance.now();
      await cycle();
      times.push(performance.now() - beganAtMs);
    }
  });
  await Promise.all(calling);
  const rate = (cycles * MS_PER_SECOND) / (performance.now() - startedAtMs);
  return { rate, p99Ms: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] };
}
