import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences, fixtures, freshWorkspace, goldenCases } from '@budget/golden';
import { expect, it } from 'vitest';
import { budgetJson } from './run-budget.js';

it.each(goldenCases())(
  'what the earlier tool wrote, written through the command line: $name',
  { timeout: 60_000 },
  async (golden) => {
    const workspace = freshWorkspace(golden);
    const infospace = join(workspace, 'infospaces', 'demo');
    for (const step of golden.steps) {
      if ('plan' in step) {
        const printed = await budgetJson(['plan', 'record', infospace, '--from', golden.input(step.plan)]);
        expect(printed).toMatchObject({ snapshot_id: step.snapshot_id });
      } else {
        const duration = step.duration_seconds === null ? [] : ['--duration-seconds', String(step.duration_seconds)];
        const runs = step.runs.flatMap((file) => ['--runs', golden.input(file)]);
        await budgetJson(['run', 'record', infospace, ...runs, '--snapshot', step.snapshot ?? 'none', ...duration]);
      }
    }
    expect(differences(golden, workspace)).toEqual([]);
    rmSync(workspace, { recursive: true });
  },
);

it('the fingerprints of the earlier tool, through the command line', { timeout: 60_000 }, async () => {
  const infospace = mkdtempSync(join(tmpdir(), 'budget-fingerprints-'));
  // As text: `JSON.parse` would lose digits and take 2.0 for 2.
  const vectors = readFileSync(join(fixtures, 'fingerprint-vectors.json'), 'utf8').split('"summary":').slice(1);
  expect(vectors).toHaveLength(30);
  for (const vector of vectors) {
    const [, summary, id] = /^([\s\S]*\}),\s*"snapshot_id": "([0-9a-f]{12})"/.exec(vector) ?? [];
    const printed = await budgetJson(['plan', 'record', infospace, '--from', '-'], { input: summary as string });
    expect(printed, summary).toMatchObject({ snapshot_id: id });
  }
  rmSync(infospace, { recursive: true });
});
