import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type InfospacePaths, infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordRun } from './record-run.js';
import { runRecord, stage } from './testing/run-records.js';
import { temporaryDirectory, write } from './testing/temporary.js';

let infospace: string;
let paths: InfospacePaths;

const record = async (...ids: string[]) =>
  await recordRun({ infospace, records: ids.map((id) => runRecord(id, [stage('draft')])) });
const runs = async (): Promise<number> => (await readInfospace(infospace)).totals.runs;
const index = (): Buffer => readFileSync(paths.workflowIndex);
const indexId = (): string => index().toString('hex', 16, 32);

beforeEach(async () => {
  infospace = temporaryDirectory();
  paths = infospacePaths(infospace);
  for (const id of ['a', 'b', 'c']) await record(id);
});

/** Nothing of what was recorded is recorded again, and what is new is. */
async function expectAllKnown(): Promise<void> {
  const before = await runs();
  expect(await record('a', 'b', 'c')).toMatchObject({ run: null, alreadyRecorded: 3 });
  expect((await record('new', 'b')).run?.runIndex).toBe(before + 1);
  expect(await record('new', 'c')).toMatchObject({ run: null, alreadyRecorded: 2 });
  expect(await runs()).toBe(before + 1);
}

describe('the index of known workflow runs', () => {
  it('is only added to', async () => {
    const before = index();
    await record('d');
    expect(index().subarray(0, before.length).equals(before)).toBe(true);
    expect(index().length).toBe(before.length + 2 * 32);
    await expectAllKnown();
  });

  it('is made anew when it is missing, or something else', async () => {
    for (const spoil of [
      () => rmSync(paths.workflowIndex),
      () => writeFileSync(paths.workflowIndex, ''),
      () => writeFileSync(paths.workflowIndex, 'x'.repeat(320)),
      () => writeFileSync(paths.workflowIndex, Buffer.concat([index().subarray(0, 64), Buffer.alloc(64)])),
      () => writeFileSync(paths.workflowIndex, Buffer.concat([index(), Buffer.alloc(32)])),
      () => truncateSync(paths.workflowIndex, index().length - 7),
      () => writeFileSync(paths.workflowIndex, index().fill(0, 64, 96)),
    ]) {
      spoil();
      expect(await record('a', 'b', 'c')).toMatchObject({ run: null, alreadyRecorded: 3 });
    }
    await expectAllKnown();
  });

  it('catches up when a process died between the entry and the index', async () => {
    const [before, id] = [index(), indexId()];
    await record('d');
    await record('e', 'f');
    writeFileSync(paths.workflowIndex, before);
    expect(await record('d', 'e', 'f', 'a')).toMatchObject({ run: null, alreadyRecorded: 4 });
    expect(indexId()).toBe(id);
    await expectAllKnown();
  });

  it('learns of an entry that somebody else appended', async () => {
    appendFileSync(
      paths.usage,
      '- run_index: 4\n  workflows:\n  - run_id: theirs\n    workflow_id: summarise\n    status: done\n    stage_count: 1\n  rollup:\n    total_calls: 0\n    total_prompt_tokens: 0\n    total_completion_tokens: 0\n    total_tokens: 0\n    total_cost_usd_known: 0.0\n    total_cost_usd_estimated: null\n  per_bucket: []\n',
    );
    expect(await record('theirs')).toMatchObject({ run: null, alreadyRecorded: 1 });
    await expectAllKnown();
  });

  it('forgets an entry that was deleted, so that it can be recorded again', async () => {
    const text = readFileSync(paths.usage, 'utf8');
    writeFileSync(paths.usage, text.replace(/^- run_index: 2\n( .*\n)*/m, ''));
    expect((await record('a', 'b', 'c')).run?.workflows).toMatchObject([{ workflowRunId: 'b' }]);
    // Back to an older state, as `git checkout` does.
    writeFileSync(paths.usage, text.replace(/^- run_index: 2\n(.*\n)*/m, ''));
    expect((await record('a', 'b', 'c')).run?.workflows).toHaveLength(2);
  });

  it('sums the stages of a workflow that was resumed again and again', async () => {
    const stages = ['a', 'b', 'c', 'd'].map((id) => stage(id));
    for (const count of [1, 2, 4]) {
      const { run } = await recordRun({ infospace, records: [runRecord('long', stages.slice(0, count))] });
      expect(run?.workflows[0]?.stageCount).toBe(count === 4 ? 2 : 1);
    }
    expect((await recordRun({ infospace, records: [runRecord('long', stages)] })).run).toBeNull();
  });

  it('can do without: a directory in its place fails nobody', async () => {
    rmSync(paths.workflowIndex);
    write(paths.workflowIndex, 'x', '');
    await expectAllKnown();
    expect(await record('a', 'new')).toMatchObject({ run: null, alreadyRecorded: 2 });
  });
});
