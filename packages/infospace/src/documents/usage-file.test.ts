import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from '@budget/golden';
import { describe, expect, it } from 'vitest';
import { infospacePaths } from '../infospace-paths.js';
import { readInfospace } from '../inspect-infospace.js';
import { listWorkspace } from '../list-workspace.js';
import { recordRun } from '../record-run.js';
import { askPyYaml, python, spell } from '../testing/pyyaml.js';
import { RATES, runRecord, stage } from '../testing/run-records.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { readYaml } from '../yaml/read-yaml.js';
import { toPlain, type YamlMap } from '../yaml/scalars.js';
import { parseUsageText } from './usage-text.js';

const clock = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };
const theirs = readFileSync(
  join(fixtures, 'layer1-golden/case-05/expected-workspace/infospaces/demo/output/budget/usage.yaml'),
  'utf8',
);

function infospaceWith(usage?: string): string {
  const workspace = temporaryDirectory();
  write(workspace, 'model-rates.yaml', RATES);
  const infospace = join(workspace, 'infospaces', 'demo');
  if (usage !== undefined) write(infospace, 'output/budget/usage.yaml', usage);
  return infospace;
}

const recordOne = async (
  infospace: string,
  id: string,
  stages = [stage('a'), stage('b', { cost: 0.1 }, 'test/ü "x"')],
) => await recordRun({ infospace, records: [runRecord(id, stages)], clock });

const usageOf = (infospace: string): string => readFileSync(infospacePaths(infospace).usage, 'utf8');
const runsIn = (text: string): YamlMap[] => (readYaml(text, 'usage.yaml') as { runs: YamlMap[] }).runs;

async function ours(): Promise<string> {
  const infospace = infospaceWith();
  for (const id of ['r1', 'r2']) await recordOne(infospace, id);
  return usageOf(infospace);
}

/** Cuts within the last entry, as a crash in the middle of a write does: every byte of it. */
function cuts(text: string): { bytes: Buffer; whole: boolean }[] {
  const bytes = Buffer.from(text);
  const start = bytes.lastIndexOf('\n- run_index') + 1;
  return Array.from({ length: bytes.length - start }, (_, index) => start + index)
    .filter((length) => length > start)
    .map((length) => ({ bytes: bytes.subarray(0, length), whole: length === bytes.length - 1 }));
}

describe('a usage file cut at every byte of its last entry', () => {
  it.each([
    ['ours', ours],
    ["the earlier tool's", async () => theirs],
  ])('%s: loses only that entry', { timeout: 120_000 }, async (_, make) => {
    const text = await make();
    const runs = runsIn(text);
    const kept = spell(runs.slice(0, -1));
    for (const { bytes, whole } of cuts(text)) {
      const parsed = parseUsageText(bytes.toString('utf8'), 'usage.yaml');
      // Only the last line end is missing: nothing of the entry is.
      const expected = whole ? spell(runs) : kept;
      expect(spell([...parsed.entries]), `cut at byte ${bytes.length}`).toEqual(expected);
    }
  });

  it('says so to a reader, is set aside by the next write, and the run can be recorded again', async () => {
    const text = await ours();
    for (const { bytes, whole } of cuts(text).filter((_, index) => index % 97 === 0)) {
      if (whole) continue;
      const infospace = infospaceWith();
      const path = write(infospace, 'output/budget/usage.yaml', bytes);
      const seen = await readInfospace(infospace);
      expect(seen.totals.runs).toBe(1);
      // Its summary is missing too, so the reader becomes a writer: it completes the run and repairs the file.
      expect(seen.warnings).toContainEqual(expect.stringContaining('torn by a crash'));
      const { run, warnings } = await recordOne(infospace, 'r2');
      expect(run?.runIndex).toBe(2);
      expect(warnings).toEqual([]);
      expect(runsIn(readFileSync(path, 'utf8')).map((entry) => entry['run_index'])).toEqual([1, 2]);
      const aside = readdirSync(join(infospace, 'output/budget')).filter((name) => name.includes('.torn.'));
      expect(aside).toHaveLength(1);
      const tornBytes = readFileSync(join(infospace, 'output/budget', aside[0] as string));
      expect(bytes.subarray(bytes.length - tornBytes.length).equals(tornBytes)).toBe(true);
    }
  });
});

it('an entry that was written to the end and then edited is never cut off as torn', async () => {
  const text = await ours();
  const slip = text.replace(/\n( +)end_of_run: 2\n$/, '\n$1note: a: b\n$1end_of_run: 2\n');
  const infospace = infospaceWith(slip);
  await expect(readInfospace(infospace)).rejects.toMatchObject({ code: 'file_corrupt', line: expect.any(Number) });
  await expect(recordOne(infospace, 'r3')).rejects.toMatchObject({ code: 'file_corrupt' });
  expect(usageOf(infospace)).toBe(slip);
});

it('two branches that were merged are summed anew', async () => {
  const text = await ours();
  const [head, ...entries] = text.split(/^(?=- run_index)/m) as [string, ...string[]];
  // Both branches recorded a second run, each with totals of two.
  const infospace = infospaceWith(head + entries.join('') + (entries[1] as string).replaceAll(/r2|0{4}/g, 'r9'));
  expect((await readInfospace(infospace)).totals).toMatchObject({ runs: 3, calls: 6 });
});

it('a torn entry is reported and left alone by who only reads', async () => {
  const infospace = infospaceWith();
  await recordOne(infospace, 'r1');
  const path = infospacePaths(infospace).usage;
  writeFileSync(path, `${usageOf(infospace)}- run_index: 2\n  run_id: half`);
  const torn = usageOf(infospace);
  const { totals, warnings } = await readInfospace(infospace);
  expect(totals.runs).toBe(1);
  expect(warnings).toContainEqual(expect.stringContaining('is not whole and is not counted (29 bytes)'));
  expect(usageOf(infospace)).toBe(torn);
});

