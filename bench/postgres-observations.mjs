// How fast observations are recorded on PostgreSQL, with their roll-ups, beside a bare loop that writes the same rows.
//
//   node bench/postgres-observations.mjs [rounds]       default 10
//   node bench/postgres-observations.mjs --batches 10   in a turn, default 5
//   node bench/postgres-observations.mjs --batch 100    observations of each, default and at most 1000
import { startPostgres } from '@budget/test-postgres';
import { ledgerModule } from './lib/built.mjs';
import { callsOf } from './lib/observations/calls.mjs';
import { readSizes } from './lib/options.mjs';
import { bareObservations } from './lib/postgres/bare-observations.mjs';
import { printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';

const AT_LEAST = 0.7;
/** Of so many calls in four weeks these are the first. */
const HISTORY = 10_000_000;
const MS_PER_SECOND = 1000;

const { rounds, batches, batch } = readSizes({ rounds: 10, batches: 5, batch: 1000 });

printConditions(
  `${rounds} rounds of ${batches} × ${batch}`,
  'PostgreSQL on this machine, as it comes: fsync and synchronous_commit on',
);
const server = await startPostgres();
try {
  await recording();
} finally {
  await server.remove();
}

async function recording() {
  tellProgress('what is written, for the bare loop');
  const count = (rounds + warmUpRounds(rounds)) * batches * batch;
  const call = callsOf(HISTORY);
  const given = Array.from({ length: count / batch }, (_, index) =>
    Array.from({ length: batch }, (_, place) => call(index * batch + place)),
  );
  const { postgresStore } = await import(ledgerModule('postgres'));
  const scratch = await postgresStore({ connectionString: server.address, schema: 'scratch' });
  const bare = await bareObservations(server.address, 'scratch');
  const taken = [];
  for (const each of given) {
    await scratch.observe(each);
    taken.push(await bare.taken());
  }
  await scratch.close();

  tellProgress('recording');
  const store = await postgresStore({ connectionString: server.address });
  const rates = await measureAsyncInRounds(
    [() => perSecond(taken, bare.write), () => perSecond(given, store.observe)],
    { rounds, warmUpRounds: warmUpRounds(rounds) },
  );
  const recorded = [await bare.observations(), (await store.readUsageTotal('overall', '')).observations];
  if (recorded.some((each) => each !== count)) throw new Error(`${recorded.join(' and ')} are summed, not ${count}.`);
  await bare.close();
  await store.close();
  printTable(
    ['recorded with roll-ups', 'a second'],
    ['bare loop', 'observe'].map((name, index) => [name, withCommas(Math.round(median(rates[index])))]),
  );
  const ratio = median(rates[1].map((rate, round) => rate / rates[0][round]));
  printGoal('observe beside a bare loop that writes the same', ratio, { atLeast: AT_LEAST });
}

/** Takes its part of what is to be written. */
async function perSecond(left, write) {
  const part = left.splice(0, batches);
  const startedAtMs = performance.now();
  for (const each of part) await write(each);
  return ((part.length * batch) / (performance.now() - startedAtMs)) * MS_PER_SECOND;
}
