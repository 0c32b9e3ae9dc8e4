import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, seed, text, value } from '../testing/hostile-values.js';
import { agrees, layOut, ourEntry, theirEntry, usualFiles } from '../testing/scan-usage-samples.js';
import { scanUsage } from './scan-usage.js';

const ODD_VALUES = [
  ...['', ' ', '~', 'null', 'Null', 'yes', 'on', '[]', '{}', '[a]', '{a: 1}', '[', ']'],
  ...['0', '-0', '00', '010', '08', '0x1F', '0b1', '1_000', '+1', '-1', '1:30', '1e5', '12e03', '9'.repeat(4500)],
  ...['999999999999999', '9007199254740991', '9007199254740993', '1234567890123456789'],
  ...['2.0', '.5', '5.', '00.5', '-0.5', '1.0e-05', '1.0e+300', '1.0e-500', '.inf', '.nan', '1_0.5', '1.2.3'],
  ...['0.0000000005', '0.0000000015', '0.1234567894999', '0.12345678949999999999999', '0.12345678950000000000001'],
  ...['999.9999999995', '1000.0000000005', '9007199.254740993', '99999999.999999999', '123456789012345.678'],
  ...[
    'true',
    'false',
    'True',
    "'true'",
    'known',
    'estimated',
    'unknown',
    'partial',
    "'known'",
    '"partial"',
    'Known',
    'known ',
  ],
  ...["''", "'x'", "'it''s'", "'x' y", "'open", "'a'b'", '""', '"x"', '"\\x41"', '"\\xfc"', '"\\u00e9"', '"\\ud83d"'],
  ...['"\\U0001F600"', '"\\U00110000"', '"\\q"', '"\\x4"', '"\\', '"a" b', '"a\\"', '"\\\\"', '"\\N\\_\\P\\0\\/"'],
  ...['a b', 'a  b', 'a:b', 'a: b', 'a:', 'a #b', 'a#b', '#b', 'a,b', '-x', '- x', '-', '? x', '?x', ': x', ':x'],
  ...['&a', '&a x', '*a', '!x', '!!str 1', '!!int "1"', '|', '>', '>-', '@x', '`x', '%x', '=', '<<', '---', '...'],
  ...['2026-05-17', '2026-05-17 10:00:00', 'é', '"é"', "'é'", '"😀"', '"\u0085"', '"\u2028"', '"\ufeff"', '\ufeff'],
  ...['\t', 'a\t', '\ta', '"\t"', '\r', 'a\r', '\u0000', '"\u007f"', '"\uffff"', '"\ufdd0"', '\u00a0'],
];
const KEYS = [
  ...['schema_version', 'runs', 'run_index', 'workflows', 'run_id', 'workflow_id', 'status', 'stage_count', 'rollup'],
  ...['total_calls', 'total_tokens', 'total_cost_usd_known', 'total_cost_usd_estimated', 'cost_nano_usd_known'],
  ...['cost_nano_usd_estimated', 'unpriced_calls', 'per_bucket', 'calls', 'cost_status', 'cost_unknown_for_calls'],
  ...[
    'price_versions',
    'record_hash',
    'call_count',
    'covered',
    'metered',
    'note',
    'on',
    'null',
    '1',
    '2026-05-17',
    "'runs'",
    "'rollup'",
  ],
  ...['"calls"', '<<', '__proto__', 'constructor', 'a b', 'a:b', '? a', 'é', 'k'.repeat(600)],
];
const ODD_LINES = [
  ...['', ' ', '# note', '  # note', '---', '...', '%YAML 1.1'],
  ...['-', '- ', '  -', '    - x', 'x', '  x', '      x y'],
];
const KINDS = ['delete', 'insert', 'repeat', 'swap', 'move', 'indent', 'value', 'key', 'dash', 'bytes', 'cut'] as const;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const edits = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: place,
    to: place,
    lineCount: fc.integer({ min: 1, max: 4 }),
    spaces: fc.integer({ min: -3, max: 3 }),
    value: fc.oneof(fc.constantFrom(...ODD_VALUES), fc.string({ unit: 'binary', maxLength: 4 })),
    key: fc.constantFrom(...KEYS),
    line: fc.constantFrom(...ODD_LINES),
  }),
  { minLength: 1, maxLength: 3 },
);
type Edit = typeof edits extends fc.Arbitrary<(infer One)[]> ? One : never;

function editLines(lines: string[], { kind, at, to, lineCount, spaces, value, key, line }: Edit): string[] {
  if (lines.length === 0) return [line];
  const [index, other] = [Math.floor(at * lines.length), Math.floor(to * lines.length)];
  const old = lines[index] as string;
  const some = lines.slice(index, index + lineCount);
  const column = Math.floor(to * (old.length + 1));
  switch (kind) {
    case 'delete':
      return lines.toSpliced(index, lineCount);
    case 'insert':
      return lines.toSpliced(index, 0, line);
    case 'repeat':
      return lines.toSpliced(index, 0, ...some);
    case 'swap':
      return lines.with(index, lines[other] as string).with(other, old);
    case 'move':
      return lines.toSpliced(index, lineCount).toSpliced(other, 0, ...some);
    case 'indent':
      return lines.toSpliced(index, lineCount, ...some.map((one) => indent(one, spaces)));
    case 'value':
      return lines.with(index, `${/^[ -]*(?:[^:]*:)?/.exec(old)?.[0].trimEnd()} ${value}`);
    case 'key':
      return lines.with(index, `${/^[ -]*/.exec(old)}${key}${/:.*|$/.exec(old)}`);
    case 'dash':
      return lines.with(index, /^ *- /.test(old) ? old.replace('- ', '  ') : old.replace(/ {2}(?=\S)/, '- '));
    case 'bytes':
      return lines.with(index, old.slice(0, column) + value + old.slice(column + lineCount));
    default:
      return lines.slice(0, index);
  }
}

function indent(line: string, spaces: number): string {
  return spaces < 0 ? line.replace(/^ {0,3}/, (before) => before.slice(-spaces)) : ' '.repeat(spaces) + line;
}

describe('a scan gives what parsing everything gives', { timeout: 3_600_000 }, () => {
  const texts = layOut(fc.sample(usualFiles, { seed, numRuns: 40 }));

  it(`of files as PyYAML and we write them, and of every one (seed ${seed})`, () => {
    for (const source of texts) {
      expect(agrees(Buffer.from(source)), source).toBe(true);
      expect(scanUsage(Buffer.from(source), { withWorkflows: true }), source).not.toBeNull();
    }
  });

  it(`or nothing, of files that were edited or damaged (seed ${seed})`, () => {
    let summed = 0;
    const damaged = fc.record({ source: fc.constantFrom(...texts), edits });
    fc.assert(
      fc.property(damaged, ({ source, edits }) => {
        const lines = edits.reduce(editLines, source.split('\n').slice(0, -1));
        if (agrees(Buffer.from(`${lines.join('\n')}\n`))) summed++;
      }),
      { seed, numRuns: count },
    );
    expect(summed).toBeGreaterThan(count / 10);
  });

  it(`or nothing, of files with whatever other programs put into them (seed ${seed})`, () => {
    const hostile = fc.record({ ...theirEntry, snapshot_id: text, note: value, per_bucket: value });
    const runs = fc.array(fc.oneof(hostile, fc.record(ourEntry)), { minLength: 1, maxLength: 3 });
    const more = fc.dictionary(text, value, { maxKeys: 2, noNullPrototype: false });
    for (const source of layOut(fc.sample(fc.record({ runs, more }), { seed, numRuns: Math.ceil(count / 30) })))
      agrees(Buffer.from(source));
  });
});
