// How fast an infospace is archived, beside `tar czf` on the same tree, and how much memory that takes.
//
//   node bench/archive.mjs [rounds]                               default 5
//   node bench/archive.mjs --megabytes 20 --files 500             the size of the tree, default 200 and 4,000

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { budget } from './lib/built.mjs';
import { readSizes } from './lib/options.mjs';
import { mebibytes, printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { metered, timed, timedProgram } from './lib/processes.mjs';
import { randomFrom } from './lib/random.mjs';
import { measureInRounds, median, medianOf, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory, settleDisk } from './lib/temporary-directory.mjs';

const BYTES_PER_MB = 1_000_000;
const MS_PER_SECOND = 1000;
const SPEED_AT_LEAST = 0.7;
const MORE_MEMORY_AT_MOST_MIB = 64;
/** Of its size, the tree that memory is compared with. */
const SMALLER = 10;
const WORDS = 5_000;

const { rounds, megabytes, files } = readSizes({ rounds: 5, megabytes: 200, files: 4_000 });

await inTemporaryDirectory((directory) => {
  printConditions(`${rounds} rounds`, `${megabytes} MB in ${withCommas(files)} files`);
  tellProgress('writing files');
  const large = writeTree(join(directory, 'large'), { bytes: megabytes * BYTES_PER_MB, count: files });
  const small = writeTree(join(directory, 'small'), {
    bytes: (megabytes * BYTES_PER_MB) / SMALLER,
    count: Math.ceil(files / SMALLER),
  });
  settleDisk();
  tellProgress('measuring');
  const to = join(directory, 'archives');
  const [packed, archived] = measureInRounds([() => tar(large, directory), () => archive(large, to, timed)], {
    rounds,
    warmUpRounds: warmUpRounds(rounds),
  });
  const memory = [small, large].map((tree) => median(atMostThree(() => archive(tree, to, metered).maxRssBytes)));
  report({ packed, archived, memory });
});

function atMostThree(measure) {
  return Array.from({ length: Math.min(3, rounds) }, measure);
}

/** Answers of models as lines of JSON, in the words of which some are frequent and most are not. */
function writeTree(root, { bytes, count }) {
  const random = randomFrom(count);
  const words = Array.from({ length: WORDS }, () => random.below(36 ** random.between(2, 7)).toString(36));
  const size = Math.floor(bytes / count);
  for (let number = 0; number < count; number += 1) {
    const file = join(root, 'output', `part-${number % 50}`, `answers-${number}.jsonl`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text(random, words, size));
  }
  return root;
}

function text(random, words, size) {
  let lines = '';
  for (let id = 0; lines.length < size; id += 1) {
    const answer = Array.from({ length: 40 }, () => words[random.below(1 + random.below(WORDS))]).join(' ');
    lines += `{"id":${id},"tokens":${random.below(5000)},"answer":"${answer}"}\n`;
  }
  return lines.slice(0, size);
}

/** As people do it; the level is that of `gzip` unless told, as ours is. */
function tar(tree, directory) {
  const file = join(directory, 'packed.tar.gz');
  const measured = timedProgram('tar', ['-czf', file, '-C', dirname(tree), 'large']);
  return { ...measured, bytes: statSync(file).size };
}

function archive(tree, to, measure) {
  // What is there already is not put in place again.
  rmSync(to, { recursive: true, force: true });
  const measured = measure(budget('archive', 'create', tree, '--to', to));
  const { verified, bytes } = JSON.parse(measured.stdout);
  if (verified !== true) throw new Error(`It was not verified: ${measured.stdout}`);
  return { ...measured, bytes };
}

function report({ packed, archived, memory: [small, large] }) {
  const row = (name, measurements) => [
    name,
    (megabytes / (medianOf(measurements, 'elapsedMs') / MS_PER_SECOND)).toFixed(1),
    (medianOf(measurements, 'bytes') / BYTES_PER_MB).toFixed(1),
  ];
  printTable(['', 'MB/s', 'MB compressed'], [row('tar czf', packed), row('budget archive create', archived)]);
  printTable(
    ['', 'peak MiB'],
    [
      [`a tree of ${megabytes / SMALLER} MB`, mebibytes(small)],
      [`a tree of ${megabytes} MB`, mebibytes(large)],
    ],
  );
  const ratios = packed.map(({ elapsedMs }, round) => elapsedMs / archived[round].elapsedMs);
  printGoal('archived and verified, against tar czf', median(ratios), { atLeast: SPEED_AT_LEAST });
  const more = (large - small) / 1024 / 1024;
  printGoal('memory beyond that for a tenth of the tree', more, {
    atMost: MORE_MEMORY_AT_MOST_MIB,
    unit: ' MiB',
    digits: 1,
  });
}
