#!/usr/bin/env node
/**
 * Imports a large export into a file and into PostgreSQL, in a process that is killed at random moments, and again. Ends with 1
 * when a ledger holds a part of it, when what is exported again is not the same to the last byte, when a counter is not the
 * sum of its reservations, or when a process needs more memory than it would for a tenth of the records, and some.
 *
 *   node torture/moving.mjs [--reservations 200000] [--kills 10] [--seed 1] [--directory /tmp] [--keep]
 *
 * --kills  For each of the two stores.
 * --seed   Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { writeLargeExport } from './lib/large-export.mjs';
import { makeLedger, openStore, storeNames } from './lib/ledgers.mjs';

const MOVER = fileURLToPath(new URL('./lib/mover.mjs', import.meta.url));
const MORE_MIB = 100;
const options = readOptions({ reservations: 200_000, kills: 10 });
const findings = new Findings();
const random = randomFrom(options.seed);
const home = mkdtempSync(join(options.directory, 'moving-'));
let figures = {};

try {
  print({ seed: options.seed, directory: home });
  const [small, large] = [join(home, 'small.jsonl'), join(home, 'large.jsonl')];
  await writeLargeExport(small, Math.ceil(options.reservations / 10));
  await writeLargeExport(large, options.reservations);
  for (const name of storeNames) figures = { ...figures, [name]: await moveInto(name, small, large) };
} catch (error) {
  findings.broken(error);
} finally {
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish({ reservations: options.reservations, ...figures });

async function moveInto(name, small, large) {
  const few = await withLedger(`${name}-small`, name, (place) => mover('import', place, small));
  const kills = await withLedger(`${name}-killed`, name, (place) => killed(name, place, large, few.tookMs * 5));
  return withLedger(name, name, async (place) => {
    const whole = await mover('import', place, large);
    const again = join(home, `${name}-again.jsonl`);
    const back = await mover('export', place, again);
    const [before, after] = await Promise.all([digestOf(large), digestOf(again)]);
    findings.expect(before === after, `${name}: what is exported again is not the same`);
    const mostMib = few.maxMib + MORE_MIB;
    findings.expect(whole.maxMib <= mostMib, `${name}: the import took ${whole.maxMib} MiB, a tenth ${few.maxMib}`);
    findings.expect(back.maxMib <= mostMib, `${name}: the export took ${back.maxMib} MiB`);
    const memory = { importMib: whole.maxMib, importOfATenthMib: few.maxMib, exportMib: back.maxMib };
    return { kills, importMs: whole.tookMs, exportMs: back.tookMs, ...memory };
  });
}

/** @returns how many kills came in the middle. */
async function killed(name, place, file, longestMs) {
  for (let kill = 0; kill < options.kills; kill += 1) {
    await mover('import', place, file, random.integer(1, longestMs));
    const count = await reservationsIn(place);
    findings.expect(count === 0 || count === options.reservations, `${name}: a kill left ${count} reservations`);
    // It came too late; nothing can be imported there any more.
    if (count > 0) return kill;
  }
  return options.kills;
}

async function withLedger(directory, name, work) {
  const made = await makeLedger(name, join(home, directory));
  try {
    return await work(made.place);
  } finally {
    await made.remove();
  }
}

/** Imports or exports in a process of its own. @returns its figures, or nothing where it was killed. */
async function mover(verb, place, file, killAfterMs = null) {
  const child = spawn(process.execPath, [MOVER, verb, JSON.stringify(place), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  const ended = once(child, 'close');
  if (killAfterMs !== null) {
    await Promise.race([pause(killAfterMs), ended]);
    child.kill('SIGKILL');
  }
  const [code] = await ended;
  if (printed !== '') return JSON.parse(printed);
  if (killAfterMs === null) throw new Error(`${verb} ended with ${code}`);
  return {};
}

async function reservationsIn(place) {
  const store = await openStore(place);
  let count = 0;
  await store.exportRecords(async (records) => {
    count += records.filter(({ kind }) => kind === 'reservation').length;
  });
  await store.close();
  return count;
}

/** Of all but the first line, which has the time. */
async function digestOf(file) {
  const hash = createHash('sha256');
  let isBehind = false;
  for await (const chunk of createReadStream(file)) {
    hash.update(isBehind ? chunk : chunk.subarray(chunk.indexOf('\n') + 1));
    isBehind = true;
  }
  return hash.digest('hex');
}
