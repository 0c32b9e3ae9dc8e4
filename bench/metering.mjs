// What it costs a call to be metered: through the proxy, beside one that only passes on, and through a metered `fetch`.
//
//   node bench/metering.mjs [rounds]            default 10
//   node bench/metering.mjs --calls 50          calls, streams, and calls of a metered fetch in a turn, default 200
//   node bench/metering.mjs --milliseconds 300  how long many clients call in a turn, default 2000
//   node bench/metering.mjs --history 1000      calls until memory is looked at again, default 100000
//   node bench/metering.mjs --megabytes 16      of the upload, default 1024
import { join } from 'node:path';
import { callTogether, client } from './lib/metering/client.mjs';
import { fetchScenes } from './lib/metering/fetch-scenes.mjs';
import { withServers } from './lib/metering/servers.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { measureAsyncInRounds, median, medianOf, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const CALL_ADDS_AT_MOST_MS = 1;
const FIRST_BYTE_ADDS_AT_MOST_MS = 1;
const FETCH_ADDS_AT_MOST_US = 100;
const CLIENTS = [16, 64];
const THROUGHPUT_AT_LEAST = 0.5;
const MEMORY_AT_MOST = 1.2;
const UPLOAD_AT_MOST_MIB = 64;
/** Memory is looked at first after this part of the calls. */
const FIRST_LOOK = 0.1;
const MS_PER_SECOND = 1000;
const US_PER_MS = 1000;
const MEBIBYTE = 1024 * 1024;
const ROWS = ['direct', 'bare proxy', 'metering proxy'];

const { rounds, calls, milliseconds, history, megabytes } = readSizes({
  rounds: 10,
  calls: 200,
  milliseconds: 2000,
  history: 100_000,
  megabytes: 1024,
});
const inRounds = { rounds, warmUpRounds: warmUpRounds(rounds) };

printConditions(`${rounds} rounds`, `${withCommas(calls)} calls in a turn`);
await inTemporaryDirectory(async (directory) => {
  await withServers(join(directory, 'proxy.db'), async ({ provider, bare, metering }) => {
    const clients = [provider, bare, metering].map(({ url }) => client(url));
    await oneAfterTheOther('a call', clients, 'callMs', CALL_ADDS_AT_MOST_MS);
    await oneAfterTheOther('the first byte of a stream', clients, 'firstByteMs', FIRST_BYTE_ADDS_AT_MOST_MS);
    for (const count of CLIENTS) await together(count, clients, [provider, bare, metering]);
    expectAllBooked(await metering.ask('calls'));
    for (const each of clients) each.close();
  });
  await withServers(join(directory, 'memory.db'), memory);
  await throughFetch(join(directory, 'fetch.db'));
});

async function oneAfterTheOther(what, clients, measure, goal) {
  tellProgress(`${what}, one after the other`);
  const scenes = clients.map((each) => async () => {
    const times = [];
    for (let count = 0; count < calls; count += 1) times.push(await each[measure]());
    return median(times);
  });
  const times = await measureAsyncInRounds(scenes, inRounds);
  const beyond = (index, other) => median(times[index].map((time, round) => time - times[other][round]));
  printTable(
    [what, 'median ms', 'added to direct, ms'],
    ROWS.map((name, index) => [name, median(times[index]).toFixed(2), beyond(index, 0).toFixed(2)]),
  );
  printGoal(`${what}, added to the bare proxy`, beyond(2, 1), { atMost: goal, unit: ' ms' });
}

