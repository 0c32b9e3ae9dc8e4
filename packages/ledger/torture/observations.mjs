#!/usr/bin/env node
/**
 * Lets processes that are killed at random send calls and judgements, their own and ones that all of them send, each until
 * it knows that they arrived, with the built package. An observer looks meanwhile whether totals are those of what is
 * recorded. Ends with 1 when a call is missing, doubled or changed, or a roll-up is not the sum of its calls.
 *
 *   node torture/observations.mjs [--calls 20000] [--processes 8] [--pause 400] [--store sqlite] [--restarts 0] [--seed 1]
 *     [--directory /tmp] [--keep]
 *
 * --calls     Of each process; a quarter as many are sent by all.
 * --pause     The longest between two kills, in milliseconds.
 * --store     `sqlite`: one file. `postgres`: a server that the script starts.
 * --restarts  How often that server is killed and started again, while nothing else stops.
 * --seed      Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep      Leaves the ledger where it is, as it does after a violation.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomFrom, readOptions } from '@budget/test-tools';
import { openRows, openStore } from './lib/ledgers.mjs';
import { judgementOf, observedCall, ownIds, sharedIds } from './lib/observed-calls.mjs';
import { onALedger } from './lib/on-a-ledger.mjs';

const program = fileURLToPath(new URL('lib/observing-worker.mjs', import.meta.url));
const LOOK_EVERY_MS = 20;
/** Of each part of the calls in which the server is started again once: where in it. */
const RESTARTED_UNTIL = 0.8;
const options = readOptions({ calls: 20_000, processes: 8, pause: 400, store: 'sqlite', restarts: 0 });
const { made, findings, run } = await onALedger('observations', options);
const shared = sharedIds(Math.ceil(options.calls / 4));
/** Those that have sent something since they were started: however busy the machine is, all get on. */
const running = new Set();
/** Which share of its calls each worker is known to have sent. */
const sent = new Map();
const startedMs = performance.now();
let isOver = false;

await run(torture);

async function torture() {
  const store = await openStore(made.place);
  const looking = lookAtTotals();
  const killing = killAtRandom();
  const restarting = restartAtRandom();
  await Promise.all(Array.from({ length: options.processes }, (_, worker) => keepSending(worker)));
  isOver = true;
  const [kills, looks, restarts] = await Promise.all([killing, looking, restarting]);
  findings.expect(looks > 0, 'nobody looked while calls were sent');
  for (const { rollup, differences } of await store.auditRollups())
    findings.violation(`${rollup}: ${differences.join('; ')}`);
  const calls = await checkCalls(store);
  await store.close();
  return {
    processes: options.processes,
    calls,
    store: options.store,
    restarts,
    kills,
    looks,
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

/** Own and shared calls, in turns; what is not known to have arrived is sent again after a kill. */
async function keepSending(worker) {
  const random = randomFrom(options.seed + worker);
  const ids = [...ownIds(worker, options.calls), ...shared].sort(() => random.fraction() - 0.5);
  for (let from = 0, start = 0; from < ids.length; start += 1) {
    const child = fork(program, [JSON.stringify({ place: made.place, seed: options.seed + worker * 7919 + start })]);
    child.send({ ids, from });
    child.on('message', (at) => {
      from = at;
      sent.set(worker, at / ids.length);
      running.add(child);
    });
    const [code, signal] = await once(child, 'exit');
    running.delete(child);
    if (signal !== 'SIGKILL') findings.expect(code === 0, `worker ${worker} ended with ${signal ?? code}`);
    if (code !== 0 && signal !== 'SIGKILL') return;
  }
}

async function killAtRandom() {
  const random = randomFrom(options.seed - 1);
  for (let kills = 0; ; ) {
    await pause(random.fraction() * options.pause);
    if (isOver) return kills;
    const some = [...running];
    if (some.length > 0 && random.pick(some).kill('SIGKILL')) kills += 1;
  }
}

async function restartAtRandom() {
  const random = randomFrom(options.seed - 2);
  let restarts = 0;
  for (; restarts < options.restarts; restarts += 1) {
    const share = (restarts + random.fraction() * RESTARTED_UNTIL) / options.restarts;
    while (!isOver && sentOfAll() < share) await pause(LOOK_EVERY_MS);
    if (isOver) break;
    await made.restart();
  }
  findings.expect(restarts === options.restarts, `the server was restarted ${restarts} times only`);
  return restarts;
}

function sentOfAll() {
  return [...sent.values()].reduce((sum, share) => sum + share, 0) / options.processes;
}

/** In one state of the ledger: what is recorded, and what totals and slots say. */
async function lookAtTotals() {
  const isAll = options.store === 'sqlite' ? 'is_forgotten = 0' : 'NOT is_forgotten';
  const inTotals = options.store === 'sqlite' ? 'CAST(sums AS INTEGER)' : 'observations';
  const text = `SELECT (SELECT count(*) FROM observations) AS recorded,
    coalesce((SELECT ${inTotals} FROM usage_totals WHERE dimension = 'overall' AND ${isAll}), 0) AS in_totals,
    coalesce((SELECT sum(observations) FROM usage_slots WHERE dimension = 'overall' AND ${isAll}), 0) AS in_slots`;
  const rows = await openRows(made.place);
  let looks = 0;
  for (; !isOver; looks += 1) {
    const [{ recorded, in_totals, in_slots }] = await rows.all(text);
    findings.expect(
      BigInt(recorded) === BigInt(in_totals) && BigInt(recorded) === BigInt(in_slots),
      `${recorded} are recorded, ${in_totals} in totals, ${in_slots} in slots`,
    );
    await pause(LOOK_EVERY_MS);
  }
  await rows.close();
  return looks;
}

/** Each once, as it was sent, and its judgement. Sums are worked out here anew. */
async function checkCalls(store) {
  const expected = [...shared];
  for (let worker = 0; worker < options.processes; worker += 1) expected.push(...ownIds(worker, options.calls));
  let cost = 0n;
  let tokens = 0n;
  const judged = { count: 0, millionths: 0n };
  for (const id of expected) {
    const call = observedCall(id);
    cost += call.costNanoUsd ?? 0n;
    tokens += BigInt(call.promptTokens);
    const judgement = call.task === undefined ? null : judgementOf(id);
    if (judgement !== null) {
      judged.count += 1;
      judged.millionths += BigInt(Math.round(judgement.quality * 1e6));
    }
    const kept = await store.readObservation(id);
    const isSame = kept?.atMs === Date.parse(call.at) && kept?.costNanoUsd === call.costNanoUsd;
    findings.expect(isSame, () => `${id} is ${kept === null ? 'missing' : 'another'}`);
  }
  const total = await store.readUsageTotal('overall', '');
  findings.expect(total.observations === expected.length, `${total.observations} calls, not ${expected.length}`);
  findings.expect(total.costNanoUsd === cost && total.promptTokens === tokens, 'totals are not the sums of the calls');
  const query = { adapter: null, sinceDay: null, source: 'tests' };
  const summaries = [
    ...(await store.readTaskSummaries({ task: 'one', ...query })),
    ...(await store.readTaskSummaries({ task: 'two', ...query })),
  ];
  const found = summaries.reduce((sum, each) => sum + each.judged, 0);
  const millionths = summaries.reduce((sum, each) => sum + each.qualityMillionths, 0n);
  findings.expect(
    found === judged.count && millionths === judged.millionths,
    `${found} judgements, not ${judged.count}`,
  );
  return expected.length;
}
