#!/usr/bin/env node
/**
 * Kills real `budget run record` and `budget plan record` at random moments while readers look on. Ends with 1 when
 * anything acknowledged got lost, anything was doubled, a file is broken, or a reader failed or saw half of something.
 *
 *   node torture/kills.mjs [--rounds 1000] [--longest 60] [--readers 2] [--seconds 0] [--seed 1] [--directory /tmp] [--keep]
 *
 * --rounds   In each, one or two commands, each mostly killed; then what is on disk is read by PyYAML.
 * --longest  How many rounds one infospace lives at most; then all of it is checked, and another takes its place.
 * --readers  Loops of `status`, `list` and `show`, as JSON and as tables, during all of it.
 * --seconds  Begins no round after so many; 0 is no limit.
 * --seed     Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep     Leaves the infospaces where they are, as it does after a violation.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { durations } from './lib/durations.mjs';
import { Era } from './lib/era.mjs';
import { endEra } from './lib/era-end.mjs';
import { starts } from './lib/infospace.mjs';
import { startPyYaml } from './lib/pyyaml.mjs';
import { startReaders } from './lib/readers.mjs';

const options = readOptions({ rounds: 1000, longest: 60, readers: 2, seconds: 0 });
const random = randomFrom(options.seed);
// Apart, because how often readers choose is up to the scheduler.
const readersRandom = randomFrom(options.seed + 1);
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'kills-'));
const pyyaml = startPyYaml();
const started_ms = performance.now();
const figures = {
  rounds: 0,
  infospaces: {},
  commands: 0,
  acknowledged: 0,
  killed: {},
  lockTimeouts: 0,
  tornEntries: 0,
  pendingRuns: 0,
  setAside: 0,
  recordedUnacknowledged: 0,
  recordedAtTheEnd: 0,
  largestFile_bytes: 0,
  reads: 0,
};

try {
  print({ seed: options.seed, directory: home });
  const usual = await durations(home);
  print({ usual_ms: Math.round(usual.usual()) });
  let earlier = [];
  for (let number = 1; mayGoOn(); number++) {
    const possible = Object.keys(starts).filter((start) => earlier.length > 0 || !start.startsWith('ours'));
    const start = random.pick(possible);
    figures.infospaces[start] = (figures.infospaces[start] ?? 0) + 1;
    const context = { random, findings, figures, pyyaml, durations: usual };
    const era = await Era.begin({ number, start, home, earlier, ...context });
    earlier = await play(era, eraLength());
  }
} catch (error) {
  findings.broken(error);
} finally {
  pyyaml.stop();
  // What went wrong may depend on the scheduler, so it is kept to be looked at.
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish({ ...figures, seconds: Math.round((performance.now() - started_ms) / 1000) });

function mayGoOn() {
  const seconds = (performance.now() - started_ms) / 1000;
  return figures.rounds < options.rounds && (options.seconds === 0 || seconds < options.seconds);
}

/** Short ones for what happens to young infospaces, long ones for what happens to large files. */
function eraLength() {
  const short = Math.ceil(options.longest / 8);
  return random.chance(0.5) ? random.integer(1, short) : random.integer(short, options.longest);
}

async function play(era, rounds) {
  const readers = startReaders({
    ...era.place,
    count: options.readers,
    bounds: () => era.bounds(),
    random: readersRandom,
    findings,
  });
  try {
    for (let round = 0; round < rounds && mayGoOn(); round++) {
      await era.round();
      await era.check();
      figures.rounds++;
      if (figures.rounds % 100 === 0) print({ rounds: figures.rounds, violations: findings.count });
    }
  } finally {
    const { reads, seen } = await readers.stop();
    figures.reads += reads;
    era.seen = seen;
  }
  const violationsBefore = findings.count;
  const entries = await endEra(era, era.seen);
  if (!options.keep && findings.count === violationsBefore) era.remove();
  // From the first on, so that their indices and totals still fit.
  return entries.slice(0, 20);
}
