import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { continuePlans, continueUsage } from './testing/continuing.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { type PythonChild, pythonChild } from './testing/python-child.js';
import { python } from './testing/pyyaml.js';
import { inStyle, plainStyle } from './testing/random-style.js';
import { RATES, runRecord, stage } from './testing/run-records.js';
import { appendable, documents, nothingYet, styles, unusualFields, unusualUsage } from './testing/unusual-contents.js';
import { clock, files } from './testing/valid-workspace.js';
import { writeYaml } from './yaml/write-yaml.js';

let workspace: FuzzWorkspace;
let pyyaml: PythonChild;
beforeAll(() => {
  workspace = fuzzWorkspace();
  pyyaml = pythonChild('pyyaml.py');
});
beforeEach(() => reset());
afterAll(() => {
  workspace.remove();
  pyyaml.end();
});

/** The workspace has these files and no others. */
function put(texts: Readonly<Record<string, string>>): void {
  const latin1 = Object.entries(texts).map(([name, content]) => [name, Buffer.from(content).toString('latin1')]);
  workspace.reset(Object.fromEntries(latin1));
}

const reset = (texts: Readonly<Record<string, string>> = {}): void =>
  put({ [files.rates]: RATES, [files.settings]: 'retention: 0\n', ...texts });

/** A block begins on a line of its own. */
function extraField(value: string): string {
  return /^[-?]/.test(value) && value.includes('\n') ? `extra:\n${value}` : `extra: ${value}\n`;
}

describe.skipIf(python === undefined)('usage.yaml', () => {
  it.each(Object.entries(styles))('with %s is continued with nothing lost', async (name, unusual) => {
    const text = inStyle(documents.usage, { ...plainStyle, ...unusual });
    const continued = await continueUsage(pyyaml, workspace.infospace, text);
    if (appendable.includes(name)) expect(continued.startsWith(text)).toBe(true);
  });

  it.each(Object.entries(nothingYet))('that is %s is begun', async (_, text) => {
    await continueUsage(pyyaml, workspace.infospace, text);
  });

  it.each(Object.entries(unusualUsage))('with %s is continued with nothing lost', async (_, text) => {
    await continueUsage(pyyaml, workspace.infospace, text);
  });

  it.each(unusualFields)('keeps a field that is %j, appended to and written anew', async (field) => {
    const plain = inStyle(documents.usage, plainStyle);
    await continueUsage(pyyaml, workspace.infospace, `${extraField(field)}${plain}`);
    reset();
    await continueUsage(pyyaml, workspace.infospace, `${plain}${extraField(field)}`);
  });
});

describe.skipIf(python === undefined)('plans.yaml', () => {
  it.each(Object.entries(styles))('with %s is continued with nothing lost', async (_, unusual) => {
    await continuePlans(pyyaml, workspace.infospace, inStyle(documents.plans, { ...plainStyle, ...unusual }));
  });

  it.each(Object.entries(nothingYet))('that is %s is begun', async (_, text) => {
    await continuePlans(pyyaml, workspace.infospace, text);
  });

  it.each([
    ['no snapshots', 'note: kept\n'],
    ['an empty list', 'snapshots: []\nnote: kept\n'],
    ['nothing where the list should be', 'snapshots:\n'],
    ['JSON', JSON.stringify(documents.plans)],
  ])('with %s is continued with nothing lost', async (_, text) => {
    await continuePlans(pyyaml, workspace.infospace, text);
  });

  it.each(unusualFields)('keeps a field that is %j', async (field) => {
    await continuePlans(pyyaml, workspace.infospace, `${inStyle(documents.plans, plainStyle)}${extraField(field)}`);
  });
});

