import fc from 'fast-check';
import { expect } from 'vitest';
import { refuseNewerSchema } from '../documents/problems.js';
import { readRecordedRun } from '../documents/read-recorded-run.js';
import { type ScannedUsage, scanUsage } from '../documents/scan-usage.js';
import { parseUsageText } from '../documents/usage-text.js';
import { totalsOf } from '../usage-totals.js';
import { readYaml } from '../yaml/read-yaml.js';
import { asFloat, fieldsOf, isMap, type YamlMap } from '../yaml/scalars.js';
import { writeListItem, writeYaml } from '../yaml/write-yaml.js';
import { askPyYaml, python, type Spelled, spell } from './pyyaml.js';

// Files to scan, and what the scan must agree with; for tests only.

/** What parsing everything gives; `null` for what is no usage file. */
function parseWhole(source: string): Omit<ScannedUsage, 'indentation'> | null {
  try {
    const document = readYaml(source, 'usage.yaml') as YamlMap;
    refuseNewerSchema('usage.yaml', source, document['schema_version']);
    const entries = document['runs'] as YamlMap[];
    if (!entries.every(isMap)) return null;
    const runs = entries.map(readRecordedRun);
    const workflows = runs.map(({ runIndex, workflows }) => ({ runIndex, workflows }));
    return { totals: totalsOf(runs), workflows };
  } catch {
    return null;
  }
}

/** Either it leaves a file to the parser, or it says the same; what that one refuses it must not sum. */
export function agrees(bytes: Buffer): boolean {
  const totalsAlone = scanUsage(bytes);
  const scanned = scanUsage(bytes, { withWorkflows: true });
  if (totalsAlone === null && scanned === null) return false;
  const source = bytes.toString('utf8');
  const whole = parseWhole(source);
  expect(whole, `summed what is no usage file: ${JSON.stringify(source)}`).not.toBeNull();
  if (totalsAlone !== null) expect(totalsAlone, source).toMatchObject({ totals: whole?.totals, workflows: [] });
  if (scanned === null) return true;
  const { indentation, ...rest } = scanned;
  expect(rest, source).toEqual(whole);
  expect(parseUsageText(source, 'usage.yaml').indentation, source).toBe(indentation);
  return true;
}

const usd = fc
  .oneof(
    fc.constantFrom(0, 0.00131, 0.1 + 0.2, 1e-5, 5e-10, 1.5e-9, 0.0013100000000000002, 1234.5, 123456.789),
    fc.nat(1e9).map((micros) => micros / 1e6),
    fc.array(fc.constantFrom(0.1, 0.0007, 0.00131), { maxLength: 9 }).map((costs) => costs.reduce((a, b) => a + b, 0)),
    fc.double({ min: 0, max: 5000, noNaN: true }),
  )
  .map(asFloat);
const calls = fc.nat(500);
const tokens = fc.nat(1e6);
const nanoUsd = fc.bigInt({ min: 0n, max: 10n ** 13n });
const nullable = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(arbitrary, { freq: 4 });

const name = fc.constantFrom(
  ...['chapter-1', 'anthropic/claude-3.5-haiku:free', 'two words', 'kapitel-ü 😀', 'ü'.repeat(60), '@x', ''],
  ...['86e501496586', '12345', '2026-05-17', '010', '0x1F', '1.50', 'yes', 'null', '<<'],
  ...["it's", "'", '"', 'a: b #c', '- a', '\\ \\n', '\t\u0001\u0085\u2028'],
);
const LONG = 'no price is known for it; add one to model-rates.yaml, so that the totals are no mere lower bounds';
const message = fc.constantFrom(LONG, `${LONG}: ü`, `it's: ${LONG}`, `${LONG}\n\n${LONG}\n`, 'short');

