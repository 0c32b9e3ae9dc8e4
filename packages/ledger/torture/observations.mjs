#!/usr/bin/env node
/**
 * Lets processes that are killed at random send calls and judgements, their own and ones that all of them send, each until
 * it knows that they arrived, with the built package. An observer looks meanwhile whether totals are those of what is
 * recorded. Ends with 1 when a call is missing, doubled or changed, or a roll-up is not the sum of its calls.
 *
 *   node torture/observations.mjs [--calls 20000] [--processes 8] [--pause 400] [--seed 1] [--directory /tmp] [--keep]
 *
 * --calls   Of each process; a quarter as many are sent by all.
 * --pause   The longest between two kills, in milliseconds.
 * --seed    Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep    Leaves the ledger where it is, as it does after a violation.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import Sqlite from 'better-sqlite3';
import { sqliteStore } from '../dist/sqlite.js';
import { judgementOf, observedCall, ownIds, sharedIds } from './lib/observed-calls.mjs';

const program = fileURLToPath(new URL('lib/observing-worker.mjs', import.meta.url));
const LOOK_EVERY_MS = 20;
const options = readOptions({ calls: 20_000, processes: 8, pause: 400 });
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'observations-'));
const file = join(home, 'ledger.db');
const shared = sharedIds(Math.ceil(options.calls / 4));
/** Those that have sent something since they were started: however busy the machine is, all get on. */
const running = new Set();
const startedMs = performance.now();
let figures = {};
let isOver = false;

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
  await (await sqliteStore({ file })).close();
  const looking = lookAtTotals();
  const killing = killAtRandom();
  await Promise.all(Array.from({ length: options.processes }, (_, worker) => keepSending(worker)));
  isOver = true;
  const [kills, looks] = [await killing, await looking];
  findings.expect(looks > 0, 'nobody looked while calls were sent');
  const store = await sqliteStore({ file });
  for (const { rollup, differences } of await store.auditRollups())
    findings.violation(`${rollup}: ${differences.join('; ')}`);
  const calls = await checkCalls(store);
  await store.close();
  return {
    processes: options.processes,
    calls,
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
    const child = fork(program, [JSON.stringify({ file, seed: options.seed + worker * 7919 + start })]);
    child.send({ ids, from });
    child.on('message', (at) => {
      from = at;
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

/** In one state of the file: what is recorded, and what totals and slots say. */
async function lookAtTotals() {
  const database = new Sqlite(file, { readonly: true, timeout: 60_000 });
  const look = database.prepare(`SELECT (SELECT count(*) FROM observations),
    coalesce((SELECT CAST(sums AS INTEGER) FROM usage_totals WHERE dimension = 'overall' AND is_forgotten = 0), 0),
    coalesce((SELECT sum(observations) FROM usage_slots WHERE dimension = 'overall' AND is_forgotten = 0), 0)`);
  let looks = 0;
  for (; !isOver; looks += 1) {
    const [recorded, inTotals, inSlots] = look.raw().get();
    findings.expect(
      recorded === inTotals && recorded === inSlots,
      `${recorded} are recorded, ${inTotals} in totals, ${inSlots} in slots`,
    );
    await pause(LOOK_EVERY_MS);
  }
  database.close();
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
