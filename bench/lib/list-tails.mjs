import { join } from 'node:path';
import { copyInfospace, createWorkspace } from './history.mjs';
import { list, listWithoutIndex } from './list-command.mjs';
import { mebibytes, printGoal, printTable, withCommas } from './print.mjs';
import { metered, timed } from './processes.mjs';
import { measureInRounds, medianOf, warmUpRounds } from './rounds.mjs';

const MAX_METERED_ROUNDS = 3;
const BYTES_PER_KIB = 1024;
const KIB_AT_MOST = 100;
const TIME_AT_MOST = 1.2;

/**
 * Whether `budget list` takes longer for long files of ours than for short ones, and how much of them it reads.
 * `short` and `long` are two workspaces with as many infospaces.
 */
export function measureTails({ short, long }, { rounds, directory }) {
  const single = copyFirst(short, join(directory, 'single'));
  const sceneOf = (process) => [() => list(short, process), () => list(long, process)];
  const times = measureInRounds(sceneOf(timed), { rounds, warmUpRounds: warmUpRounds(rounds) });
  const meteredRounds = { rounds: Math.min(rounds, MAX_METERED_ROUNDS), warmUpRounds: 0 };
  const resources = measureInRounds([...sceneOf(metered), () => list(single, metered)], meteredRounds);
  // Last, because the index is gone afterwards.
  const [timesWithout] = measureInRounds([() => listWithoutIndex(long, timed)], meteredRounds);
  const [resourcesWithout] = measureInRounds([() => listWithoutIndex(long, metered)], meteredRounds);

  // With it go the files of the program itself. One infospace fewer is left, as short as they are: no figure gets better.
  const singleBytes = medianOf(resources[2], 'bytesRead');
  const others = long.rows.length - 1;
  return [
    { name: 'short', times: times[0], resources: resources[0] },
    { name: 'long', times: times[1], resources: resources[1] },
    { name: 'long, without an index', times: timesWithout, resources: resourcesWithout },
  ].map((row) => ({
    name: row.name,
    minMs: Math.min(...row.times.map(({ elapsedMs }) => elapsedMs)),
    medianMs: medianOf(row.times, 'elapsedMs'),
    kibPerInfospace: (medianOf(row.resources, 'bytesRead') - singleBytes) / others / BYTES_PER_KIB,
    maxRssBytes: medianOf(row.resources, 'maxRssBytes'),
  }));
}

function copyFirst({ workspace, rows }, copy) {
  const [row] = rows;
  createWorkspace(copy);
  copyInfospace(join(workspace, 'infospaces', row.slug), join(copy, 'infospaces', row.slug), { withRunRecords: false });
  return { workspace: copy, rows: [row] };
}

export function reportTails(rows, { short, long }) {
  const [shortRow, longRow] = rows;
  const runs = ({ rows }) => withCommas(rows[0].runs_count);
  console.log(`\n${withCommas(long.rows.length)} files of ours; short: ${runs(short)} runs, long: ${runs(long)} runs`);
  printTable(
    ['budget list', 'min ms', 'median ms', 'ratio', 'KiB read of each', 'peak MiB'],
    rows.map(({ name, minMs, medianMs, kibPerInfospace, maxRssBytes }) => [
      name,
      minMs.toFixed(1),
      medianMs.toFixed(1),
      (medianMs / shortRow.medianMs).toFixed(2),
      kibPerInfospace.toFixed(1),
      mebibytes(maxRssBytes),
    ]),
  );
  printGoal('long against short files, time', longRow.medianMs / shortRow.medianMs, { atMost: TIME_AT_MOST });
  printGoal('read of each long infospace', longRow.kibPerInfospace, { atMost: KIB_AT_MOST, unit: ' KiB', digits: 1 });
}
