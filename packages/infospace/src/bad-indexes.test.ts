import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { choicesFrom } from '@budget/test-tools';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineInfospace } from './doctor.js';
import { infospacePaths } from './infospace-paths.js';
import { recordRun } from './record-run.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { asYaml, runRecord, stage } from './testing/run-records.js';
import { contents, write } from './testing/temporary.js';

let workspace: FuzzWorkspace;
beforeEach(async () => {
  workspace = fuzzWorkspace();
  for (const id of ['a', 'b', 'c']) {
    const path = write(workspace.infospace, `output/workflows/runs/${id}.yaml`, asYaml(runRecord(id, [stage(id)])));
    // A file that was changed just now is read again in any case.
    utimesSync(path, new Date('2026-01-01'), new Date('2026-01-01'));
    await recordRun({ infospace: workspace.infospace });
  }
});
afterEach(() => workspace.remove());

const choices = choicesFrom(1);

/** What a crash, a full disk or somebody's hand may leave in the place of an index; `null`: nothing. */
const damages: Readonly<Record<string, (bytes: Buffer) => Buffer | null>> = {
  'is gone': () => null,
  'is empty': () => Buffer.alloc(0),
  'is cut in a line': (bytes) => bytes.subarray(0, -5),
  'is cut by a line': (bytes) => bytes.subarray(0, -32),
  'is cut by two lines': (bytes) => bytes.subarray(0, -64),
  'has zeros at its end': (bytes) => Buffer.concat([bytes, Buffer.alloc(64)]),
  'has zeros in place of its last line': (bytes) => Buffer.from(bytes).fill(0, bytes.length - 32),
  'has zeros in place of a line': (bytes) => Buffer.from(bytes).fill(0, 32, 64),
  'is nothing but zeros': (bytes) => Buffer.alloc(bytes.length),
  'is garbage': () => Buffer.from(Array.from({ length: 320 }, () => choices.between(0, 255))),
  'is text': () => Buffer.from('not an index\n'),
  'stands twice': (bytes) => Buffer.concat([bytes, bytes]),
  'is without its head': (bytes) => bytes.subarray(32),
};

/** What may stand there that is no file. */
const others: Readonly<Record<string, (path: string) => void>> = {
  'is a directory': (path) => mkdirSync(path),
  'is a pipe': (path) => execFileSync('mkfifo', [path]),
  'is a link in a circle': (path) => symlinkSync(basename(path), path),
  'is beyond any size': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
};

/** Nothing is forgotten and nothing counted twice, whatever the index says; doctor looks at the rest all the same. */
async function expectNoHarm(path: string): Promise<void> {
  const { infospace } = workspace;
  const before = contents(infospace);
  expect(await recordRun({ infospace })).toMatchObject({ run: null, alreadyRecorded: 3 });
  expect(contents(infospace)).toEqual(before);
  write(infospace, 'output/workflows/runs/d.yaml', asYaml(runRecord('d', [stage('d')])));
  write(infospace, 'output/workflows/runs/b.yaml', asYaml(runRecord('b', [stage('b'), stage('b2')])));
  const { run } = await recordRun({ infospace });
  expect(run).toMatchObject({ runIndex: 4, resumes: 2, totalsToDate: { runs: 4, calls: 5 } });
  expect(run?.workflows).toMatchObject([{ workflowRunId: 'b', stageCount: 1 }, { workflowRunId: 'd' }]);
  expect((await recordRun({ infospace })).run).toBeNull();
  const broken = (await examineInfospace(infospace)).filter(({ state }) => state === 'broken');
  expect(broken.filter(({ file }) => file !== path)).toEqual([]);
}

describe.each(['workflowIndex', 'recordIndex'] as const)('%s', (index) => {
  it.each(Object.entries(damages))('that %s does no harm', async (_, damage) => {
    const path = infospacePaths(workspace.infospace)[index];
    const damaged = damage(readFileSync(path));
    if (damaged === null) rmSync(path);
    else writeFileSync(path, damaged);
    await expectNoHarm(path);
  });

  it.each(Object.entries(others))('that %s does no harm', async (_, make) => {
    const path = infospacePaths(workspace.infospace)[index];
    rmSync(path);
    make(path);
    await expectNoHarm(path);
  });
});
