// How long a person waits for the command line: whole processes, from start to exit.
//
//   node bench/start-up.mjs [rounds]        default 30
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WARM_UP_ROUNDS = 3;
const MIN_ROUNDS = 20;
const VERSION_ADDS_AT_MOST_MS = 20;
const STATUS_TAKES_AT_MOST_MS = 120;

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(repository, 'apps', 'cli', 'dist', 'bin.js');
const rounds = Math.max(MIN_ROUNDS, Number(process.argv[2]) || 30);

if (!existsSync(bin)) throw new Error('The command line is not built. Run `npm start -- --version` first.');

const workspace = mkdtempSync(join(tmpdir(), 'budget-bench-'));
try {
  const infospace = recordedInfospace();
  const node = { name: 'node -e 0', parameters: ['-e', '0'] };
  const version = { name: 'budget --version', parameters: [bin, '--version'] };
  const status = { name: 'budget status', parameters: [bin, 'status', infospace] };
  report(measure([node, version, status]));
} finally {
  rmSync(workspace, { recursive: true, force: true });
}

/** The infospace of the example workspace with most tokens: one plan, two runs, 23 calls. */
function recordedInfospace() {
  cpSync(join(repository, 'examples', 'workspace'), workspace, { recursive: true });
  const infospace = join(workspace, 'infospaces', 'research-notes');
  rmSync(join(infospace, 'output', 'budget'), { recursive: true, force: true });
  run([bin, 'plan', 'record', infospace, '--from', join(infospace, 'plans', 'reading-list.json')]);
  run([bin, 'run', 'record', infospace]);
  run([bin, 'run', 'record', infospace, '--runs', join(infospace, 'resumed')]);
  return infospace;
}

/** Round by round, each command once, so that a busy moment of the machine hits all of them alike. */
function measure(commands) {
  const times = commands.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const [index, { parameters }] of commands.entries()) {
      const elapsedMs = run(parameters);
      if (round >= 0) times[index].push(elapsedMs);
    }
  }
  return commands.map(({ name }, index) => ({
    name,
    minMs: Math.min(...times[index]),
    medianMs: median(times[index]),
    // Of the differences within a round, which noise that lasts for longer than a round does not touch.
    addedMs: median(times[index].map((time, round) => time - times[0][round])),
  }));
}

function run(parameters) {
  const start = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
  const elapsedMs = performance.now() - start;
  if (status !== 0) throw new Error(`node ${parameters.join(' ')} failed: ${error?.message ?? stderr}`);
  return elapsedMs;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

function report(rows) {
  const [, version, status] = rows;
  const ms = (number) => number.toFixed(1).padStart(10);
  console.log(`Node ${process.version}, ${availableParallelism()} cores, ${rounds} rounds; milliseconds\n`);
  console.log(`${'command'.padEnd(18)}${['min', 'median', 'added'].map((name) => name.padStart(10)).join('')}`);
  for (const { name, minMs, medianMs, addedMs } of rows) {
    console.log(`${name.padEnd(18)}${ms(minMs)}${ms(medianMs)}${ms(addedMs)}`);
  }
  console.log('\n(added: median of the difference to `node -e 0` in the same round)\n');
  goal('budget --version adds', version.addedMs, VERSION_ADDS_AT_MOST_MS);
  goal('budget status takes, in all,', status.medianMs, STATUS_TAKES_AT_MOST_MS);
}

function goal(what, actualMs, goalMs) {
  console.log(`${what} ${actualMs.toFixed(1)} ms; the goal is ${goalMs}: ${actualMs <= goalMs ? 'met' : 'NOT met'}`);
}
