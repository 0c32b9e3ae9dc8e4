#!/usr/bin/env node
/**
 * Two workers, each in a network namespace of its own, reserve and settle on one limit on PostgreSQL. One of them is cut off
 * in the middle of a reservation: it has asked for the lock and never hears that it has it, and it holds two more. Ends with 1
 * when the other one does not go on, more was ever used and held than the limit allows, something of the reservation that was
 * cut off is left, a hold does not end as promised, or the worker cannot go on when its way is mended.
 *
 *   node torture/cut-off.mjs [--rounds 5] [--ways namespaces]
 *
 * --ways  `namespaces`: a pair of virtual network devices for each worker, one of which is shut down. Needs Linux and
 *         `unshare`, `nsenter` and `ip`, as root or where everybody may make namespaces; else it says so and takes
 *         `relays`: a process between each worker and the server, one of which is stopped.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@budget/test-postgres';
import { Findings, print, readOptions } from '@budget/test-tools';
import { CutOffRound } from './lib/cut-off-round.mjs';
import { inNamespace, namespaceWay, whyNoNamespaces } from './lib/namespaces.mjs';
import { relayWay } from './lib/relays.mjs';

const INSIDE = 'BUDGET_TORTURE_INSIDE';
const options = readOptions({ rounds: 5, ways: 'namespaces' });
if (!['namespaces', 'relays'].includes(options.ways)) throw new RangeError('--ways is namespaces or relays');

const reason = options.ways === 'namespaces' && process.env[INSIDE] === undefined ? await whyNoNamespaces() : null;
if (reason !== null) {
  process.stderr.write(`WARNING: no network namespaces here, relays are stopped instead, which is weaker: ${reason}\n`);
}
const ways = reason === null ? options.ways : 'relays';

// In a namespace of its own, so that nothing of it is left on this machine, however it ends.
if (ways === 'namespaces' && process.env[INSIDE] === undefined) await again();
else await torture();

async function again() {
  const [command, ...parts] = inNamespace([process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
  const child = spawn(command, parts, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  [process.exitCode] = await once(child, 'exit');
}

async function torture() {
  const findings = new Findings();
  const figures = { ways, rounds: 0, settled: 0, longestStandstillMs: 0 };
  let server = null;
  const near = ways === 'namespaces' ? await namespaceWay('near', 1) : await relayWay('near');
  const far = ways === 'namespaces' ? await namespaceWay('far', 2) : await relayWay('far');
  try {
    server = await startPostgres({ isOpenToAll: ways === 'namespaces' });
    for (const way of [near, far]) await way.open(server);
    for (; figures.rounds < options.rounds; figures.rounds += 1) {
      const round = new CutOffRound({ server, near, far, findings, scope: `shared:${figures.rounds}` });
      const { settled, standstillMs } = await round.run();
      figures.settled += settled;
      figures.longestStandstillMs = Math.max(figures.longestStandstillMs, Math.round(standstillMs));
      print({ round: figures.rounds + 1, settled, standstillMs: Math.round(standstillMs) });
    }
  } catch (error) {
    findings.broken(error);
  } finally {
    for (const way of [near, far]) way.end();
    await server?.remove();
  }
  findings.finish(figures);
}
