import { fileURLToPath } from 'node:url';
import { list, listWithoutIndex } from './list-command.mjs';
import { mebibytes, printGoal, printTable, withCommas } from './print.mjs';
import { metered, timed } from './processes.mjs';
import { measureInRounds, medianOf } from './rounds.mjs';

const MAX_PARSED_FILES = 5;
const WARM_UP_ROUNDS = 1;
const MB_PER_SECOND_AT_LEAST = 100;
const BYTES_PER_MB = 1_000_000;
const MS_PER_SECOND = 1000;

const readBytes = fileURLToPath(new URL('../programs/read-bytes.mjs', import.meta.url));
const parseYaml = fileURLToPath(new URL('../programs/parse-yaml.mjs', import.meta.url));

/**
 * How fast `budget list` goes through files of another program, of which it has to see every byte: beside a program that
 * does nothing but that, and beside a YAML parser.
 */
export function measureEverything(subject, { rounds }) {
  const parsedFiles = subject.files.slice(0, MAX_PARSED_FILES);
  const parse = () => JSON.parse(timed([parseYaml, ...parsedFiles]).stdout);
  const [bareLoop, first, again, parsed] = measureInRounds(
    [
      () => readEveryByte(subject),
      () => listWithoutIndex(subject, metered),
      // With whatever the scene before has left behind.
      () => list(subject, metered),
      parse,
    ],
    { rounds, warmUpRounds: WARM_UP_ROUNDS },
  );
  return [
    figures('bare loop over the bytes', bareLoop, subject.bytes),
    figures('budget list', first, subject.bytes),
    figures('budget list again', again, subject.bytes),
    figures('js-yaml (see below)', parsed, medianOf(parsed, 'bytes')),
  ].map((row) => ({ ...row, wholeSeconds: subject.bytes / BYTES_PER_MB / row.mbPerCpuSecond }));
}

function readEveryByte({ files, lines }) {
  const measured = metered([readBytes, ...files]);
  if (Number(measured.stdout) !== lines) throw new Error(`The bare loop saw ${measured.stdout} lines, not ${lines}.`);
  return measured;
}

function figures(name, measurements, bytes) {
  const megabytes = bytes / BYTES_PER_MB;
  const secondsOf = (field) => medianOf(measurements, field) / MS_PER_SECOND;
  return {
    name,
    mbPerCpuSecond: megabytes / secondsOf('cpuMs'),
    mbPerSecond: megabytes / secondsOf('elapsedMs'),
    maxRssBytes: measurements[0].maxRssBytes === undefined ? null : medianOf(measurements, 'maxRssBytes'),
  };
}

export function reportEverything(rows, { bytes, files }) {
  const [, first] = rows;
  console.log(`\n${withCommas(files.length)} files in the layout of PyYAML, ${(bytes / BYTES_PER_MB).toFixed(1)} MB`);
  printTable(
    ['', 'CPU s', 'MB/s of CPU', 'MB/s', 'peak MiB'],
    rows.map(({ name, wholeSeconds, mbPerCpuSecond, mbPerSecond, maxRssBytes }) => [
      name,
      wholeSeconds.toFixed(2),
      mbPerCpuSecond.toFixed(1),
      mbPerSecond.toFixed(1),
      maxRssBytes === null ? '–' : mebibytes(maxRssBytes),
    ]),
  );
  console.log(
    `(js-yaml: parsing alone, of ${Math.min(files.length, MAX_PARSED_FILES)} files; CPU s as if it were all)\n`,
  );
  const goal = { atLeast: MB_PER_SECOND_AT_LEAST, unit: ' MB/s', digits: 1 };
  printGoal('budget list without an index, by user and system time', first.mbPerCpuSecond, goal);
  printGoal('budget list without an index, by elapsed time', first.mbPerSecond, goal);
}
