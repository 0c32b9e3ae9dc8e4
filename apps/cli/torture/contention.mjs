#!/usr/bin/env node
/**
 * Lets many processes record runs into one infospace at once, as fast as they can, while readers look on. Ends with 1
 * when a run got lost, doubled or a wrong index, when a total is wrong, or when a reader failed.
 *
 *   node torture/contention.mjs [--processes 8] [--runs 100] [--readers 2] [--seed 1] [--directory /tmp] [--keep]
 *
 * --processes  How many commands run at any time. Each is a process of its own.
 * --runs       How many each of them records, one after the other, a new record each time.
 *
 * A command that waited too long for the lock has recorded nothing; it is counted and repeated. None is expected.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { acknowledgement, budget, describeEnd, hasStackTrace } from './lib/budget-command.mjs';
import { makeInfospace, write } from './lib/infospace.mjs';
import { startPyYaml } from './lib/pyyaml.mjs';
import { startReaders } from './lib/readers.mjs';
import { NANO_USD_PER_RECORD, runRecordText, TOKENS_PER_RECORD } from './lib/records.mjs';
import { checkEntries, readUsage } from './lib/usage-file.mjs';

const MOST_RETRIES = 10;

const options = readOptions({ processes: 8, runs: 100, readers: 2 });
const random = randomFrom(options.seed);
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'contention-'));
const place = makeInfospace(home);
const expected = options.processes * options.runs;
/** By id of the record: whether a command said that it recorded it. */
const records = new Map();
const indices = [];
const durations_ms = [];
let started = 0;
let lockTimeouts = 0;

const pyyaml = startPyYaml();
let figures = {};
try {
  print({ seed: options.seed, directory: home });
  figures = await contend();
} catch (error) {
  findings.broken(error);
} finally {
  pyyaml.stop();
  // What went wrong may depend on the scheduler, so it is kept to be looked at.
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish(figures);

async function contend() {
  const readers = startReaders({
    ...place,
    count: options.readers,
    bounds,
    random: randomFrom(options.seed + 1),
    findings,
  });
  const started_ms = performance.now();
  await Promise.all(Array.from({ length: options.processes }, (_, process) => recordInTurn(process + 1)));
  const seconds = (performance.now() - started_ms) / 1000;
  const { reads } = await readers.stop();
  await checkAll();
  return {
    processes: options.processes,
    recorded: indices.length,
    lockTimeouts,
    reads,
    seconds: Math.round(seconds),
    median_ms: Math.round(durations_ms.sort((a, b) => a - b)[Math.floor(durations_ms.length / 2)]),
    worst_ms: Math.round(durations_ms.at(-1)),
  };
}

/** All commands here record one record each, so of both there are as many. */
function bounds() {
  const of = (count) => ({ runs: count, records: count, plans: 0 });
  return { acknowledged: of(indices.length), started: of(started) };
}

async function recordInTurn(process) {
  for (let number = 1; number <= options.runs; number++) {
    const id = `record-${process}-${number}`;
    write(place.recordFile(id), runRecordText(id, random.integer(1, 3)));
    records.set(id, { acknowledged: false });
    started++;
    await record(id);
  }
}

async function record(id) {
  for (let retries = 0; retries <= MOST_RETRIES; retries++) {
    const end = await budget('run', 'record', place.infospace, '--runs', place.recordFile(id));
    durations_ms.push(end.duration_ms);
    const answer = acknowledgement(end);
    const isTimeout = end.code === 5 && /Waited [\d.]+ s for the lock/.test(end.stderr);
    if (!isTimeout) {
      const isFine = answer?.run !== null && answer?.warnings.length === 0 && !hasStackTrace(end.stderr);
      if (!findings.expect(isFine, () => describeEnd(end))) return;
      findings.expect(
        answer.run.workflows[0].run_id === id,
        () => `${id} was recorded as another: ${describeEnd(end)}`,
      );
      indices.push(answer.run.run_index);
      records.set(id, { acknowledged: true });
      return;
    }
    lockTimeouts++;
  }
  findings.violation(`${id} did not get the lock ${MOST_RETRIES} times`);
}

async function checkAll() {
  const sorted = indices.toSorted((a, b) => a - b);
  findings.expect(
    sorted.length === expected && sorted.every((index, at) => index === at + 1),
    () => `the indices that were acknowledged are not 1 to ${expected}: ${sorted}`,
  );
  const { entries, torn } = await readUsage({ pyyaml, findings, path: place.usage });
  findings.expect(
    torn === 0 && entries.length === expected,
    () => `${entries.length} entries, ${torn} torn characters`,
  );
  checkEntries(findings, place.usage, entries, records);
  const [row] = acknowledgement(await budget('list', place.workspace)) ?? [];
  findings.expect(
    row?.runs_count === expected &&
      row.total_tokens === expected * TOKENS_PER_RECORD &&
      Number(row.cost_nano_usd_known) === expected * NANO_USD_PER_RECORD,
    () => `list says ${JSON.stringify(row)}`,
  );
  const again = await budget('run', 'record', place.infospace);
  findings.expect(acknowledgement(again)?.run === null, () => `all were recorded, and yet: ${describeEnd(again)}`);
}
