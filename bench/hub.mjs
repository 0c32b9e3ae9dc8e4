// What it costs a run to tell a hub of it: whole processes, with hubs that are well, dead, slow or lying.
//
//   node bench/hub.mjs [rounds]        default 20
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { budget, hubClientModule } from './lib/built.mjs';
import { startHubs } from './lib/hubs.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable } from './lib/print.mjs';
import { metered, timed } from './lib/processes.mjs';
import { measureInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const LONGER_AT_MOST_MS = 250;
const CPU_AT_MOST_MS = 5;
const MEMORY_AT_MOST_MIB = 5;
const IMPORT_AT_MOST_MS = 15;
/** The processor's time of a whole process differs by more from one to the next than what is asked here. */
const RESOURCES_ROUNDS = 3;

const leastPrograms = [
  ['a program that opens a socket', fileURLToPath(new URL('./programs/open-socket.mjs', import.meta.url))],
  ['a program that posts as much', fileURLToPath(new URL('./programs/post-once.mjs', import.meta.url))],
];

const { rounds } = readSizes({ rounds: 20 });
const { hubs, close } = await startHubs();

try {
  await inTemporaryDirectory((directory) => {
    printConditions(`${rounds} rounds`);
    const scenes = [{ name: 'turned off', url: '' }, ...hubs].map((hub) => ({
      ...hub,
      run: recording(directory, hub.url),
    }));
    longer(scenes);
    const nothing = join(directory, 'nothing.mjs');
    writeFileSync(nothing, '');
    resources(scenes.slice(0, 2), nothing);
    importing(directory, nothing);
  });
} finally {
  await close();
}

/** Records a run in an infospace of its own, so that each run finds the same. */
function recording(directory, url) {
  let count = 0;
  return (measure) => {
    count += 1;
    const home = join(directory, 'home');
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home);
    writeFileSync(join(home, 'run.json'), JSON.stringify(record(count)));
    Object.assign(process.env, { BUDGET_HUB_URL: url, XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, DO_NOT_TRACK: '' });
    const measurement = measure(budget('run', 'record', home, '--runs', join(home, 'run.json')));
    if (JSON.parse(measurement.stdout).run.rollup.total_calls !== 1) throw new Error('the run was not recorded');
    return measurement;
  };
}

function record(count) {
  const usage = { prompt_tokens: 100, completion_tokens: 20, cost: 0.001 };
  const stage = { stage_id: 'draft', provider: 'openrouter', metadata: { model: 'openai/gpt-4o', usage } };
  return { run_id: `run-${count}`, workflow_id: 'w', status: 'completed', stages: [stage] };
}

function longer(scenes) {
  const times = measureInRounds(
    scenes.map(
      ({ run }) =>
        () =>
          run(timed).elapsedMs,
    ),
    { rounds, warmUpRounds: warmUpRounds(rounds) },
  );
  // Of the differences within a round, which noise that lasts for longer than a round does not touch.
  const added = times.map((ofScene) => ofScene.map((time, round) => time - times[0][round]));
  printTable(
    ['a hub that', 'median ms', 'added ms', 'most ms'],
    scenes.map(({ name }, index) => [
      name,
      ...[median(times[index]), median(added[index]), Math.max(...added[index])].map((ms) => ms.toFixed(1)),
    ]),
  );
  const worst = Math.max(...added.slice(1).map(median));
  printGoal('the worst hub adds', worst, { atMost: LONGER_AT_MOST_MS, unit: ' ms', digits: 1 });
}

/** Beside the least that a program needs which tells a hub anything: it is started in the same rounds. */
function resources([off, on], nothing) {
  const [withoutHub, withHub, bare, ...others] = measureInRounds(
    [
      () => off.run(metered),
      () => on.run(metered),
      () => metered([nothing]),
      ...leastPrograms.map(
        ([, file]) =>
          () =>
            metered([file, on.url]),
      ),
    ],
    { rounds: rounds * RESOURCES_ROUNDS, warmUpRounds: warmUpRounds(rounds) },
  );
  const added = (field, to, before) =>
    median(to.map((measurement, round) => measurement[field] - before[round][field]));
  const cpuMs = added('cpuMs', withHub, withoutHub);
  printTable(
    ['adds', 'ms of CPU'],
    [
      ...leastPrograms.map(([name], index) => [name, added('cpuMs', others[index], bare).toFixed(1)]),
      ['a run that tells a hub', cpuMs.toFixed(1)],
    ],
  );
  printGoal('a hub that is well adds', cpuMs, { atMost: CPU_AT_MOST_MS, unit: ' ms of CPU', digits: 1 });
  const memory = Number(mebibytes(added('maxRssBytes', withHub, withoutHub)));
  printGoal('and', memory, { atMost: MEMORY_AT_MOST_MIB, unit: ' MiB', digits: 1 });
}

/** Beside a program that imports nothing, by the same way. */
function importing(directory, nothing) {
  const program = (name, specifier) => {
    const file = join(directory, name);
    writeFileSync(file, `import ${JSON.stringify(specifier)};\n`);
    return [file];
  };
  const programs = [program('bare.mjs', pathToFileURL(nothing).href), program('client.mjs', hubClientModule())];
  const times = measureInRounds(
    programs.map((parameters) => () => timed(parameters).elapsedMs),
    { rounds: rounds * 2, warmUpRounds: warmUpRounds(rounds) },
  );
  const added = median(times[1].map((time, round) => time - times[0][round]));
  printGoal('importing the client adds', added, { atMost: IMPORT_AT_MOST_MS, unit: ' ms', digits: 1 });
}
