import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenCases } from '@budget/golden';
import { describe, expect, it } from 'vitest';
import { infospacePaths } from '../infospace-paths.js';
import { recordRun } from '../record-run.js';
import { python } from '../testing/pyyaml.js';
import { RATES, runRecord, stage } from '../testing/run-records.js';
import { agrees, dumpYaml } from '../testing/scan-usage-samples.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { readYaml } from '../yaml/read-yaml.js';
import type { YamlMap } from '../yaml/scalars.js';
import { scanUsage } from './scan-usage.js';

describe('a scan gives what parsing everything gives', { timeout: 120_000 }, () => {
  it.skipIf(python === undefined)('of a file that the earlier tool and we record into in turns', async () => {
    const workspace = temporaryDirectory();
    write(workspace, 'model-rates.yaml', RATES);
    const infospace = join(workspace, 'infospaces', 'demo');
    const { usage } = infospacePaths(infospace);
    for (let turn = 1; turn <= 12; turn++) {
      const stages = [stage('ü'), stage('b', {}, 'test/unrated-with-a-name-that-makes-its-warning-a-long-one')];
      await recordRun({ infospace, records: [runRecord(`${turn}`, stages), runRecord(`run "${turn}": ü`, stages)] });
      if (turn % 3 === 0) {
        // The earlier tool reads all, adds one, and writes all.
        const document = readYaml(readFileSync(usage, 'utf8'), usage) as { runs: YamlMap[] };
        const entry = { ...document.runs[0], run_index: 100 + turn, end_of_run: 100 + turn };
        writeFileSync(usage, dumpYaml([{ ...document, runs: [...document.runs, entry] }])[0] as string);
      }
      const scanned = scanUsage(readFileSync(usage), { withWorkflows: true });
      expect(scanned).toMatchObject({ totals: { runs: turn + Math.floor(turn / 3) }, indentation: 0 });
      expect(agrees(readFileSync(usage))).toBe(true);
    }
  });

  const usual = goldenCases().map(({ expected }) => join(expected, 'infospaces/demo/output/budget/usage.yaml'));
  it.each(usual.filter((path) => existsSync(path)))('of %s', (path) => {
    expect(agrees(readFileSync(path))).toBe(true);
  });
});

const plain = `schema_version: 1
runs:
- run_index: 1
  rollup:
    total_calls: 2
    total_cost_usd_known: 0.5
  per_bucket:
  - calls: 2
    cost_status: unknown
`;
const edited = (from: string, to: string): string => plain.replace(from, to);

it('sums what there is', () => {
  const { totals } = scanUsage(Buffer.from(plain)) ?? {};
  expect(totals).toMatchObject({ runs: 1, calls: 2, costNanoUsdKnown: 500_000_000n, unpricedCalls: 2 });
});

const afterIndex = plain.slice(plain.indexOf('  rollup'));
it.each([
  '  rollup: null\n',
  '  rollup:\n',
  '  rollup: {}\n  per_bucket: []\n',
  '  rollup: 5\n  per_bucket: x\n',
  '  rollup:\n  - total_calls: 5\n',
  '  per_bucket:\n    calls: 5\n',
  '  per_bucket:\n  - 5\n  - - calls: 5\n  - {}\n  - calls: 5\n',
  '  per_bucket:\n    - calls: 5\n',
  '  per_bucket:\n  - calls: 5\n    cost_status: partial\n  - calls: 7\n  - a: 1\n',
  '  rollup:\n    unpriced_calls: null\n  per_bucket:\n  - unpriced_calls: null\n    cost_unknown_for_calls: 3\n',
  '  rollup:\n    cost_nano_usd_known: 7\n    total_cost_usd_known: 1.5\n',
  '  workflows:\n  - 5\n',
  '  workflows:\n  - {}\n',
  '  workflows:\n  - run_id: x\n    stage_count: 1\n    call_count: 1\n  - a: 1\n',
  '  workflows:\n  - run_id: []\n    workflow_id: 12\n  - a: 1\n',
  "  'note': 1\n",
  '  note: one\n   two\n    three\n',
])('takes a field of another kind for a missing one, as the parser does: %j', (fields) => {
  expect(agrees(Buffer.from(plain.replace(afterIndex, fields)))).toBe(true);
});

