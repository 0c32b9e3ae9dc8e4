// How long a person waits for the command line: whole processes, from start to exit.
//
//   node bench/start-up.mjs [rounds]        default 30
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { budget, repository } from './lib/built.mjs';
import { readSizes } from './lib/options.mjs';
import { printConditions, printGoal, printTable } from './lib/print.mjs';
import { timed } from './lib/processes.mjs';
import { measureInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const VERSION_ADDS_AT_MOST_MS = 20;
const STATUS_TAKES_AT_MOST_MS = 120;

const { rounds } = readSizes({ rounds: 30 });

await inTemporaryDirectory((workspace) => {
  const infospace = recordedInfospace(workspace);
  const commands = [
    { name: 'node -e 0', parameters: ['-e', '0'] },
    { name: 'budget --version', parameters: budget('--version') },
    { name: 'budget status', parameters: budget('status', infospace) },
    // What a terminal gets without asking; into a pipe, `status` writes JSON.
    { name: 'budget status --format table', parameters: budget('status', infospace, '--format', 'table') },
  ];
  report(measure(commands));
});

/** The infospace of the example workspace with most tokens: one plan, two runs, 23 calls. */
function recordedInfospace(workspace) {
  cpSync(join(repository, 'examples', 'workspace'), workspace, { recursive: true });
  const infospace = join(workspace, 'infospaces', 'research-notes');
  rmSync(join(infospace, 'output', 'budget'), { recursive: true, force: true });
  timed(budget('plan', 'record', infospace, '--from', join(infospace, 'plans', 'reading-list.json')));
  timed(budget('run', 'record', infospace));
  timed(budget('run', 'record', infospace, '--runs', join(infospace, 'resumed')));
  return infospace;
}

function measure(commands) {
  const elapsed = (parameters) => timed(parameters).elapsedMs;
  const scenes = commands.map(({ parameters }) => elapsed.bind(null, parameters));
  const times = measureInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  return commands.map(({ name }, index) => ({
    name,
    minMs: Math.min(...times[index]),
    medianMs: median(times[index]),
    // Of the differences within a round, which noise that lasts for longer than a round does not touch.
    addedMs: median(times[index].map((time, round) => time - times[0][round])),
  }));
}

function report(rows) {
  const [, version, status] = rows;
  printConditions(`${rounds} rounds`);
  printTable(
    ['command', 'min ms', 'median ms', 'added ms'],
    rows.map(({ name, minMs, medianMs, addedMs }) => [name, ...[minMs, medianMs, addedMs].map((ms) => ms.toFixed(1))]),
  );
  console.log('(added: median of the difference to `node -e 0` in the same round)\n');
  const atMost = (limit) => ({ atMost: limit, unit: ' ms', digits: 1 });
  printGoal('budget --version adds', version.addedMs, atMost(VERSION_ADDS_AT_MOST_MS));
  printGoal('budget status takes, in all', status.medianMs, atMost(STATUS_TAKES_AT_MOST_MS));
}