describe('a summary', () => {
  it.each(Object.entries(nothingYet))('that is %s is written', async (_, text) => {
    if (text !== null) reset({ [files.summary]: text });
    await recordRun({ infospace: workspace.infospace, records: [runRecord('r', [stage('a')])], clock });
    expect((await readInfospace(workspace.infospace)).summary).toMatchObject({ run_index: 1 });
  });

  it.each(Object.entries(styles))('of the last run with %s is left as it is', async (_, unusual) => {
    const { infospace } = workspace;
    await recordRun({ infospace, records: [runRecord('r', [stage('a')])], clock });
    const { summary } = await readInfospace(infospace);
    const path = infospacePaths(infospace).summary;
    const text = inStyle(summary, { ...plainStyle, ...unusual });
    writeFileSync(path, text);
    expect((await recordRun({ infospace, records: [] })).warnings).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect((await readInfospace(infospace)).summary).toEqual(summary);
  });
});

describe('what people and programs hand over', () => {
  const record = runRecord('r', [stage('a'), stage('b', { prompt_tokens: 3, completion_tokens: 4, cost: 0.5 })]);
  const plan = { stage: 'all', selected_chunk_ids: ['c1', '010'], max_calls: 2, per_workflow: [{ calls: 3 }] };
  const settings = { schema_version: 1, budget: { max_usd: 5, warn_usd: 0.5 }, retention: 0 };
  const rates = { rates: { 'test/rated': { prompt_per_1k: 0.0015, captured_at: '2026-11-01' }, 'test/x': {} } };

  /** What comes of a workspace with these files, less ids. */
  async function outcome(texts: Readonly<Record<string, string>>): Promise<object> {
    put(texts);
    const { directory, infospace } = workspace;
    const { run } = await recordRun({ infospace, runs: [join(directory, files.namedRecord)], clock });
    const { snapshot } = await recordPlan({ infospace, planFile: join(directory, files.plan), clock });
    return { run: { ...run, runId: null }, snapshot };
  }

  const written = (write: (value: unknown) => string): Record<string, string> => ({
    [files.namedRecord]: write(record),
    [files.plan]: write(plan),
    [files.settings]: write(settings),
    [files.rates]: write(rates),
  });

  it.each(Object.entries(styles))('with %s means the same', async (_, unusual) => {
    const plain = await outcome(written(writeYaml));
    expect(plain).toMatchObject({ run: { rollup: { totalCalls: 2 }, budgetStatus: 'warned' } });
    expect(await outcome(written((value) => inStyle(value, { ...plainStyle, ...unusual })))).toEqual(plain);
  });

  it.each([
    ['JSON', JSON.stringify],
    ['JSON over several lines', (value: unknown) => `${JSON.stringify(value, null, 2)}\n`],
    ['JSON with line ends of Windows', (value: unknown) => JSON.stringify(value, null, 2).replaceAll('\n', '\r\n')],
    ['JSON behind a byte order mark', (value: unknown) => `\ufeff${JSON.stringify(value)}`],
    ['JSON behind blank lines', (value: unknown) => `\n\n ${JSON.stringify(value)}\n\n`],
    ['JSON behind a remark', (value: unknown) => `# a remark\n${JSON.stringify(value)}\n`],
    ['JSON behind a marker', (value: unknown) => `---\n${JSON.stringify(value)}\n`],
  ])('that is %s in a .yaml means the same', async (_, write) => {
    expect(await outcome(written(write))).toEqual(await outcome(written(writeYaml)));
  });

  it.each(Object.entries(nothingYet))('settings and prices that are %s are as good as none', async (_, text) => {
    const { [files.settings]: _settings, [files.rates]: _rates, ...given } = written(writeYaml);
    const none = await outcome({ ...given, [files.settings]: '', [files.rates]: '' });
    const nothing = text === null ? {} : { [files.settings]: text, [files.rates]: text };
    expect(await outcome({ ...given, ...nothing })).toEqual(none);
  });

  it('a record without an id is known again in another style', async () => {
    const { infospace } = workspace;
    const nameless = runRecord(undefined, [stage('a')]);
    reset({ [files.scannedRecord]: writeYaml(nameless) });
    expect((await recordRun({ infospace })).run).not.toBeNull();
    const restyled = inStyle(nameless, { ...plainStyle, comments: 1, quotes: 1, flow: 0.5, lineEnd: '\r\n' });
    writeFileSync(join(workspace.directory, files.scannedRecord), restyled);
    expect((await recordRun({ infospace })).run).toBeNull();
  });
});
