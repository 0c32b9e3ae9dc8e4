#!/usr/bin/env node
/**
 * Tortures the lock with real processes and kills. Ends with 1 when two processes ever held it at once, a count got
 * lost, somebody waited for a minute, or the lock was left in disorder.
 *
 *   node torture/lock.mjs --rounds 2000 --seconds 60 [--contenders 8] [--seed 1] [--directory /tmp] [--bundle lock.mjs]
 *
 * --rounds   Contenders fall together over a lock that is stale (its holder killed a moment ago; every second round),
 *            missing, empty, or holds two tokens.
 * --seconds  Contenders take the lock as fast as they can while one after the other is killed.
 * --seed     Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --bundle   A bundled lock to torture instead of this package's, to see that a broken one is caught.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    contenders: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    directory: { type: 'string', default: tmpdir() },
    bundle: { type: 'string' },
  },
});
const contenderCount = Number(given.contenders);
const random = randomFrom(Number(given.seed));
const home = mkdtempSync(join(given.directory, 'lock-torture-'));
const contenderProgram = fileURLToPath(new URL('lock-contender.mjs', import.meta.url));
const bundled = given.bundle ?? (await bundle('../src/storage/lock.ts', home));

const TIMES_PER_ROUND = 3;
const otherStarts = ['missing', 'empty', 'doubled'];

let failed = false;
try {
  print({ seed: Number(given.seed), contenders: contenderCount, directory: home });
  if (Number(given.rounds) > 0) print(await fallOverBrokenLocks(Number(given.rounds)));
  if (Number(given.seconds) > 0) print(await killAtRandom(Number(given.seconds) * 1000));
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function fallOverBrokenLocks(rounds) {
  const totals = newTotals();
  const contenders = await Promise.all(Array.from({ length: contenderCount }, startContender));
  let nextVictim = startContender();
  for (let round = 0; round < rounds; round++) {
    const start = round % 2 === 0 ? 'stale' : otherStarts[Math.floor(random() * otherStarts.length)];
    const place = newPlace(`round-${round}`);
    const lock = join(place, '.lock');
    if (start === 'empty') mkdirSync(lock);
    if (start === 'stale' || start === 'doubled') {
      const victim = await nextVictim;
      nextVictim = startContender();
      await ask(victim, { hold: lock });
      const ended = once(victim, 'exit');
      victim.kill('SIGKILL');
      // Half of the time the contenders come while the victim is still dying.
      if (random() < 0.5) await ended;
    }
    if (start === 'doubled') writeFileSync(join(lock, 'free'), '');
    const startAt_ms = Date.now() + 5;
    const answers = await Promise.all(
      contenders.map((contender) => ask(contender, { lock, times: TIMES_PER_ROUND, startAt_ms })),
    );
    totals.starts[start] = (totals.starts[start] ?? 0) + 1;
    check(totals, place, answers, 0);
    rmSync(place, { recursive: true });
  }
  for (const contender of [...contenders, await nextVictim]) contender.disconnect();
  return { phase: 'broken locks', ...totals };
}

async function killAtRandom(duration_ms) {
  const totals = newTotals();
  const place = newPlace('kills');
  const lock = join(place, '.lock');
  const order = { lock, times: 20, startAt_ms: 0 };
  const answers = [];
  const contenders = new Map();
  const keepBusy = async (slot) => {
    const contender = await startContender();
    contenders.set(slot, contender);
    for (;;) {
      const answer = await ask(contender, order);
      if (answer === null) return;
      answers.push(answer);
    }
  };
  const end_ms = Date.now() + duration_ms;
  const slots = Array.from({ length: contenderCount }, async (_, slot) => {
    while (Date.now() < end_ms) await keepBusy(slot);
  });
  let kills = 0;
  while (Date.now() < end_ms) {
    await pause(5 + random() * 50);
    const anyone = contenders.get(Math.floor(random() * contenderCount));
    const holder = [...contenders.values()].find((contender) => contender.pid === whoIsInside(place));
    if ((random() < 0.5 ? (holder ?? anyone) : anyone)?.kill('SIGKILL')) kills++;
  }
  const killer = setInterval(() => {
    for (const contender of contenders.values()) if (contender.kill('SIGKILL')) kills++;
  }, 10);
  await Promise.all(slots);
  clearInterval(killer);
  check(totals, place, answers, kills);
  return { phase: 'random kills', kills, ...totals };
}

function whoIsInside(place) {
  try {
    return Number(readlinkSync(join(place, 'inside')));
  } catch {
    return null;
  }
}

function newTotals() {
  return {
    starts: {},
    acquired: 0,
    doubleHolders: 0,
    lostCounts: 0,
    killedInside: 0,
    leftovers: 0,
    wrongTokens: 0,
    worstWait_ms: 0,
    failures: [],
    warnings: [],
  };
}

function newPlace(name) {
  const place = join(home, name);
  mkdirSync(place);
  chmodSync(place, 0o777);
  writeFileSync(join(place, 'counter'), '0'.padStart(12, '0'));
  return place;
}

/** Killed contenders do not answer, so what is counted comes from the files they left. */
function check(totals, place, answers, kills) {
  const names = readdirSync(place);
  const counted = names
    .filter((name) => name.startsWith('counted-'))
    .reduce((sum, name) => sum + statSync(join(place, name)).size, 0);
  // Who is killed between the two has counted up without noting it.
  const unnoted = Number(readFileSync(join(place, 'counter'), 'latin1')) - counted;
  if (unnoted < 0 || unnoted > kills) totals.lostCounts += Math.abs(unnoted);
  if (existsSync(join(place, 'double-holders'))) {
    totals.doubleHolders += readFileSync(join(place, 'double-holders'), 'latin1').trimEnd().split('\n').length;
  }
  totals.acquired += counted;
  totals.leftovers += names.filter((name) => name.startsWith('.lock.new-')).length;
  // When all is over the lock holds one token; it is free, unless the last holder was killed.
  const tokens = readdirSync(join(place, '.lock'));
  if (tokens.length !== 1 || (tokens[0] !== 'free' && kills === 0)) totals.wrongTokens++;
  for (const answer of answers) {
    totals.killedInside += answer.killedInside;
    totals.worstWait_ms = Math.max(totals.worstWait_ms, Math.round(answer.worstWait_ms));
    totals.failures.push(...answer.failures);
    totals.warnings.push(...answer.warnings);
  }
  const faults = [
    totals.doubleHolders,
    totals.lostCounts,
    totals.wrongTokens,
    totals.failures.length,
    totals.warnings.length,
  ];
  failed ||= faults.some((count) => count > 0);
}

async function startContender() {
  const contender = fork(contenderProgram, [bundled], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await Promise.race([once(contender, 'message'), once(contender, 'exit')]);
  return contender;
}

/** The answer, or null when the contender is killed before it answers. */
async function ask(contender, order) {
  if (contender.exitCode !== null || contender.signalCode !== null) return null;
  const answered = new AbortController();
  try {
    const message = once(contender, 'message', answered).then(([answer]) => answer);
    const ended = once(contender, 'exit', answered).then(() => null);
    message.catch(() => {});
    ended.catch(() => {});
    contender.send(order, () => {}); // It may have been killed a moment ago.
    return await Promise.race([message, ended]);
  } finally {
    answered.abort();
  }
}

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** mulberry32 */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