it.each(
  Object.entries({
    'nothing in it': '',
    'no runs': 'schema_version: 1\n',
    'an empty list of runs': 'schema_version: 1\nruns: []\n',
    'nothing after `runs:`': 'schema_version: 1\nruns:\n',
    'another schema': edited('schema_version: 1', 'schema_version: 2'),
    'a schema that is a float': edited('schema_version: 1', 'schema_version: 1.0'),
    'a schema that is a block': edited('schema_version: 1', 'schema_version:\n  a: 1'),
    'no line end': plain.slice(0, -1),
    'line ends of Windows': plain.replaceAll('\n', '\r\n'),
    'a byte order mark': `\ufeff${plain}`,
    'a byte order mark in a text': edited('  per_bucket:', '  note: "\ufeff"\n  per_bucket:'),
    'bytes that are no UTF-8': Buffer.from(edited('  per_bucket:', '  note: "\xff"\n  per_bucket:'), 'latin1'),
    'a zero': edited('unknown', 'unk\0nown'),
    'a document marker': `---\n${plain}`,
    'a comment': edited('runs:', '# all of them\nruns:'),
    'a blank line': edited('runs:', '\nruns:'),
    'a key after the runs': `${plain}note: x\n`,
    'a quoted `runs`': edited('runs:', "'runs':"),
    'an entry that is no map': `${plain}- 1\n`,
    'an entry that is a list': `${plain}- - run_index: 2\n`,
    'an empty entry': `${plain}- {}\n`,
    'a key twice': edited('    total_calls: 2\n', '    total_calls: 2\n    total_calls: 2\n'),
    'a map twice': edited('  per_bucket:', '  rollup:\n    total_calls: 2\n  per_bucket:'),
    'an anchor': edited('rollup:', 'rollup: &a'),
    'an alias': edited('unknown', '*a'),
    'a tag': edited('unknown', '!!str unknown'),
    'a map in flow style': edited('  per_bucket:', '  note: {a: 1}\n  per_bucket:'),
    'block text': edited('  per_bucket:', '  note: |\n    text\n  per_bucket:'),
    'a key that is no text': edited('  per_bucket:', '  on: 1\n  per_bucket:'),
    'a merged map': edited('  per_bucket:', '  <<: {}\n  per_bucket:'),
    'a figure that is a block': edited('total_calls: 2', 'total_calls:\n      a: 2'),
    'a figure without a value': edited('total_calls: 2', 'total_calls:'),
    'a figure in two lines': edited('total_calls: 2', 'total_calls: 2\n      3'),
    'a negative figure': edited('total_calls: 2', 'total_calls: -2'),
    'a figure in octal digits': edited('total_calls: 2', 'total_calls: 010'),
    'a figure that is text': edited('total_calls: 2', "total_calls: '2'"),
    'a cost status of another kind': edited('unknown', 'free'),
    'a map deeper than its first key': edited('    total_cost', '     total_cost'),
    'a map that begins beside a value': edited('run_index: 1\n', 'run_index: 1\n    a: 1\n'),
    'a number of too many digits': edited('  per_bucket:', `  note: ${'9'.repeat(4500)}\n  per_bucket:`),
    'a key left of all': edited('  per_bucket:', ' per_bucket:'),
    'a list under a value': edited('calls: 2\n', 'calls: 2\n    - 3\n'),
    'maps too deep': edited('  per_bucket:', `  note:\n${nested(90)}  per_bucket:`),
    'ever new keys': edited('  per_bucket:', `  note:\n${manyKeys(10_000)}  per_bucket:`),
    'sums that are not exact': plain + plain.slice(plain.indexOf('- run')).replace('0.5', '9007199.2'),
  }),
)('%s is left to the parser', (_, source) => {
  expect(scanUsage(Buffer.from(source))).toBeNull();
});

it('maps as deep and keys as many as any file of ours has are none too many', () => {
  expect(agrees(Buffer.from(edited('  per_bucket:', `  note:\n${nested(80)}  per_bucket:`)))).toBe(true);
  expect(agrees(Buffer.from(edited('  per_bucket:', `  note:\n${manyKeys(5_000)}  per_bucket:`)))).toBe(true);
});

function nested(depth: number): string {
  return Array.from({ length: depth }, (_, level) => `${' '.repeat(level + 4)}a:\n`).join('');
}

function manyKeys(count: number): string {
  return Array.from({ length: count }, (_, index) => `    key${index}: 1\n`).join('');
}
