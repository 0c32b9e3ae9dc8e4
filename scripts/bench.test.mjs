import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pyyamlUsage } from '../bench/lib/pyyaml-usage.mjs';
import { badHubs } from '../packages/replay/hubs/index.mjs';
import { rootDirectory } from './lib/root-directory.mjs';

const TIMEOUT_MS = 120_000;
const FIGURE = String.raw`-?[\d,]+(?:\.\d+)?`;

/** Real answers, which are no part of the repository. */
const answers = resolve(rootDirectory, process.env.BUDGET_TEST_DATA || '../shared/data', 'mmlu-two-models.csv.gz');

let temporary;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'bench-test-'));
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function measure(name, ...parameters) {
  const environment = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const program = join(rootDirectory, 'bench', name);
  const output = execFileSync(process.execPath, [program, ...parameters], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  return { output, lines: output.split('\n') };
}

/** A line of a table: its name, and as many figures. */
function row(name, figures) {
  return expect.stringMatching(new RegExp(`^${name} +${Array(figures).fill(FIGURE).join(' +')}$`));
}

/** Of each table: what its lines begin with. */
function firstColumns(output) {
  const paragraphs = output.split(/\n{2,}/).map((paragraph) => paragraph.trim().split('\n'));
  return paragraphs.filter((lines) => lines.length > 2).map((lines) => lines.map((line) => line.split(/ {2,}/)[0]));
}

function goalsIn(lines) {
  return lines.filter((line) => /: (?:met|NOT met)$/.test(line)).length;
}

// Programs of minutes, here with sizes of seconds: that they run and say what they promise, and no word of how fast.
describe('a measurement in small', { timeout: TIMEOUT_MS }, () => {
  test('of the start-up has its commands and goals', () => {
    const { output, lines } = measure('start-up.mjs', '1');
    expect(output).toContain(`Node ${process.version}, `);
    expect(lines).toEqual(
      expect.arrayContaining([
        row('budget --version', 3),
        row('budget status', 3),
        row('budget status --format table', 3),
      ]),
    );
    expect(goalsIn(lines)).toBe(2);
  });

  test('of recording has each number of earlier runs, by file and as a scan', () => {
    const { output, lines } = measure('record-after.mjs', '--runs', '20', '--rounds', '1');
    expect(output).toContain('1 rounds');
    expect(lines).toEqual(
      expect.arrayContaining([
        row('one file, after 10 runs', 5),
        row('one file, after 20 runs', 5),
        row('scan, 10 old records, after 10 runs', 5),
        row('scan, 20 old records, after 10 runs', 5),
        row('scan, 20 old records, after 20 runs', 5),
      ]),
    );
    expect(goalsIn(lines)).toBe(6);
  });

  test('of listing has files of both kinds', () => {
    const { lines } = measure('list.mjs', '--infospaces', '2', '--runs', '6', '--rounds', '1');
    expect(lines).toEqual(
      expect.arrayContaining([
        row('bare loop over the bytes', 4),
        row('budget list', 4),
        row('budget list again', 4),
        expect.stringMatching(/^js-yaml .* –$/),
        row('short', 5),
        row('long', 5),
        row('long, without an index', 5),
      ]),
    );
    expect(goalsIn(lines)).toBe(4);
  });

  test('of telling a hub has one that is well and each that is not', () => {
    const { lines } = measure('hub.mjs', '1');
    const names = ['turned off', 'is well', ...badHubs];
    expect(lines).toEqual(expect.arrayContaining(names.map((name) => row(name, 3))));
    const adding = ['a program that opens a socket', 'a program that posts as much', 'a run that tells a hub'];
    expect(lines).toEqual(expect.arrayContaining(adding.map((name) => row(name, 1))));
    expect(goalsIn(lines)).toBe(4);
  });

  test('of reserving over HTTP has one caller and many, inside and over HTTP', () => {
    const { lines } = measure('http.mjs', '1', '--cycles', '100');
    const names = [
      'inside, one caller',
      'over HTTP, one connection',
      'inside, 64 callers',
      'over HTTP, 64 connections',
    ];
    expect(lines).toEqual(expect.arrayContaining(names.map((name) => row(name, 3))));
    expect(goalsIn(lines)).toBe(1);
  });

  test('of usage over HTTP has a short and a long history', () => {
    const { lines } = measure('http-usage.mjs', '1', '--asked', '20', '--observations', '12000');
    const names = ['GET /usage/models/unknown', 'GET /usage, 10,000 calls', 'GET /usage, 12,000 calls'];
    expect(lines).toEqual(expect.arrayContaining(names.map((name) => row(name, 2))));
    expect(goalsIn(lines)).toBe(1);
  });

  test('of reading exchanges has the command and a bare loop', () => {
    const { lines } = measure('cost.mjs', '--megabytes', '4', '--rounds', '1');
    expect(lines).toEqual(expect.arrayContaining([row('JSON.parse of each line', 3), row('budget cost', 3)]));
    expect(goalsIn(lines)).toBe(1);
  });

  test('of archiving has the command and tar, and both trees', () => {
    const { lines } = measure('archive.mjs', '--megabytes', '2', '--files', '20', '--rounds', '1');
    expect(lines).toEqual(
      expect.arrayContaining([
        row('tar czf', 2),
        row('budget archive create', 2),
        row('a tree of 0.2 MB', 1),
        row('a tree of 2 MB', 1),
      ]),
    );
    expect(goalsIn(lines)).toBe(2);
  });

  test('of pricing has both sides and each step to the first price', () => {
    const { output, lines } = measure('price.mjs', '--calls', '2000', '--rounds', '2');
    expect(output).toContain('2 rounds, 2,000 calls');
    expect(lines).toEqual(
      expect.arrayContaining([
        row('priceCall', 3),
        row('calcPrice', 3),
        row('imports nothing', 3),
        row('imports the package', 3),
        row('prices one call', 3),
      ]),
    );
    expect(goalsIn(lines)).toBe(3);
  });

  test('of reserving has one process, many, and both histories', () => {
    const sizes = ['--rounds', '1', '--cycles', '20', '--milliseconds', '100', '--history', '50'];
    const { lines } = measure('reserve.mjs', ...sizes);
    const count = String.raw`[\d,]+`;
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^two writes of one row each +${count} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^bare reservation +${count} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^reserve \\+ settle +${count} +${FIGURE} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^after 10 settled calls +${count} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^after 50 settled calls +${count} +${FIGURE}$`)),
      ]),
    );
    expect(goalsIn(lines)).toBe(5);
  });

  test('of reserving on PostgreSQL has one client, many, and both histories', () => {
    const sizes = ['--rounds', '1', '--cycles', '10', '--milliseconds', '500', '--history', '50'];
    const { lines } = measure('postgres-reserve.mjs', ...sizes);
    const count = String.raw`[\d,]+`;
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^two transactions of one row each +${count} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^bare reservation +${count} +${FIGURE}$`)),
        expect.stringMatching(new RegExp(`^reserve \\+ settle +${count} +${FIGURE} +${FIGURE} +${FIGURE} +${count}$`)),
        expect.stringMatching(new RegExp(`^after 10 settled calls +${count}$`)),
        expect.stringMatching(new RegExp(`^after 50 settled calls +${count}$`)),
      ]),
    );
    expect(goalsIn(lines)).toBe(2);
  });

  test('of observing on PostgreSQL has both sides', () => {
    const { lines } = measure('postgres-observations.mjs', '--rounds', '1', '--batches', '2', '--batch', '20');
    const count = String.raw`[\d,]+`;
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^bare loop +${count}$`)),
        expect.stringMatching(new RegExp(`^observe +${count}$`)),
      ]),
    );
    expect(goalsIn(lines)).toBe(1);
  });

  test('of metering has each way of a call, the memory and the parts of a metered fetch', () => {
    const sizes = ['--rounds', '1', '--calls', '5', '--milliseconds', '50', '--history', '50', '--megabytes', '4'];
    const { lines } = measure('metering.mjs', ...sizes);
    expect(lines).toEqual(
      expect.arrayContaining([
        row('direct', 2),
        row('bare proxy', 2),
        row('metering proxy', 2),
        row('bare proxy', 3),
        row('metering proxy', 3),
        row('after 5 calls', 2),
        row('after 50 calls', 2),
        row('after an upload of 4 MiB', 2),
        row('the fetch alone', 2),
        row('reserved and settled by hand', 2),
        row('what it may cost alone', 2),
        row('metered fetch', 2),
      ]),
    );
    expect(goalsIn(lines)).toBe(7);
  });

  test.skipIf(!existsSync(answers))(
    'of routing has each setting and both models alone (needs BUDGET_TEST_DATA)',
    () => {
      const { lines } = measure('routing.mjs', '--orders', '1', '--laps', '2', '--questions', '300');
      const rows = lines.filter((line) => line.startsWith('| `')).map((line) => line.split(' | ').length);
      // Once and twice, of seven columns each.
      expect(rows).toEqual(Array(18).fill(7));
      expect(lines.filter((line) => / model alone \| /.test(line))).toHaveLength(4);
    },
  );

  test('of budgets that should hold has each peer in each of its three tables', () => {
    const { output } = measure('hard-budgets.mjs', '--calls', '60', '--hold-ms', '2000');
    const names = [
      '@budget/ledger',
      'llm-budget guard',
      'llm-budget guard, SQL',
      'llm-budget reserve',
      'llm-budget reserve, SQL',
      'rate-limiter-flexible',
      'rate-limiter-flexible, SQLite',
      'llm-cost-guard',
      'llm-spend-guard',
    ];
    const tables = ['60 calls at once', 'the next process', 'unknown model, 100 calls'];
    expect(output).toContain('llm-budget 0.2.1');
    expect(firstColumns(output)).toEqual([
      [tables[0], 'what is right', ...names],
      [tables[1], 'what is right', ...names],
      [tables[2], ...names],
    ]);
  });

  test('leaves nothing behind', () => {
    expect(readdirSync(temporary)).toEqual([]);
  });
});

const python = [process.env.BUDGET_PYTHON, 'python3', '/usr/bin/python3'].find(
  (candidate) => candidate !== undefined && spawnSync(candidate, ['-c', 'import yaml']).status === 0,
);

test.skipIf(python === undefined)(
  'files in the layout of PyYAML are what PyYAML writes (needs a python3 with yaml)',
  () => {
    const program = 'import sys, yaml; sys.stdout.write(yaml.safe_dump(yaml.safe_load(sys.stdin), sort_keys=False))';
    // Among these runs are an id that looks like a number and a cost that is written with an exponent.
    const { text } = pyyamlUsage(11, 60);
    expect(text).toMatch(/snapshot_id: '\d{12}'/);
    expect(text).toMatch(/: \d\.\de-05$/m);
    expect(execFileSync(python, ['-c', program], { input: text, encoding: 'utf8' })).toBe(text);
  },
);
