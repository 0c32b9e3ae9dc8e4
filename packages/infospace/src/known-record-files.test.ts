import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type InfospacePaths, infospacePaths } from './infospace-paths.js';
import { recordRun } from './record-run.js';
import { asYaml, runRecord, stage } from './testing/run-records.js';
import { temporaryDirectory, write } from './testing/temporary.js';

const YESTERDAY = new Date(Date.now() - 86_400_000);
let infospace: string;
let paths: InfospacePaths;

function writeRecord(name: string, record: unknown, modified: Date = YESTERDAY): string {
  const path = write(paths.runRecords, name, asYaml(record));
  utimesSync(path, modified, modified);
  return path;
}

/** Unreadable, but as long and as old: whoever reads it fails. */
function spoil(path: string): void {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(path, '['.repeat(size));
  utimesSync(path, atime, mtime);
}

const record = async () => await recordRun({ infospace });

beforeEach(() => {
  infospace = temporaryDirectory();
  paths = infospacePaths(infospace);
  for (const id of ['a', 'b', 'c']) writeRecord(`${id}.yaml`, runRecord(id, [stage('draft')]));
});

describe('files of run records', () => {
  it('are read once, and again when they were changed', async () => {
    expect((await record()).run?.workflows).toHaveLength(3);
    spoil(join(paths.runRecords, 'a.yaml'));
    expect(await record()).toMatchObject({ run: null, alreadyRecorded: 3 });
    writeRecord('b.yaml', runRecord('b', [stage('draft'), stage('review')]));
    writeRecord('d.yaml', runRecord('d', [stage('draft')]));
    expect(await record()).toMatchObject({
      run: { resumes: 1, workflows: [{ workflowRunId: 'b', stageCount: 1 }, { workflowRunId: 'd' }] },
      alreadyRecorded: 2,
    });
    for (const name of ['b.yaml', 'd.yaml']) spoil(join(paths.runRecords, name));
    expect(await record()).toMatchObject({ run: null, alreadyRecorded: 4 });
  });

  it('are known under whatever name they are given, also when the infospace is moved', async () => {
    await record();
    spoil(join(paths.runRecords, 'a.yaml'));
    expect(
      (await recordRun({ infospace, runs: ['output/workflows/runs/*.yaml'], directory: infospace })).run,
    ).toBeNull();
    const moved = join(temporaryDirectory(), 'moved');
    renameSync(infospace, moved);
    expect((await recordRun({ infospace: moved })).alreadyRecorded).toBe(3);
  });

  it('that were changed just now are read again: a second change might not show in their time', async () => {
    writeRecord('b.yaml', runRecord('b', [stage('draft')]), new Date());
    await record();
    spoil(join(paths.runRecords, 'b.yaml'));
    await expect(record()).rejects.toMatchObject({ code: 'file_corrupt' });
  });

  it('that gave cause for a remark are remarked upon again', async () => {
    writeRecord('empty.yaml', { note: 'x' });
    for (const _ of ['once', 'again']) {
      expect((await record()).warnings).toEqual([expect.stringContaining('Is it a run record?')]);
    }
  });

  it('are all read again when `usage.yaml` is not what they were recorded in', async () => {
    await record();
    rmSync(paths.usage);
    expect(await record()).toMatchObject({ run: { workflows: [{}, {}, {}] }, alreadyRecorded: 0 });
    expect(await record()).toMatchObject({ run: null, alreadyRecorded: 3 });
  });

  it('are all read again when the index of them is gone or something else', async () => {
    for (const text of ['', 'x\ny\n', 'budget-records-v1 0\n']) {
      await record();
      expect(existsSync(paths.recordIndex)).toBe(true);
      writeFileSync(paths.recordIndex, text);
      expect(await record()).toMatchObject({ alreadyRecorded: 3 });
    }
  });

  it('that are gone are forgotten when they are the most', async () => {
    for (let number = 0; number < 1100; number++) writeRecord(`old-${number}.yaml`, runRecord(`${number}`, []));
    await record();
    const lines = () => readFileSync(paths.recordIndex, 'utf8').split('\n').length - 2;
    expect(lines()).toBe(1103);
    for (let number = 0; number < 1100; number++) rmSync(join(paths.runRecords, `old-${number}.yaml`));
    for (const known of [0, 3, 3]) {
      expect(await record()).toMatchObject({ run: null, alreadyRecorded: 3 });
      expect(lines()).toBe(known);
    }
  });
});
