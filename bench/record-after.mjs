// Whether recording a run takes longer after many runs than after few: whole processes, from start to exit.
//
//   node bench/record-after.mjs [rounds]        default 30
//   node bench/record-after.mjs --runs 1000     how many runs came before, default 10000
import { join } from 'node:path';
import { loadLibrary } from './lib/built.mjs';
import { copyInfospace, createInfospace, createWorkspace, recordHistory } from './lib/history.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { metered, timed } from './lib/processes.mjs';
import { recordingScene } from './lib/recording-scene.mjs';
import { measureInRounds, medianOf, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory, settleDisk } from './lib/temporary-directory.mjs';

const FEW_RUNS = 10;
const MAX_MEMORY_ROUNDS = 5;
const TIME_AT_MOST = 1.2;
const MEMORY_AT_MOST = 1.1;

const { rounds, runs } = readSizes({ rounds: 30, runs: 10_000 });
if (runs % FEW_RUNS !== 0) throw new Error(`--runs takes a multiple of ${FEW_RUNS}.`);
const memoryRounds = Math.min(rounds, MAX_MEMORY_ROUNDS);
const sizes = [...[FEW_RUNS, 100, 1000].filter((size) => size < runs), runs];

await inTemporaryDirectory(async (workspace) => {
  const { byName, scans } = await prepare(workspace);
  settleDisk();
  tellProgress('measuring');
  const figures = measure([...byName, ...scans]);
  report(figures.slice(0, byName.length), figures.slice(byName.length));
});

/**
 * `byName`: `--runs <one new record>`, after more and more runs. `scans` of the standard directory: 10 old records of as
 * many runs, all old records of 10 runs, and all old records of as many runs.
 */
async function prepare(workspace) {
  const library = await loadLibrary();
  createWorkspace(workspace);
  const path = (name) => join(workspace, 'infospaces', name);

  // One history that grows; what it was on its way is kept as copies.
  const grown = path('grown');
  await createInfospace(library, grown);
  const byName = [];
  for (const [index, size] of sizes.entries()) {
    await recordHistory(library, grown, { from: sizes[index - 1] ?? 0, to: size });
    const infospace = path(`after-${size}`);
    copyInfospace(grown, infospace, { withRunRecords: false });
    const name = `one file, after ${withCommas(size)} runs`;
    byName.push(recordingScene({ name, infospace, recordCount: size, runCount: size, byName: true }));
    if (index === 0) copyInfospace(grown, path('small'), { withRunRecords: true });
  }

  await createInfospace(library, path('merged'));
  await recordHistory(library, path('merged'), { from: 0, to: runs, recordsPerRun: runs / FEW_RUNS });
  const scan = (infospace, recordCount, runCount) => {
    const name = `scan, ${withCommas(recordCount)} old records, after ${withCommas(runCount)} runs`;
    return recordingScene({ name, infospace, recordCount, runCount, byName: false });
  };
  return {
    byName,
    scans: [scan(path('small'), FEW_RUNS, FEW_RUNS), scan(path('merged'), runs, FEW_RUNS), scan(grown, runs, runs)],
  };
}

function measure(scenes) {
  const recordWith = (process) => scenes.map((scene) => () => scene.record(process));
  const times = measureInRounds(recordWith(timed), { rounds, warmUpRounds: warmUpRounds(rounds) });
  const memory = measureInRounds(recordWith(metered), { rounds: memoryRounds, warmUpRounds: 0 });
  return scenes.map(({ name }, index) => ({
    name,
    minMs: Math.min(...times[index].map(({ elapsedMs }) => elapsedMs)),
    medianMs: medianOf(times[index], 'elapsedMs'),
    maxRssBytes: medianOf(memory[index], 'maxRssBytes'),
  }));
}

function report(byName, scans) {
  printConditions(`${rounds} rounds`, `${memoryRounds} more for memory`);
  const rows = [byName, scans].flatMap((group) =>
    group.map(({ name, minMs, medianMs, maxRssBytes }) => [
      name,
      minMs.toFixed(1),
      medianMs.toFixed(1),
      (medianMs / group[0].medianMs).toFixed(2),
      mebibytes(maxRssBytes),
      (maxRssBytes / group[0].maxRssBytes).toFixed(2),
    ]),
  );
  printTable(['budget run record', 'min ms', 'median ms', 'ratio', 'peak MiB', 'ratio'], rows);
  console.log('(ratio: to the first row of its kind)\n');
  const [many, few] = [withCommas(runs), withCommas(FEW_RUNS)];
  goals(`one file: after ${many} runs against after ${few}`, byName.at(-1), byName[0]);
  goals(`scan of ${many} records: after ${many} runs against after ${few}`, scans[2], scans[1]);
  goals(`scan: of ${many} records after as many runs against of ${few} after ${few}`, scans[2], scans[0]);
}

function goals(compared, many, few) {
  printGoal(`${compared}, time`, many.medianMs / few.medianMs, { atMost: TIME_AT_MOST });
  printGoal(`${compared}, memory`, many.maxRssBytes / few.maxRssBytes, { atMost: MEMORY_AT_MOST });
}
