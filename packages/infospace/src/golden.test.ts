import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { differences, fixtures, freshWorkspace, goldenCases } from '@budget/golden';
import { describe, expect, it } from 'vitest';
import { planFingerprint } from './documents/plan-fingerprint.js';
import { snapshotOf } from './documents/plans-file.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { readStructured } from './yaml/read-structured.js';
import type { YamlMap } from './yaml/scalars.js';

describe('what the earlier tool wrote, written through the library', () => {
  it.each(goldenCases())('$name', async (golden) => {
    const workspace = freshWorkspace(golden);
    const infospace = join(workspace, 'infospaces', 'demo');
    for (const step of golden.steps) {
      if ('plan' in step) {
        const { snapshot } = await recordPlan({ infospace, plan: readFileSync(golden.input(step.plan), 'utf8') });
        expect(snapshot.snapshotId).toBe(step.snapshot_id);
      } else {
        await recordRun({
          infospace,
          runs: step.runs.map(golden.input),
          snapshot: step.snapshot ?? 'none',
          durationSeconds: step.duration_seconds,
        });
      }
    }
    expect(differences(golden, workspace)).toEqual([]);
    rmSync(workspace, { recursive: true });
  });
});

describe('the fingerprint of a plan', () => {
  const vectors = readStructured(readFileSync(join(fixtures, 'fingerprint-vectors.json'), 'utf8'), 'vectors.json') as {
    summary: YamlMap;
    snapshot_id: string;
  }[];

  it.each(vectors)("is the earlier tool's: $snapshot_id", ({ summary, snapshot_id }) => {
    expect(snapshotOf(summary, '')['snapshot_id']).toBe(snapshot_id);
  });

  it('tells 2 from 2.0, and a number from its text', () => {
    const id = (json: string): string => planFingerprint(readStructured(json, 'plan.json') as YamlMap);
    const ids = ['2', '2.0', '"2"', '2.5', '20e-1', '2e0'].map((value) => id(`{"max_calls": ${value}}`));
    expect(new Set(ids).size).toBe(4);
    expect(ids[1]).toBe(ids[4]);
    expect(ids[1]).toBe(ids[5]);
  });

  it('keeps every digit of an integer past 2^53', () => {
    const id = (digits: string): string => planFingerprint(readStructured(`{"max_calls": ${digits}}`, 'p') as YamlMap);
    expect(id('12345678901234567890')).not.toBe(id('12345678901234567891'));
  });
});