const theirBucket = {
  workflow_id: name,
  stage_id: name,
  provider: name,
  model: name,
  calls,
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens,
  cost_usd_known: usd,
  cost_usd_estimated: nullable(usd),
  cost_status: fc.constantFrom('known', 'estimated', 'unknown', 'partial'),
  cost_estimated_for_calls: calls,
};
const theirRollup = {
  total_calls: calls,
  total_prompt_tokens: tokens,
  total_completion_tokens: tokens,
  total_tokens: tokens,
  total_cost_usd_known: fc.oneof(usd, fc.nat(3)),
  total_cost_usd_estimated: nullable(usd),
};
const theirWorkflow = { run_id: nullable(name), workflow_id: name, status: name, stage_count: calls };
export const theirEntry = {
  run_index: fc.nat(1000),
  started_at: fc.constant(null),
  completed_at: fc.constant('2026-05-17T18:06:19.000000+00:00'),
  duration_seconds: usd,
  snapshot_id: nullable(name),
  workflows: fc.array(fc.record(theirWorkflow), { maxLength: 3 }),
  rollup: fc.record(theirRollup),
  per_bucket: fc.array(fc.record(theirBucket), { maxLength: 3 }),
};

const flag = fc.constantFrom(true, false, null);
const ourFigures = {
  cost_nano_usd_known: nanoUsd,
  cost_nano_usd_estimated: nullable(nanoUsd),
  unpriced_calls: calls,
};
const ourBucket = {
  ...theirBucket,
  ...ourFigures,
  phase: fc.constantFrom(null, 'train', 'infer'),
  price_versions: fc.array(name, { maxLength: 3 }),
  cost_unknown_for_calls: calls,
};
export const ourEntry = {
  ...theirEntry,
  run_id: fc.uuid(),
  resumes: nullable(fc.nat(9)),
  metered: flag,
  workflows: fc.array(fc.record({ ...theirWorkflow, call_count: nullable(calls), record_hash: name, covered: flag }), {
    maxLength: 3,
  }),
  rollup: fc.record({ ...theirRollup, ...ourFigures }),
  per_bucket: fc.array(fc.record(ourBucket), { maxLength: 3 }),
  price_warnings: fc.array(fc.record({ kind: name, provider: name, model: name, message }), { maxLength: 2 }),
  plan: nullable(
    fc.record({ estimated_cost_usd: nullable(usd), per_stage: fc.array(fc.record({ stage_id: name, calls })) }),
  ),
  totals_to_date: fc.record({ runs: calls, ...ourFigures }),
  end_of_run: fc.nat(1000),
};

const unknown = fc.constantFrom<unknown>(
  { by_model: { 'anthropic/claude-3.5-haiku:free': 1, 'two words': {}, on: [] } },
  [[1, [2, 'a']], { a: [], b: [{ c: [[]] }, {}] }, []],
  LONG,
  { rollup: { total_calls: 7 }, per_bucket: [{ calls: 9 }], runs: [{ run_index: 3 }] },
);
const entries = fc.array(
  fc.oneof(
    fc.record(theirEntry),
    fc.record({ ...theirEntry, note: unknown }),
    fc.record({ ...ourEntry, note: unknown }),
    fc.record(ourEntry),
  ),
  { minLength: 1, maxLength: 4 },
);

export interface FileSample {
  readonly runs: readonly object[];
  readonly more: object;
}

/** As `spell`, but with the fields in their order. */
function spellInOrder(value: unknown): Spelled {
  if (Array.isArray(value)) return value.map(spellInOrder);
  return isMap(value) ? { map: fieldsOf(value).map((field) => field.map(spellInOrder)) } : spell(value);
}

export function dumpYaml(documents: readonly object[]): string[] {
  if (python === undefined) return documents.map(writeYaml);
  const answers = askPyYaml(documents.map((document) => ({ dump: spellInOrder(document) })));
  return answers.map(({ text, error }) => text ?? expect.fail(error));
}

/** In the layouts of PyYAML, ours, and both in one file; some with their lists indented. */
export function layOut(samples: readonly FileSample[]): string[] {
  const documents = samples.map(({ runs, more }) => ({ schema_version: 1, ...more, runs }));
  const dumped = dumpYaml(documents);
  return documents.flatMap((document, index) => {
    const theirs = dumped[index] as string;
    const both = theirs + document.runs.map((run) => writeListItem(run, 0)).join('');
    const [head, list] = theirs.split(/(?<=^runs:\n)/m) as [string, string];
    return [theirs, writeYaml(document), both, head + list.replace(/^(?=.)/gm, '  ')];
  });
}

export const usualFiles = fc.record({ runs: entries, more: fc.constantFrom({}, { unknown: { a: [1] } }) });
