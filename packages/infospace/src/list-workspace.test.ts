import { appendFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { listWorkspace } from './list-workspace.js';
import { recordRun } from './record-run.js';
import { runRecord, stage } from './testing/run-records.js';
import { temporaryDirectory, write } from './testing/temporary.js';

let workspace: string;
const infospace = (slug: string): string => join(workspace, 'infospaces', slug);

beforeEach(() => {
  workspace = temporaryDirectory();
});

describe('the infospaces of a workspace', () => {
  it('are none in an empty one, and a workspace that is not there is an error', async () => {
    expect(await listWorkspace(workspace)).toEqual([]);
    const missing = { code: 'workspace_not_found', kind: 'input' };
    await expect(listWorkspace(join(workspace, 'missing'))).rejects.toMatchObject(missing);
  });

  it('are its directories by name, one without a budget a row of zeros, a broken one with its error', async () => {
    write(workspace, 'infospaces/b/readme.md', '');
    write(workspace, 'infospaces/a/output/budget/usage.yaml', '[');
    write(workspace, 'infospaces/.hidden/x', '');
    write(workspace, 'infospaces/.draft/budget.yaml', '');
    write(workspace, 'infospaces/file', '');
    const rows = await listWorkspace(workspace);
    expect(rows.map(({ slug, error }) => [slug, error])).toEqual([
      ['.draft', null],
      ['a', expect.stringContaining('usage.yaml:1')],
      ['b', null],
    ]);
    expect(rows[2]).toMatchObject({ plansCount: 0, lastRunAt: null, warnings: [], totals: { runs: 0, calls: 0 } });
  });

  it('are listed all the same when a link among them leads in a circle or nowhere', async () => {
    write(workspace, 'infospaces/fine/readme.md', '');
    symlinkSync('circle', infospace('circle'));
    symlinkSync('nowhere', infospace('dangling'));
    symlinkSync('fine', infospace('link'));
    const rows = await listWorkspace(workspace);
    expect(rows.map(({ slug, error }) => [slug, error])).toEqual([
      ['circle', expect.stringContaining('lead in a circle')],
      ['dangling', expect.stringContaining('leads nowhere')],
      ['fine', null],
      ['link', null],
    ]);
  });

  it('come with what a person should know of their figures', async () => {
    await recordRun({ infospace: infospace('a'), records: [runRecord('r', [stage('s', {}, 'nobody/knows')])] });
    const { usage } = infospacePaths(infospace('a'));
    appendFileSync(usage, '- run_index: 2\n  run_id: torn');
    const [row] = await listWorkspace(workspace);
    expect(row?.totals.runs).toBe(1);
    expect(row?.warnings).toEqual([
      expect.stringContaining('nobody/knows'),
      expect.stringMatching(/usage\.yaml: its last entry is not whole and is not counted \(\d+ bytes\)/),
    ]);
  });

  it('cannot be told where their directory is a link that leads nowhere; of their metered runs that is a warning', async () => {
    await recordRun({ infospace: infospace('a'), records: [runRecord('r', [stage('s', { cost: 0.25 })])] });
    const { meteredRuns } = infospacePaths(infospace('a'));
    symlinkSync('not-mounted', meteredRuns);
    expect(await listWorkspace(workspace)).toMatchObject([
      { totals: { runs: 1 }, error: null, warnings: [expect.stringContaining(`${meteredRuns}, which is on the way`)] },
    ]);
    rmSync(join(workspace, 'infospaces'), { recursive: true });
    symlinkSync('not-mounted', join(workspace, 'infospaces'));
    await expect(listWorkspace(workspace)).rejects.toMatchObject({ code: 'not_a_file', kind: 'input' });
  });

  it('cannot be told where a file is in the place of their directory', async () => {
    writeFileSync(join(workspace, 'infospaces'), '');
    await expect(listWorkspace(workspace)).rejects.toMatchObject({ code: 'not_a_directory', kind: 'input' });
  });
});
