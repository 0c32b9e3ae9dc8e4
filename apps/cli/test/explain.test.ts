import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askProgram, execWorld } from './exec-world.js';
import { budget, budgetJson } from './run-budget.js';

let workspace: string;
let infospace: string;
beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'budget-explain-'));
  cpSync(fileURLToPath(new URL('../../../examples/workspace', import.meta.url)), workspace, { recursive: true });
  infospace = join(workspace, 'infospaces', 'support-triage');
  await budgetJson(['run', 'record', infospace]);
});
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

interface Stage {
  readonly cost_nano_usd_estimated: number | null;
  readonly rounding_nano_usd: number | null;
  readonly receipt: { readonly cost_nano_usd: number } | null;
}

describe('budget explain', () => {
  it('says of each stage of a run where its cost comes from', async () => {
    const explained = (await budgetJson(['explain', '1'], { cwd: infospace })) as { stages: Stage[] };
    expect(explained).toMatchObject({ run_index: 1, unpriced_calls: 5, cost_nano_usd_known: 0 });
    const withReceipt = explained.stages.filter(({ receipt }) => receipt !== null);
    expect(withReceipt.length).toBeGreaterThan(8);
    for (const { receipt, cost_nano_usd_estimated: recorded, rounding_nano_usd: rounding } of withReceipt) {
      expect((receipt?.cost_nano_usd ?? 0) + (rounding ?? 0)).toBe(recorded);
    }
  });

  it('takes the number of a run, its run_id, or latest', async () => {
    const byNumber = (await budgetJson(['explain', '1', '--infospace', infospace])) as { run_id: string };
    expect(await budgetJson(['explain', byNumber.run_id, '--infospace', infospace])).toEqual(byNumber);
    expect(await budgetJson(['explain', 'latest', '--infospace', infospace])).toEqual(byNumber);
  });

  it('shows people the arithmetic', async () => {
    const { stdout } = await budget(['--format', 'table', 'explain', 'latest', '--infospace', infospace]);
    expect(stdout).toContain('classify/urgency: openai gpt-4o, 2 calls');
    expect(stdout).toContain('Sum 0.0017375, rounded once to $0.001737500');
    expect(stdout).toContain('5 calls of unknown cost');
  });

  it('says of calls that failed, and were not charged, that they cost nothing', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), '');
    replay.answerAll({ status: 400, body: { error: { message: 'no' } } });
    await exec([], [process.execPath, askProgram, '2']);
    const { stdout } = await budget(['--format', 'table', 'explain', 'latest'], { cwd: directory });
    expect(stdout).toContain('All 2 calls failed and cost nothing.');
  });

  it('says which runs there are', async () => {
    const { code, stderr } = await budget(['explain', '7', '--infospace', infospace]);
    expect([code, stderr.includes('1 to 1')]).toEqual([4, true]);
    const none = await budget(['explain', 'latest', '--infospace', join(workspace, 'infospaces', 'fixture-demo')]);
    expect([none.code, none.stderr.includes('no run yet')]).toEqual([4, true]);
  });
});
