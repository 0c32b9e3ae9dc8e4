import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from '@budget/golden';
import { beforeEach, describe, expect, it } from 'vitest';
import { infospacePaths } from '../infospace-paths.js';
import { recordRun } from '../record-run.js';
import type { OpenFile } from '../storage/files.js';
import { runRecord, stage } from '../testing/run-records.js';
import { temporaryDirectory, write } from '../testing/temporary.js';
import { totalsOf } from '../usage-totals.js';
import { readUsageFile } from './usage-file.js';
import { readUsageOverview } from './usage-overview.js';
import { readUsageTail } from './usage-tail.js';

const theirs = readFileSync(
  join(fixtures, 'layer1-golden/case-05/expected-workspace/infospaces/demo/output/budget/usage.yaml'),
  'utf8',
);
const RUNS = 40;
let path: string;
let ours: string;

beforeEach(async () => {
  const infospace = temporaryDirectory();
  path = infospacePaths(infospace).usage;
  for (let run = 1; run <= RUNS; run++) {
    await recordRun({
      infospace,
      records: [runRecord(`r${run}`, [stage('draft', { prompt_tokens: run, cost: 0.5 })])],
    });
  }
  ours = readFileSync(path, 'utf8');
});

/** A file in memory that notes how much of it was read. */
function watched(text: string): OpenFile & { bytesRead: number } {
  const bytes = Buffer.from(text);
  const file = {
    size: bytes.length,
    bytesRead: 0,
    read: (from: number, to: number) => {
      file.bytesRead += to - from;
      return bytes.subarray(from, to);
    },
  };
  return file;
}

const entriesOf = (text: string): [string, ...string[]] => text.split(/^(?=- run_index)/m) as [string, ...string[]];

async function expectSums(text: string, runs: number): Promise<void> {
  writeFileSync(path, text);
  const overview = await readUsageOverview(path, 3);
  const { runs: all } = await readUsageFile(path);
  expect(overview.totals).toEqual(totalsOf(all));
  expect(overview.totals.runs).toBe(runs);
  expect(overview.recentRuns).toEqual(all.slice(-3));
}

describe('the tail of a usage file', () => {
  it('answers for all of it, and only the ends are read', async () => {
    const long = watched(ours.replace(/^(?=- run_index: 2\n)/m, `- note: ${'x'.repeat(10_000_000)}\n`));
    expect(readUsageTail(long, 1)).toBeNull();
    const file = watched(ours);
    const { runs } = await readUsageFile(path);
    expect(readUsageTail(file, 2)).toEqual({
      indentation: 0,
      wholeBytes: file.size,
      totals: totalsOf(runs),
      recentRuns: runs.slice(-2),
    });
    for (const { bytesRead } of [long, file]) expect(bytesRead).toBeLessThanOrEqual((4 + 64) * 1024);
  });

  it('gives as many of the last runs as are wanted, or all', () => {
    expect(readUsageTail(watched(ours), 39)?.recentRuns).toHaveLength(39);
    expect(readUsageTail(watched(ours), Number.POSITIVE_INFINITY)?.recentRuns).toHaveLength(RUNS);
  });

  it('finds an entry that is longer than what it reads at first', async () => {
    const infospace = temporaryDirectory();
    const stages = Array.from({ length: 300 }, (_, index) => stage(`stage-${index}`));
    for (const id of ['a', 'b']) await recordRun({ infospace, records: [runRecord(id, stages)] });
    const text = readFileSync(infospacePaths(infospace).usage, 'utf8');
    expect(text.length).toBeGreaterThan(300_000);
    expect(readUsageTail(watched(text), 1)?.totals).toMatchObject({ runs: 2, calls: 600 });
  });

  it('is left without the entry that is being written, or was torn, or is zeros', () => {
    const { length } = ours;
    for (const torn of ['- run_index: 41\n  run_id: 0', '\0'.repeat(5000), '- run_index: 41\n  run_id: 0\0\0\0']) {
      expect(readUsageTail(watched(ours + torn), 1)).toMatchObject({ wholeBytes: length, totals: { runs: RUNS } });
    }
  });

  it('does not answer where an entry by others may be the last, or the schema is another', () => {
    expect(readUsageTail(watched(theirs), 1)).toBeNull();
    expect(readUsageTail(watched(`${ours}- run_index: 41\n  started_at: null\n`), 1)).toBeNull();
    expect(readUsageTail(watched(ours.replace('schema_version: 1', 'schema_version: 2')), 1)).toBeNull();
    // A cut right behind the dash, and one that took only the line end.
    for (const end of [`${ours}-`, `${ours}- `, ours.slice(0, -1)]) expect(readUsageTail(watched(end), 1)).toBeNull();
    // The list ends before a mark that lost its indentation.
    for (const end of [`${ours}end_of_run: 40\n`, ours.replace(/ +(?=end_of_run: 40)/, '')])
      expect(readUsageTail(watched(end), 1)).toBeNull();
    expect(readUsageTail(watched(`\ufeff${ours}`), 1)).toBeNull();
    expect(readUsageTail(watched(''), 1)).toBeNull();
  });
});

describe('what a usage file comes to', () => {
  it('is the same, whoever wrote its entries', async () => {
    await expectSums(ours, RUNS);
    await expectSums(theirs, 3);
    const [, ...entries] = entriesOf(theirs);
    await expectSums(ours + entries.join(''), RUNS + 3);
  });

  it('counts anew when an entry was deleted, merged in or edited, or line ends were converted', async () => {
    const [head, ...entries] = entriesOf(ours);
    await expectSums(head + entries.toSpliced(5, 1).join(''), RUNS - 1);
    await expectSums(head + entries.toSpliced(5, 0, ...entries.slice(30, 33)).join(''), RUNS + 3);
    await expectSums(ours.replace('total_prompt_tokens: 7\n', 'total_prompt_tokens: 7000\n'), RUNS);
    await expectSums(ours.replaceAll('\n', '\r\n'), RUNS);
    await expectSums(ours.replace(/ +starts_at_byte: \d+\n(?= +end_of_run: 40)/, ''), RUNS);
  });

  it('refuses what a newer version wrote, whatever its tail says', async () => {
    writeFileSync(path, ours.replace('schema_version: 1', 'schema_version: 2'));
    await expect(readUsageOverview(path)).rejects.toMatchObject({ code: 'schema_newer' });
  });

  it('is nothing where there is none', async () => {
    const missing = await readUsageOverview(join(temporaryDirectory(), 'usage.yaml'));
    expect(missing).toMatchObject({ wholeBytes: 0, tornBytes: 0, indentation: null, totals: { runs: 0 } });
    // A file of zeros is a broken one, not an empty one.
    await expect(readUsageOverview(write(temporaryDirectory(), 'usage.yaml', '\0'.repeat(10)))).rejects.toMatchObject({
      code: 'file_corrupt',
    });
  });
});
