#!/usr/bin/env node
/**
 * Programs reserve and settle on one limit over HTTP, while others send nonsense, leave in the middle, hold connections or
 * pretend to be somebody else. Ends with 1 when an honest request failed, an attack was answered with 2xx, the limit was
 * passed, the totals are not what was acknowledged, a connection was left open, or the server, which gets 64 MB, did not
 * live to its end. Needs a build (`npx tsup`).
 *
 *   node torture/http.mjs [--attacks 20000] [--attackers 32] [--callers 8] [--seed 1] [--directory /tmp] [--keep]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLedger } from '@budget/ledger';
import { sqliteStore } from '@budget/ledger/sqlite';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { honestCaller } from './lib/honest-caller.mjs';
import { attack, kindsOfAttack } from './lib/hostile-client.mjs';
import { serveLedger } from './lib/served-ledger.mjs';

/** Tokens: a call has nine at most, so that it is reached in the middle. */
const LIMIT_PER_ATTACK = 3;
/** For what was given up to be noticed. */
const SETTLED_MS = 3000;

const options = readOptions({ attacks: 20_000, attackers: 32, callers: 8 });
const random = randomFrom(options.seed);
const findings = new Findings();
const home = mkdtempSync(join(options.directory, 'http-'));
const limit = options.attacks * LIMIT_PER_ATTACK;

let figures = {};
try {
  print({ seed: options.seed, directory: home });
  figures = await attackAndWork();
} catch (error) {
  findings.broken(error);
} finally {
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish(figures);

async function attackAndWork() {
  const ledger = createLedger({ store: await sqliteStore({ file: join(home, 'ledger.db') }) });
  await ledger.setLimit({ scope: 'org', unit: 'tokens', limit });
  const server = await serveLedger(home);
  // What it opens with its first write stays open.
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const body = JSON.stringify({ amounts: { tokens: 1 } });
  const answer = await fetch(`${server.url}/reservations/unknown/settle`, { method: 'POST', headers, body });
  await answer.text();
  findings.expect(answer.status === 404, () => 'what was never reserved is known');
  const before = { descriptors: server.descriptors(), memoryMb: server.memoryMb() };
  let attacksLeft = options.attacks;
  let isAttacked = true;
  const callers = Array.from({ length: options.callers }, (_, caller) =>
    honestCaller({ url: server.url, caller, random: randomFrom(options.seed + caller), findings }),
  );
  const working = callers.map(async (caller) => {
    while (isAttacked && server.isRunning()) await caller.once();
    caller.end();
  });
  const looking = lookOn(ledger, () => isAttacked);
  const attacking = Array.from({ length: options.attackers }, async () => {
    while (attacksLeft > 0 && server.isRunning()) {
      attacksLeft -= 1;
      await attackOnce(server);
    }
  });
  await Promise.all(attacking);
  isAttacked = false;
  const [most] = await Promise.all([looking, ...working]);
  await sleep(SETTLED_MS);
  const after = { descriptors: server.descriptors(), memoryMb: server.memoryMb() };
  findings.expect(
    after.descriptors <= before.descriptors,
    () => `${after.descriptors - before.descriptors} files are left open`,
  );
  const output = server.output();
  findings.expect((await server.end()) === 0, () => `the server ended badly: ${output.slice(-2000)}`);
  findings.expect(!/failed| {4}at /.test(output), () => `the server says: ${output.slice(0, 2000)}`);
  const sum = (name) => callers.reduce((total, { counts }) => total + counts[name], 0);
  await checkTotals(ledger, sum('settled'), most);
  await ledger.close();
  return {
    ...{ attacks: options.attacks, answers: sum('answers'), refused: sum('refused'), tokens: sum('settled'), limit },
    memoryMb: [before.memoryMb, after.memoryMb].map((each) => (each === null ? null : Math.round(each))),
  };
}

async function attackOnce({ port }) {
  const kind = random.pick(kindsOfAttack);
  const answer = await attack({ port, kind, random });
  findings.expect(!/^HTTP\/1\.1 2/m.test(answer), () => `${kind} was answered: ${answer.slice(0, 500)}`);
}

/** The most that was ever used and held together. */
async function lookOn(ledger, isGoingOn) {
  let most = 0n;
  while (isGoingOn()) {
    const { limits } = await ledger.readScope('org');
    const spent = limits[0].used + limits[0].held;
    if (spent > most) most = spent;
    await sleep(5);
  }
  return most;
}

async function checkTotals(ledger, settled, most) {
  const { limits } = await ledger.readScope('org');
  const [{ used, held, overrun }] = limits;
  findings.expect(used === BigInt(settled), () => `${settled} tokens were acknowledged and ${used} are used`);
  findings.expect(held === 0n && overrun === 0n, () => `${held} tokens are held and ${overrun} overrun`);
  findings.expect(most <= BigInt(limit), () => `${most} tokens were spent of ${limit}`);
  findings.expect((await ledger.store.audit()).length === 0, () => 'counters are not the sum of their reservations');
}
