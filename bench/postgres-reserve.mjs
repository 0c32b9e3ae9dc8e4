// How fast amounts are reserved and settled on PostgreSQL: alone, by 64 clients on one limit, and after a long history.
//
//   node bench/postgres-reserve.mjs [rounds]            default 10
//   node bench/postgres-reserve.mjs --cycles 100        reservations in a turn of one client, default 500
//   node bench/postgres-reserve.mjs --milliseconds 500  how long the clients race, default 5000
//   node bench/postgres-reserve.mjs --history 1000      settled calls of the long history, default 1000000 (0.5 GB)
import { startPostgres } from '@budget/test-postgres';
import { readSizes } from './lib/options.mjs';
import { bareReservation, twoTransactions } from './lib/postgres/bare-postgres.mjs';
import { addSettledCalls, ourPostgres } from './lib/postgres/our-postgres.mjs';
import { printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { reserveAndSettle, usedOf } from './lib/reservations/our-ledger.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';

const CLIENTS = 64;
const SHORT_HISTORY = 10;
const ALONE_AT_LEAST = 0.7;
const HISTORY_AT_MOST = 1.2;
const MS_PER_SECOND = 1000;

const { rounds, cycles, milliseconds, history } = readSizes({
  rounds: 10,
  cycles: 500,
  milliseconds: 5000,
  history: 1_000_000,
});

printConditions(`${rounds} rounds`, 'PostgreSQL on this machine, as it comes: fsync and synchronous_commit on');
const server = await startPostgres();
try {
  await alone();
  await together();
  await afterHistory();
} finally {
  await server.remove();
}

async function alone() {
  tellProgress('one client');
  const ledger = await ourPostgres(server.address);
  const sides = [
    ['two transactions of one row each', await twoTransactions(server.address)],
    ['bare reservation', await bareReservation(server.address)],
    ['reserve + settle', { cycle: () => reserveAndSettle(ledger), close: () => ledger.close() }],
  ];
  const scenes = sides.map(
    ([, { cycle }]) =>
      () =>
        perSecond(cycle),
  );
  const rates = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  const expected = BigInt((rounds + warmUpRounds(rounds)) * cycles);
  if ((await usedOf(ledger)) !== expected)
    throw new Error(`${await usedOf(ledger)} calls are booked, not ${expected}.`);
  for (const [, { close }] of sides) await close();
  const ratioTo = (index) => median(rates[2].map((rate, round) => rate / rates[index][round]));
  printTable(
    ['one client', 'a second', 'of it, ours makes'],
    sides.map(([name], index) => [name, withCommas(Math.round(median(rates[index]))), ratioTo(index).toFixed(2)]),
  );
  printGoal('reserve + settle beside two bare transactions', ratioTo(0), { atLeast: ALONE_AT_LEAST });
}

async function perSecond(cycle) {
  const startedAtMs = performance.now();
  for (let count = 0; count < cycles; count += 1) await cycle();
  return (cycles / (performance.now() - startedAtMs)) * MS_PER_SECOND;
}

/** All of them on one limit: they can only come one after the other, and none may starve. */
async function together() {
  tellProgress(`${CLIENTS} clients on one limit`);
  const ledger = await ourPostgres(server.address, { schema: 'together', maxConnections: CLIENTS });
  const untilMs = performance.now() + milliseconds;
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const times = [];
      while (performance.now() < untilMs) {
        const startedAtMs = performance.now();
        await reserveAndSettle(ledger);
        times.push(performance.now() - startedAtMs);
      }
      return times;
    }),
  );
  const times = clients.flat().toSorted((first, second) => first - second);
  const booked = await usedOf(ledger);
  if (booked !== BigInt(times.length)) throw new Error(`${booked} calls are booked, not ${times.length}.`);
  await ledger.close();
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(0);
  printTable(
    [`${CLIENTS} clients, one limit`, 'a second', 'p50, ms', 'p99, ms', 'longest, ms', 'fewest of a client'],
    [
      [
        'reserve + settle',
        withCommas(Math.round((times.length / milliseconds) * MS_PER_SECOND)),
        ...[at(0.5), at(0.99), at(1)],
        String(Math.min(...clients.map((each) => each.length))),
      ],
    ],
  );
}

async function afterHistory() {
  tellProgress(`a history of ${withCommas(history)} settled calls`);
  const ledgers = [];
  for (const calls of [SHORT_HISTORY, history]) {
    const schema = `after_${calls}`;
    const ledger = await ourPostgres(server.address, { schema });
    await addSettledCalls(server.address, schema, calls);
    ledgers.push(ledger);
  }
  const scenes = ledgers.map((ledger) => () => perSecond(() => reserveAndSettle(ledger)));
  const rates = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  for (const ledger of ledgers) await ledger.close();
  printTable(
    ['reserve + settle', 'a second'],
    [SHORT_HISTORY, history].map((calls, index) => [
      `after ${withCommas(calls)} settled calls`,
      withCommas(Math.round(median(rates[index]))),
    ]),
  );
  const ratio = median(rates[0].map((rate, round) => rate / rates[1][round]));
  printGoal('the time after a long history', ratio, { atMost: HISTORY_AT_MOST, unit: ' times' });
}
