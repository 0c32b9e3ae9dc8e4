import { beforeEach, describe, expect, it } from 'vitest';
import { type RecordRunResult, recordRun } from './record-run.js';
import { temporaryDirectory, write } from './testing/temporary.js';

let infospace: string;
beforeEach(() => {
  infospace = temporaryDirectory();
});

async function record(text: string): Promise<RecordRunResult> {
  write(infospace, 'output/workflows/runs/r.yaml', text);
  return await recordRun({ infospace });
}

describe('nonsense in a run record', () => {
  const nonsense = [
    '-1',
    '1.5',
    'many',
    '.nan',
    '.inf',
    '1e400',
    'true',
    '[]',
    '{}',
    '2026-05-17',
    '!!set {a}',
    '10000000000001',
  ];

  it.each(nonsense)('tokens that are %s count as zero and as missing', async (tokens) => {
    const text = `run_id: r\nstages:\n- {stage_id: a, provider: p, metadata: {usage: {prompt_tokens: 3}}}\n- stage_id: b\n  provider: p\n  metadata: {model: m, usage: {prompt_tokens: ${tokens}, completion_tokens: 1}}\n`;
    const { run } = await record(text);
    expect(run?.rollup).toMatchObject({ totalCalls: 2, totalPromptTokens: 3, totalCompletionTokens: 0 });
    expect(run?.perBucket.map(({ usageMissingForCalls }) => usageMissingForCalls)).toEqual([0, 1]);
  });

  it.each([...nonsense, 'null', '!!binary aGk='].filter((stageText) => stageText !== '{}'))(
    'a stage that is %s is skipped and counted',
    async (odd) => {
      const { run, warnings } = await record(`run_id: r\nstages: [${odd}, {stage_id: a, provider: p}, ${odd}]\n`);
      expect(run).toMatchObject({ skippedStages: 2, rollup: { totalCalls: 1 } });
      expect(warnings).toContainEqual('Stages that are no maps were skipped: 2.');
    },
  );

  it.each(nonsense)('stages that are %s are skipped and counted as one', async (odd) => {
    const { run } = await record(`run_id: r\nstages: ${odd}\n`);
    expect(run).toMatchObject({ skippedStages: odd === '[]' ? 0 : 1, rollup: { totalCalls: 0 } });
  });
});