async function together(count, clients, servers) {
  tellProgress(`${count} clients`);
  const scenes = clients.map((each, index) => async () => {
    const before = await servers[index].ask('resources');
    const startedAtMs = performance.now();
    const endsAtMs = startedAtMs + milliseconds;
    const made = await callTogether(each, count, () => performance.now() < endsAtMs);
    const rate = (made / (performance.now() - startedAtMs)) * MS_PER_SECOND;
    const { cpuMs } = await servers[index].ask('resources');
    return { rate, cpuUs: ((cpuMs - before.cpuMs) / made) * US_PER_MS };
  });
  const results = await measureAsyncInRounds(scenes, inRounds);
  const ratio = (index) => median(results[index].map(({ rate }, round) => rate / results[1][round].rate));
  printTable(
    [`${count} clients`, 'calls a second', 'beside the bare proxy', 'µs of CPU a call'],
    ROWS.map((name, index) => [
      name,
      withCommas(Math.round(medianOf(results[index], 'rate'))),
      ratio(index).toFixed(2),
      // Direct calls end at the provider, which is no proxy.
      index === 0 ? '–' : medianOf(results[index], 'cpuUs').toFixed(0),
    ]),
  );
  printGoal(`${count} clients, beside the bare proxy`, ratio(2), { atLeast: THROUGHPUT_AT_LEAST });
}

async function memory({ metering }) {
  const program = client(metering.url);
  const marks = [];
  let made = 0;
  for (const until of [Math.ceil(history * FIRST_LOOK), history]) {
    tellProgress(`memory after ${withCommas(until)} calls`);
    const before = made;
    made += await callTogether(program, CLIENTS[0], (count) => before + count < until);
    marks.push({ name: `after ${withCommas(until)} calls`, ...(await metering.ask('resources')) });
  }
  tellProgress(`an upload of ${megabytes} MiB`);
  await program.upload(megabytes);
  marks.push({ name: `after an upload of ${withCommas(megabytes)} MiB`, ...(await metering.ask('resources')) });
  program.close();
  const { booked } = await metering.ask('calls');
  if (booked !== history) throw new Error(`${booked} calls are booked, not ${history}.`);

  printTable(
    ['metering proxy', 'resident, MiB', 'at most so far, MiB'],
    marks.map(({ name, rssBytes, peakBytes }) => [name, mebibytes(rssBytes), mebibytes(peakBytes)]),
  );
  const [first, second, third] = marks;
  printGoal('memory after many calls', second.rssBytes / first.rssBytes, { atMost: MEMORY_AT_MOST, unit: ' times' });
  // Beyond what was in use before it, not beyond the peak before it, behind which a growth could hide.
  const grownMib = Math.max(0, third.peakBytes - second.rssBytes) / MEBIBYTE;
  printGoal('an upload needs', grownMib, { atMost: UPLOAD_AT_MOST_MIB, unit: ' MiB', digits: 1 });
}

async function throughFetch(file) {
  tellProgress('a metered fetch');
  const { scenes: cycles, takeStoreMs, calls: callsNow, close } = await fetchScenes(file);
  const scenes = cycles.map((cycle) => async () => {
    const [times, own] = [[], []];
    for (let count = 0; count < calls; count += 1) {
      takeStoreMs();
      const startedAtMs = performance.now();
      await cycle();
      const elapsedMs = performance.now() - startedAtMs;
      times.push(elapsedMs * US_PER_MS);
      own.push((elapsedMs - takeStoreMs()) * US_PER_MS);
    }
    return { allUs: median(times), ownUs: median(own) };
  });
  const times = await measureAsyncInRounds(scenes, inRounds);
  expectAllBooked(await callsNow());
  await close();
  const names = ['the fetch alone', 'reserved and settled by hand', 'what it may cost alone', 'metered fetch'];
  printTable(
    ['without a network', 'median µs', 'without the store'],
    names.map((name, index) => [name, ...['allUs', 'ownUs'].map((field) => medianOf(times[index], field).toFixed(0))]),
  );
  const [, byHand, , all] = times;
  const added = median(all.map(({ ownUs }, round) => ownUs - byHand[round].ownUs));
  printGoal('a metered fetch adds, without the store,', added, {
    atMost: FETCH_ADDS_AT_MOST_US,
    unit: ' µs',
    digits: 0,
  });
}

function expectAllBooked({ booked, held }) {
  if (booked === 0 || held !== 0) throw new Error(`${booked} calls are booked and ${held} are still held.`);
}
