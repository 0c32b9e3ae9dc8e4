#!/usr/bin/env node
/**
 * Another process holds the lock of a ledger for a long time while twenty callers reserve, again and again. Ends with 1
 * when one of them was refused too early or too late, was refused with anything but `ledger_busy`, when the event loop
 * stood still for longer than 20 ms, or when the work did not go on afterwards. Needs a build (`npx tsup`).
 *
 *   node torture/locked.mjs [--seconds 60] [--callers 20] [--max-hold-ms 20]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLedger } from '../dist/index.js';
import { sqliteStore } from '../dist/sqlite.js';

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    callers: { type: 'string', default: '20' },
    'max-hold-ms': { type: 'string', default: '20' },
  },
});
const lockedMs = Number(given.seconds) * 1000;
const callers = Number(given.callers);
const maxHoldMs = Number(given['max-hold-ms']);

/** The default of the store, which is what is tried here. */
const BUSY_TIMEOUT_MS = 5000;
/** What the timers of a busy machine add. */
const SLACK_MS = 500;

const directory = mkdtempSync(join(tmpdir(), 'budget-locked-'));
const failures = [];
try {
  process.stdout.write(`${JSON.stringify(await holdTheLock())}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const failure of new Set(failures)) process.stderr.write(`${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function holdTheLock() {
  const ledger = createLedger({ store: await sqliteStore({ file: join(directory, 'ledger.db') }) });
  await ledger.setLimit({ scope: 'run:1', unit: 'tokens', limit: 10n ** 12n });
  await ledger.reserve({ id: 'before', scopes: ['run:1'], amounts: { tokens: 1 } });
  const holder = await startHolder(join(directory, 'ledger.db'));
  const stopWatching = watchEventLoop();
  const endMs = performance.now() + lockedMs;
  const waits = [];
  await Promise.all(Array.from({ length: callers }, (_, caller) => callUntil(ledger, endMs, caller, waits)));
  const longestHoldMs = stopWatching();
  if (longestHoldMs > maxHoldMs) failures.push(`The event loop stood still for ${longestHoldMs.toFixed(1)} ms.`);
  const ended = once(holder, 'exit');
  holder.stdin.end();
  await ended;
  const resumedAtMs = performance.now();
  await Promise.all(
    Array.from({ length: callers }, (_, caller) =>
      ledger.reserve({ id: `after-${caller}`, scopes: ['run:1'], amounts: { tokens: 1 } }),
    ),
  );
  const resumedInMs = performance.now() - resumedAtMs;
  const { limits } = await ledger.readScope('run:1');
  if (limits[0].held !== BigInt(1 + callers)) failures.push(`Held are ${limits[0].held} tokens, not ${1 + callers}.`);
  const discrepancies = await ledger.store.audit();
  if (discrepancies.length > 0) failures.push('Counters are not the sum of their reservations.');
  await ledger.close();
  return {
    ...{ callers, lockedSeconds: lockedMs / 1000, refused: waits.length },
    ...{ shortestWaitMs: rounded(Math.min(...waits)), longestWaitMs: rounded(Math.max(...waits)) },
    ...{ longestHoldMs: rounded(longestHoldMs), resumedInMs: rounded(resumedInMs) },
  };
}

/** Calls begin at any time, so that some come when others have waited for long. */
async function callUntil(ledger, endMs, caller, waits) {
  await sleep(caller * 100);
  for (let call = 0; performance.now() < endMs - BUSY_TIMEOUT_MS - SLACK_MS || call === 0; call += 1) {
    const startedAtMs = performance.now();
    const code = await ledger.reserve({ scopes: ['run:1'], amounts: { tokens: 1 } }).then(
      () => 'reserved',
      (error) => error.code,
    );
    const waitedMs = performance.now() - startedAtMs;
    waits.push(waitedMs);
    if (code !== 'ledger_busy') failures.push(`A call while the ledger was locked ended with ${code}.`);
    if (waitedMs < BUSY_TIMEOUT_MS - 1) failures.push(`A call was refused after ${waitedMs.toFixed(0)} ms already.`);
    if (waitedMs > BUSY_TIMEOUT_MS + SLACK_MS) failures.push(`A call was refused after ${waitedMs.toFixed(0)} ms.`);
  }
}

async function startHolder(file) {
  const program = `import Sqlite from 'better-sqlite3';
    const database = new Sqlite(process.argv[1]);
    database.exec('BEGIN IMMEDIATE');
    process.stdin.on('end', () => database.exec('COMMIT')).resume();
    console.log('held');`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program, file], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}

/** The longest time for which a timer of a millisecond could not run. */
function watchEventLoop() {
  let lastMs = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 1);
  return () => {
    clearInterval(timer);
    return longestMs;
  };
}

function rounded(durationMs) {
  return Math.round(durationMs * 10) / 10;
}