describe('a file by the earlier tool', () => {
  it('is continued by appending: every byte of it stays', async () => {
    const infospace = infospaceWith(theirs);
    const { run } = await recordOne(infospace, 'new');
    expect(run).toMatchObject({ runIndex: 4, totalsToDate: { runs: 4, calls: 19 } });
    const text = usageOf(infospace);
    expect(text.startsWith(theirs)).toBe(true);
    expect(runsIn(text)).toHaveLength(4);
  });

  it('knows the runs that are recorded in it', async () => {
    const infospace = infospaceWith(theirs);
    const again = [runRecord('run-5-0-0', [], 'wf-0')];
    expect((await recordRun({ infospace, records: again })).run).toBeNull();
    expect(usageOf(infospace)).toBe(theirs);
  });

  const [head, ...entries] = theirs.split(/^(?=- run_index)/m) as [string, ...string[]];
  const layouts = {
    'two spaces before each dash': head + entries.join('').replace(/^(?=.)/gm, '  '),
    'a comment and a blank line at the end': `${theirs}\n# that was all\n`,
    'another last key': `${theirs}note: kept\nlist:\n- 1\n`,
    'runs first, an unknown key after': `runs:\n${entries.join('')}schema_version: 1\nx: {y: '86e501496586'}\n`,
    'line ends of Windows': theirs.replaceAll('\n', '\r\n'),
    'a byte order mark': `\ufeff${theirs}`,
    'document markers': `---\n${theirs}...\n`,
    'no line end': theirs.trimEnd(),
    'flow style': JSON.stringify(toPlain(readYaml(theirs, 't'))),
    'an empty list': 'schema_version: 1\nruns: []\n',
    'a list of nothing': 'schema_version: 1\nunknown: [a, 2.0, 0x1F]\nruns:\n',
    'no runs': 'schema_version: 1\nunknown: {a: 1}\n',
    empty: '',
    'only a comment': '# nothing yet\n',
  };

  it.each(Object.entries(layouts))('in another layout (%s) is continued with nothing lost', async (_, text) => {
    const infospace = infospaceWith(text);
    const before = readYaml(text, 'before') as YamlMap | null;
    await recordOne(infospace, 'new');
    await recordOne(infospace, 'newer');
    const { runs, ...others } = readYaml(usageOf(infospace), 'after') as YamlMap & { runs: YamlMap[] };
    const earlier = (before?.['runs'] ?? []) as YamlMap[];
    expect(spell(runs.slice(0, earlier.length))).toEqual(spell(earlier));
    expect(runs.slice(earlier.length)).toMatchObject([
      { run_index: earlier.length + 1 },
      { run_index: earlier.length + 2 },
    ]);
    const { runs: _runs, ...othersBefore } = before ?? { schema_version: 1 };
    expect(spell(others)).toEqual(spell(othersBefore));
  });

  it.skipIf(python === undefined)(
    'and ours in turns keeps every value, read by PyYAML and by us',
    { timeout: 120_000 },
    async () => {
      const infospace = infospaceWith();
      const path = infospacePaths(infospace).usage;
      let foreign = 0;
      for (let turn = 1; turn <= 20; turn++) {
        if (turn % 3 === 0) {
          // The earlier tool reads all, adds one, and writes all.
          const [read] = askPyYaml([{ load: usageOf(infospace) }]);
          const document = readYaml(usageOf(infospace), path) as { runs: YamlMap[] };
          expect(read?.value).toEqual(spell(document));
          const entry = { ...(runsIn(theirs)[1] as YamlMap), run_index: turn, snapshot_id: `86e50149658${turn % 10}` };
          const [dumped] = askPyYaml([{ dump: spell({ ...document, runs: [...document.runs, entry] }) }]);
          writeFileSync(path, dumped?.text as string);
          foreign++;
        } else {
          await recordOne(infospace, `run "${turn}": ü`);
        }
      }
      const { recentRuns: runs, totals } = await readInfospace(infospace, { recentRuns: Number.POSITIVE_INFINITY });
      expect(runs.map(({ runIndex }) => runIndex)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(totals.calls).toBe((20 - foreign) * 2 + foreign * 10);
      expect(askPyYaml([{ load: usageOf(infospace) }])[0]?.value).toEqual(spell(readYaml(usageOf(infospace), path)));
    },
  );
});

describe('a workspace', () => {
  it('lists what each infospace used; a broken one is a row with its error', async () => {
    const infospace = infospaceWith(theirs);
    const workspace = join(infospace, '..', '..');
    write(workspace, 'infospaces/broken/output/budget/usage.yaml', 'runs: 5\n');
    write(workspace, 'infospaces/new/notes.txt', 'no budget directory');
    write(workspace, 'infospaces/.hidden/notes.txt', '');
    await recordOne(infospace, 'new');
    const rows = await listWorkspace(workspace);
    expect(rows.map(({ slug, error, totals }) => [slug, error === null, totals.runs])).toEqual([
      ['broken', false, 0],
      ['demo', true, 4],
      ['new', true, 0],
    ]);
    // Their known and estimated costs, read from six decimals, and ours.
    expect(rows[1]?.totals).toMatchObject({
      costNanoUsdKnown: 67_275_000n + 100_000_000n,
      costNanoUsdEstimated: 48_422_000n,
    });
  });

  it('without infospaces has no rows; one that is not there is an error', async () => {
    const workspace = temporaryDirectory();
    expect(await listWorkspace(workspace)).toEqual([]);
    await expect(listWorkspace(join(workspace, 'gone'))).rejects.toMatchObject({ code: 'workspace_not_found' });
  });
});
