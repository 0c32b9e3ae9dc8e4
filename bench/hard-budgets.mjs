// Whether limits hold: packages that promise to limit what language models cost, side by side, on the same calls.
//
//   node bench/hard-budgets.mjs                  1,000 calls of $0.10 on a budget of $5
//   node bench/hard-budgets.mjs --calls 60       fewer calls
//   node bench/hard-budgets.mjs --hold-ms 500    how long a hold lasts whose process was killed, default 3000
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgetPeers } from './lib/budget-peers/index.mjs';
import { spendAtOnce, spendInTurn } from './lib/budget-scenes.mjs';
import { readSizes } from './lib/options.mjs';
import { call } from './lib/pretended-provider.mjs';
import { printConditions, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { spendInProcess, startSpending } from './lib/spending-processes.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const BUDGET_USD = 5;
const FITTING_CALLS = Math.round(BUDGET_USD / call.usd);
const PROCESSES = 4;
/** Of each kind, before the process is killed. */
const CALLS_BEFORE_DEATH = 10;
const UNKNOWN_MODEL_CALLS = 100;
/** A budget without any end would be asked for ever. */
const ASKED_AT_MOST = 200;
const AFTER_HOLDS_MS = 300;

const { calls, 'hold-ms': holdMs } = readSizes({ calls: 1000, 'hold-ms': 3000 });

printConditions(`calls of $${usd(1)} on a budget of $${BUDGET_USD}`, ...peerVersions());
await inTemporaryDirectory(async (directory) => {
  const place = (name, peer) => ({
    file: join(directory, `${name}-${budgetPeers.indexOf(peer)}.db`),
    budgetUsd: BUDGET_USD,
  });
  tellProgress('processes that are killed');
  // All at once, as they mostly wait for their holds to end.
  const deaths = await Promise.all(budgetPeers.map((peer) => dieAndSpend(peer, { ...place('death', peer), holdMs })));
  const rows = [];
  for (const [index, peer] of budgetPeers.entries()) {
    tellProgress(peer.name);
    rows.push({
      peer,
      death: deaths[index],
      atOnce: await spendAtOnce(peer, place('at-once', peer), calls),
      shared: peer.isShared ? await spendInProcesses(peer, place('shared', peer)) : null,
      unknown: peer.hasModels ? await spendOnUnknownModel(peer, place('unknown', peer)) : null,
      sum: await spendInTurn(peer, { ...place('sum', peer), budgetUsd: Math.ceil(calls * call.usd) * 2 }, calls),
    });
  }
  reportAtOnce(rows);
  reportDeath(rows);
  reportSums(rows);
});

async function spendInProcesses(peer, place) {
  const size = Math.ceil(calls / PROCESSES);
  const processes = [];
  // One after the other, as the first makes the store.
  for (let started = 0; started < PROCESSES; started += 1) {
    processes.push(await startSpending('at-once', peer, { ...place, size }));
  }
  const results = await Promise.all(processes.map(({ finish }) => finish()));
  return { sent: results.reduce((sum, { sent }) => sum + sent, 0) };
}

async function dieAndSpend(peer, place) {
  const dying = await startSpending('die', peer, { ...place, size: CALLS_BEFORE_DEATH });
  await dying.kill();
  // What died with the memory of a process cannot come free later.
  const waitMs = peer.isShared ? holdMs + AFTER_HOLDS_MS : 0;
  return await spendInProcess('after-death', peer, { ...place, size: ASKED_AT_MOST, waitMs });
}

function spendOnUnknownModel(peer, place) {
  return spendInTurn(peer, place, UNKNOWN_MODEL_CALLS, 'no-such-model');
}

function reportAtOnce(rows) {
  const fitting = String(Math.min(calls, FITTING_CALLS));
  printTable(
    [`${withCommas(calls)} calls at once`, 'sent', 'billed', 'it says', `sent by ${PROCESSES} processes`, 'billed'],
    [
      ['what is right', fitting, usd(fitting), usd(fitting), fitting, usd(fitting)],
      ...rows.map(({ peer, atOnce, shared }) => [
        peer.name,
        ...[String(atOnce.sent), usd(atOnce.sent), rounded(atOnce.saidUsd)],
        ...(shared === null ? ['one process only', '–'] : [String(shared.sent), usd(shared.sent)]),
      ]),
    ],
  );
}

function reportDeath(rows) {
  const each = CALLS_BEFORE_DEATH;
  console.log(`Killed with ${each} calls settled, ${each} sent, and ${each} set aside where there is such a thing:`);
  printTable(
    ['the next process', 'is told', 'sends', `sends ${holdMs} ms later`, 'billed in all', 'left unusable'],
    [
      ['what is right', '–', `${FITTING_CALLS - 2 * each} together`, '', usd(FITTING_CALLS), usd(0)],
      ...rows.map(({ peer, death }) => {
        const sent = 2 * each + death.sent;
        const sentLater = peer.isShared ? String(death.sent - death.sentAtOnce) : '–';
        return [
          peer.name,
          ...[rounded(death.saidBeforeUsd), String(death.sentAtOnce), sentLater],
          ...[usd(sent), usd(Math.max(0, FITTING_CALLS - sent))],
        ];
      }),
    ],
  );
}

function reportSums(rows) {
  printTable(
    [`unknown model, ${UNKNOWN_MODEL_CALLS} calls`, 'sent', 'billed', 'it says', `${withCommas(calls)} × $${usd(1)}`],
    rows.map(({ peer, unknown, sum }) => [
      peer.name,
      ...(unknown === null
        ? ['no models', '–', '–']
        : [String(unknown.sent), usd(unknown.sent), rounded(unknown.saidUsd)]),
      sum.saidUsd,
    ]),
  );
}

/** What a provider bills for so many calls, in dollars. */
function usd(sentCalls) {
  return ((Number(sentCalls) * call.nanoUsd) / 1e9).toFixed(2);
}

function rounded(saidUsd) {
  return Number(saidUsd).toFixed(2);
}

function peerVersions() {
  const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  return Object.entries(devDependencies).map(([name, version]) => `${name} ${version}`);
}
