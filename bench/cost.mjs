// How fast `budget cost` reads recorded exchanges.
//
//   node bench/cost.mjs [rounds]                default 10
//   node bench/cost.mjs --megabytes 20          the size of the file, default 200

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budget } from './lib/built.mjs';
import { exchangeLines } from './lib/exchange-lines.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { metered } from './lib/processes.mjs';
import { measureInRounds, medianOf, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory, settleDisk } from './lib/temporary-directory.mjs';

const BYTES_PER_MB = 1_000_000;
const MS_PER_SECOND = 1000;
const MB_PER_SECOND_AT_LEAST = 100;

const parseLines = fileURLToPath(new URL('./programs/parse-lines.mjs', import.meta.url));

const { rounds, megabytes } = readSizes({ rounds: 10, megabytes: 200 });

await inTemporaryDirectory((directory) => {
  const { source, lines } = exchangeLines();
  printConditions(`${rounds} rounds`, source);
  const subject = writeExchanges(join(directory, 'exchanges.jsonl'), lines);
  settleDisk();
  tellProgress('measuring');
  const [bareLoop, cost] = measureInRounds(
    [
      () => checked(metered([parseLines, subject.file]), (stdout) => Number(stdout), subject),
      () => checked(metered(budget('cost', subject.file)), (stdout) => JSON.parse(stdout).length, subject),
    ],
    { rounds, warmUpRounds: warmUpRounds(rounds) },
  );
  report(subject, [
    ['JSON.parse of each line', bareLoop],
    ['budget cost', cost],
  ]);
});

function writeExchanges(file, lines) {
  const text = lines.map((line) => `${line}\n`).join('');
  const copies = Math.max(1, Math.round((megabytes * BYTES_PER_MB) / Buffer.byteLength(text)));
  const descriptor = openSync(file, 'w');
  for (let copy = 0; copy < copies; copy += 1) writeSync(descriptor, text);
  closeSync(descriptor);
  return { file, exchanges: copies * lines.length, bytes: copies * Buffer.byteLength(text) };
}

/** A fast answer that is wrong is not what is measured. */
function checked(measured, countOf, { exchanges }) {
  const count = countOf(measured.stdout);
  if (count !== exchanges) throw new Error(`${count} exchanges were seen, not ${exchanges}.`);
  return measured;
}

function report({ exchanges, bytes }, scenes) {
  console.log(`\n${withCommas(exchanges)} exchanges, ${(bytes / BYTES_PER_MB).toFixed(1)} MB`);
  const rows = scenes.map(([name, measurements]) => {
    const cpuMs = medianOf(measurements, 'cpuMs');
    const elapsedMs = medianOf(measurements, 'elapsedMs');
    return {
      name,
      mbPerCpuSecond: (bytes / BYTES_PER_MB / cpuMs) * MS_PER_SECOND,
      mbPerSecond: (bytes / BYTES_PER_MB / elapsedMs) * MS_PER_SECOND,
      maxRssBytes: medianOf(measurements, 'maxRssBytes'),
    };
  });
  printTable(
    ['', 'MB/s of CPU', 'MB/s', 'peak MiB'],
    rows.map(({ name, mbPerCpuSecond, mbPerSecond, maxRssBytes }) => [
      name,
      mbPerCpuSecond.toFixed(1),
      mbPerSecond.toFixed(1),
      mebibytes(maxRssBytes),
    ]),
  );
  const [, cost] = rows;
  const goal = { atLeast: MB_PER_SECOND_AT_LEAST, unit: ' MB/s', digits: 1 };
  printGoal('budget cost, by elapsed time', cost.mbPerSecond, goal);
}
