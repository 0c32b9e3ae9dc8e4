import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { varianceDocument } from './documents/summary.js';
import { usageRunDocument } from './documents/usage-run-fields.js';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordPlan } from './record-plan.js';
import { type RecordRunOptions, type RecordRunResult, recordRun } from './record-run.js';
import { asYaml, RATES, runRecord, stage } from './testing/run-records.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';

const clock = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };
let workspace: string;
let infospace: string;

beforeEach(() => {
  workspace = temporaryDirectory();
  infospace = join(workspace, 'infospaces', 'demo');
  write(workspace, 'model-rates.yaml', RATES);
});

const record = async (records: readonly unknown[], options: Partial<RecordRunOptions> = {}): Promise<RecordRunResult> =>
  await recordRun({ infospace, records, clock, ...options });

const bucketOf = (result: RecordRunResult) => {
  expect(result.run?.perBucket).toHaveLength(1);
  return result.run?.perBucket[0];
};

describe('the cost of a call', () => {
  it('is what the provider reported, before any price', async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 100, cost: 0.5 };
    expect(bucketOf(await record([runRecord('r', [stage('draft', usage)])]))).toMatchObject({
      costNanoUsdKnown: 500_000_000n,
      costNanoUsdEstimated: null,
      costStatus: 'known',
      unpricedCalls: 0,
    });
  });

  it("is computed from the workspace's rates, exactly", async () => {
    expect(bucketOf(await record([runRecord('r', [stage('draft')])]))).toMatchObject({
      costNanoUsdKnown: 0n,
      costNanoUsdEstimated: 2_100_000n,
      costStatus: 'estimated',
      costEstimatedForCalls: 1,
      priceVersions: ['workspace-rates@2026-11-01'],
    });
  });

  it('is of no workspace that is not there: mistyped, it would have other prices in silence', async () => {
    const inWorkspace = (named: string) => record([runRecord('r', [stage('draft')])], { workspace: named });
    const mistyped = inWorkspace(join(workspace, 'mistyped'));
    await expect(mistyped).rejects.toMatchObject({ code: 'workspace_not_found', kind: 'input' });
    expect(existsSync(infospace)).toBe(false);
    expect(bucketOf(await inWorkspace(temporaryDirectory()))).toMatchObject({ costStatus: 'unknown' });
  });

  it("of a model that the package knows needs no table of one's own", async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 1000 };
    const result = await record([runRecord('r', [stage('draft', usage, 'anthropic/claude-3.5-haiku')])]);
    expect(bucketOf(result)).toMatchObject({ costNanoUsdEstimated: 4_800_000n, costStatus: 'estimated' });
  });

  it('of a run that started earlier has the price of then (ccusage #1636: $2,472 against $1,924)', async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0 };
    const call = { stage_id: 'draft', provider: 'openai', metadata: { model: 'o3', usage } };
    const result = await record([runRecord('old', [call])], { startedAt: '2025-06-01T12:00:00Z' });
    expect(bucketOf(result)).toMatchObject({
      costNanoUsdEstimated: 10_000_000n,
      priceVersions: [expect.stringMatching(/o3$/)],
    });
  });

  it('that nothing prices is unknown, counted, and never zero (litellm #35913: $1.16 logged, about $185 spent)', async () => {
    const result = await record([runRecord('r', [stage('draft', undefined, 'test/unheard-of')])]);
    expect(bucketOf(result)).toMatchObject({
      costStatus: 'unknown',
      costNanoUsdEstimated: null,
      economicCostNanoUsd: null,
      costUnknownForCalls: 1,
      unpricedCalls: 1,
    });
    expect(readFileSync(infospacePaths(infospace).report, 'utf8')).toContain('actual cost ≥$0.000000');
    expect(result.run?.priceWarnings).toMatchObject([{ kind: 'unpriced', model: 'test/unheard-of' }]);
  });

  it('of a model that is declared or listed free is zero and known', async () => {
    write(infospace, 'budget.yaml', 'models: [{name: local, provider: openrouter, model: test/local, free: true}]\n');
    const stages = [stage('a', undefined, 'test/free'), stage('b', undefined, 'test/local')];
    const { run } = await record([runRecord('r', stages)]);
    expect(run?.rollup).toMatchObject({ costNanoUsdEstimated: null, unpricedCalls: 0 });
    expect(run?.perBucket.map(({ costStatus }) => costStatus)).toEqual(['estimated', 'estimated']);
  });

  it('with one of two prices missing counts that one as 0; with both missing it is unknown', async () => {
    const stages = [stage('a', undefined, 'test/prompt-only'), stage('b', undefined, 'test/nothing')];
    const { run } = await record([runRecord('r', stages)]);
    expect(run?.perBucket.map((bucket) => [bucket.costNanoUsdEstimated, bucket.costStatus])).toEqual([
      [1_000_000n, 'estimated'],
      [null, 'unknown'],
    ]);
  });

  it('that is reported as 0 for a model with a price is kept and flagged', async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 100, cost: 0 };
    const { run } = await record([runRecord('r', [stage('draft', usage)])]);
    expect(run?.rollup).toMatchObject({ costNanoUsdKnown: 0n, unpricedCalls: 0 });
    expect(run?.priceWarnings).toMatchObject([{ kind: 'reported_zero' }]);
  });

  it('by a price older than 90 days warns and does not block', async () => {
    const at = (iso: string): Partial<RecordRunOptions> => ({ clock: { nowMs: () => Date.parse(iso) } });
    const fresh = await record([runRecord('r1', [stage('draft')])], at('2027-01-30T00:00:00Z'));
    const stale = await record([runRecord('r2', [stage('draft')])], at('2027-01-31T00:00:00Z'));
    expect(fresh.run?.priceWarnings).toEqual([]);
    expect(stale.run?.priceWarnings).toMatchObject([{ kind: 'stale', model: 'test/rated' }]);
    expect((await readInfospace(infospace)).warnings).toEqual([expect.stringContaining('91 days old')]);
  });

  it('mixed within a bucket is partial when some call has no price', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, cost: 0.25 };
    const stages = [stage('a', usage, 'test/x'), stage('a', undefined, 'test/x')];
    expect(bucketOf(await record([runRecord('r', stages)]))).toMatchObject({
      calls: 2,
      costStatus: 'partial',
      costNanoUsdKnown: 250_000_000n,
      unpricedCalls: 1,
    });
  });

  it('mixed of reported and computed is estimated', async () => {
    const stages = [stage('a', { prompt_tokens: 1, completion_tokens: 1, cost: 0.25 }), stage('a')];
    expect(bucketOf(await record([runRecord('r', stages)]))).toMatchObject({
      costStatus: 'estimated',
      unpricedCalls: 0,
    });
  });
});

it('a model that one provider gives away may cost at another', async () => {
  write(workspace, 'model-rates.yaml', 'rates: {google/gemini: {prompt_per_1k: 1}}\n');
  write(infospace, 'budget.yaml', 'models: [{name: g, provider: google, model: gemini, free: true}]\n');
  const usage = { prompt_tokens: 1000 };
  const call = (provider: string, model: string) => ({ stage_id: provider, provider, metadata: { model, usage } });
  const { run } = await record([runRecord('r', [call('google', 'gemini'), call('openrouter', 'google/gemini')])]);
  expect(run?.perBucket.map(({ costNanoUsdEstimated }) => costNanoUsdEstimated)).toEqual([0n, 1_000_000_000n]);
});

describe('a call whose usage is missing or nonsense', () => {
  it('of a free model cost nothing all the same', async () => {
    const { run } = await record([runRecord('r', [stage('a', null, 'test/free')])]);
    expect(run?.rollup.unpricedCalls).toBe(0);
    expect(run?.priceWarnings).toEqual([]);
  });

  it('is told to a person', async () => {
    const { run } = await record([runRecord('r', [stage('a', null)])]);
    expect(run?.priceWarnings).toMatchObject([{ kind: 'usage_missing', model: 'test/rated' }]);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['text', 'lots'],
    ['negative', { prompt_tokens: -5, completion_tokens: 1 }],
    ['fractional', { prompt_tokens: 1.5, completion_tokens: 1 }],
  ])('%s: counts with zero tokens, is flagged, and the totals show ≥', async (_, usage) => {
    const odd = { stage_id: 'a', provider: 'openrouter', metadata: { model: 'test/rated', usage } };
    const result = await record([runRecord('r', [odd])]);
    expect(bucketOf(result)).toMatchObject({
      calls: 1,
      promptTokens: 0,
      costStatus: 'estimated',
      costNanoUsdEstimated: 0n,
      usageMissingForCalls: 1,
      unpricedCalls: 1,
    });
    expect(result.variance?.unpricedCalls).toBe(1);
  });
});

describe('what is odd inside a run record', () => {
  it('is skipped and counted, and the roll-up goes on', async () => {
    const stages = ['not a map', null, 7, stage('good'), { stage_id: 'no provider' }, { stage_id: 'x', provider: '' }];
    const { run } = await record(['not a workflow', runRecord('r1', stages), runRecord('r2', 'not a list')]);
    expect(run).toMatchObject({ skippedWorkflows: 1, skippedStages: 4, rollup: { totalCalls: 1 } });
    expect(run?.workflows).toMatchObject([{ workflowRunId: 'r1', stageCount: 6 }, { workflowRunId: 'r2' }]);
  });

  it('a stage without metadata is a call without model and usage', async () => {
    const result = await record([runRecord('r', [{ stage_id: 'a', provider: 'openrouter' }])]);
    expect(bucketOf(result)).toMatchObject({ calls: 1, model: '', costStatus: 'unknown', usageMissingForCalls: 1 });
  });

  it('that cannot be read or is no map stops everything, and nothing is recorded', async () => {
    const good = write(workspace, 'in/1.yaml', asYaml(runRecord('r', [stage('a')])));
    for (const bad of ['- a list\n', 'text', '{', 'a: [1, 2', 'a: \t- b', '\u0000\u0001', `${'['.repeat(500)}`]) {
      const file = write(workspace, 'in/2.yaml', bad);
      await expect(recordRun({ infospace, runs: [good, file] })).rejects.toMatchObject({ kind: 'input', file });
    }
    expect(existsSync(infospacePaths(infospace).usage)).toBe(false);
  });

  it('an alias bomb is refused', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level++) {
      const aliases = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
      lines.push(`a${level}: &a${level} [${aliases}]`);
    }
    const file = write(workspace, 'bomb.yaml', lines.join('\n'));
    await expect(recordRun({ infospace, runs: [file] })).rejects.toMatchObject({ code: 'file_corrupt' });
  });

  it('hostile keys harm nothing', async () => {
    const file = write(
      workspace,
      'hostile.yaml',
      'run_id: r\n__proto__: {polluted: yes}\nstages:\n- stage_id: a\n  provider: p\n  metadata: {model: constructor, usage: {__proto__: {prompt_tokens: 5}, prompt_tokens: 3, completion_tokens: 1}}\n',
    );
    const { run } = await recordRun({ infospace, runs: [file], clock });
    expect(run?.rollup).toMatchObject({ totalCalls: 1, totalPromptTokens: 3 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('what an engine changed after it was recorded', () => {
  it('a stage that made no call and now has one is told, not counted twice and not lost in silence', async () => {
    await record([runRecord('r', [stage('a'), { stage_id: 'b' }])]);
    const again = await record([runRecord('r', [stage('a'), stage('b')])]);
    expect(again).toMatchObject({ run: null, alreadyRecorded: 1 });
    expect(again.warnings).toEqual([
      expect.stringContaining('Workflow run r: stages that were recorded without a call'),
    ]);
  });
});

describe('values that a program hands over', () => {
  it('are read whatever class they are of', async () => {
    class Usage {
      prompt_tokens = 1000;
      cost = 5;
      at = new Date(0);
    }
    const { run } = await record([new Map(Object.entries(runRecord('r', [stage('a', new Usage())])))]);
    expect(run?.rollup).toMatchObject({ totalPromptTokens: 1000, costNanoUsdKnown: 5_000_000_000n });
  });

  it('that have no place in a file are refused with their path', async () => {
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    await expect(record([runRecord('r', [() => 0])])).rejects.toMatchObject({
      code: 'value_unsupported',
      message: expect.stringContaining('records[0]: stages[0] cannot be recorded'),
    });
    await expect(recordPlan({ infospace, plan: circle })).rejects.toMatchObject({ code: 'value_unsupported' });
    await expect(record([], { durationSeconds: Number.NaN })).rejects.toMatchObject({ code: 'option_invalid' });
    await expect(record([], { startedAt: 'yesterday' })).rejects.toMatchObject({ code: 'option_invalid' });
    await expect(record([], { startedAt: '2026-02-30T00:00:00Z' })).rejects.toMatchObject({ code: 'option_invalid' });
    expect(existsSync(infospace)).toBe(false);
  });

  it('with sums past 2^53 are refused, and nothing is recorded', async () => {
    const usage = { prompt_tokens: 10 ** 12 };
    const stages = Array.from({ length: 9100 }, (_, index) => stage(`s${index % 10}`, usage));
    await expect(record([runRecord('r', stages)])).rejects.toMatchObject({ code: 'tokens_out_of_range' });
    expect(existsSync(infospacePaths(infospace).usage)).toBe(false);
  });
});

describe('a slip of the pen', () => {
  it('a plan that is not there is told, and the run is recorded', async () => {
    const { run, warnings } = await record([runRecord('r', [stage('a')])], { snapshot: 'deadbeef0000' });
    expect(run).toMatchObject({ runIndex: 1, snapshotId: 'deadbeef0000' });
    expect(warnings).toEqual([expect.stringContaining('There is no plan deadbeef0000')]);
  });

  it('nothing to record in a place that is not there makes nothing', async () => {
    expect(await recordRun({ infospace })).toMatchObject({ run: null, alreadyRecorded: 0 });
    expect(existsSync(infospace)).toBe(false);
  });

  it('a file that is no run record is told', async () => {
    const file = write(workspace, 'plan.json', '{"total_provider_calls_estimate": 3}');
    const { warnings } = await recordRun({ infospace, runs: [file] });
    expect(warnings).toContainEqual(expect.stringContaining('Is it a run record?'));
  });

  it('runs and records together are refused', async () => {
    await expect(record([], { runs: ['x'] })).rejects.toMatchObject({ code: 'options_conflict', kind: 'usage' });
  });

  it('a directory whose name looks like a pattern is no pattern', async () => {
    const directory = join(workspace, 'a [c]');
    write(directory, 'r.yaml', asYaml(runRecord('r', [stage('a')])));
    expect((await recordRun({ infospace, runs: ['*.yaml'], directory })).run?.rollup.totalCalls).toBe(1);
  });

  it('skipped stages and a budget that is passed are told', async () => {
    write(infospace, 'budget.yaml', 'budget: {max_usd: 0.001}\nbudgets: {max_usd: 1}\n');
    const { warnings } = await record(['x', runRecord('r', ['y', stage('a')])]);
    expect(warnings).toEqual([
      expect.stringContaining('budget.yaml:2: budgets is not known'),
      'Run records that are no maps were skipped: 1.',
      'Stages that are no maps were skipped: 1.',
      'The budget of this infospace is exceeded: all runs together used $0.002100 in 1 calls (max_usd 0.001000).',
    ]);
  });
});

it('documents are ready for JSON', async () => {
  const { run, variance } = await record([runRecord('r', [stage('a')])]);
  const printed = JSON.parse(JSON.stringify([usageRunDocument(run as never), varianceDocument(variance as never)]));
  expect(printed).toMatchObject([
    { rollup: { cost_nano_usd_estimated: 2_100_000 } },
    { cost_usd: { actual_total: 0.0021 } },
  ]);
  const { summary } = await readInfospace(infospace);
  expect(summary).toMatchObject({ cost_usd: { actual_known: 0, actual_total: 0.0021 } });
  await expect(readInfospace(join(workspace, 'gone'))).rejects.toMatchObject({ code: 'infospace_not_found' });
});

describe('recording twice', () => {
  it('a second recording of the same records changes nothing', async () => {
    write(infospace, 'output/workflows/runs/1.yaml', asYaml(runRecord('r1', [stage('a')])));
    write(infospace, 'output/workflows/runs/2.yaml', asYaml(runRecord(undefined, [stage('b')])));
    const first = await recordRun({ infospace, clock });
    expect(first.run?.workflows).toMatchObject([
      { workflowRunId: 'r1', recordHash: null },
      { workflowRunId: null, recordHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const before = contents(infospace);
    const second = await recordRun({ infospace });
    expect(second).toMatchObject({ run: null, variance: null, alreadyRecorded: 2 });
    expect(contents(infospace)).toEqual(before);
  });

  it('only what is new becomes the next run', async () => {
    await record([runRecord('r1', [stage('a')])]);
    const second = await record([runRecord('r1', [stage('a')]), runRecord('r2', [stage('b')])]);
    expect(second).toMatchObject({ alreadyRecorded: 1, run: { runIndex: 2, resumes: null } });
    expect(second.run?.workflows).toMatchObject([{ workflowRunId: 'r2' }]);
  });

  it('a resumed record adds only its new stages', async () => {
    await record([runRecord('r0', [stage('z')])]);
    await record([runRecord('r1', [stage('a'), stage('b')])]);
    const resumed = await record([runRecord('r1', [stage('a'), stage('b'), stage('c')])]);
    expect(resumed.run).toMatchObject({
      runIndex: 3,
      resumes: 2,
      workflows: [{ workflowRunId: 'r1', stageCount: 1 }],
      rollup: { totalCalls: 1 },
      perBucket: [{ stageId: 'c' }],
    });
    const again = await record([runRecord('r1', [stage('a'), stage('b'), stage('c'), stage('d')])]);
    expect(again.run).toMatchObject({ runIndex: 4, resumes: 3, workflows: [{ stageCount: 1 }] });
    expect((await record([runRecord('r1', [stage('a'), stage('b'), stage('c'), stage('d')])])).run).toBeNull();
  });

  it.each([
    null,
    {},
    { prompt_tokens: null, completion_tokens: null },
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  ])(
    'a stage that was recorded while it was under way is not counted again, and a person is told: %j',
    async (usage) => {
      const told = expect.arrayContaining([
        expect.stringMatching(/^Workflow run r1: stages .* or without its usage.* \(1 in all\)/),
      ]);
      const underWay = runRecord('r1', [stage('a'), stage('b', usage)]);
      await record([underWay]);
      expect((await record([underWay])).warnings).not.toEqual(told);
      const over = await record([runRecord('r1', [stage('a'), stage('b')])]);
      expect(over).toMatchObject({ run: null, alreadyRecorded: 1, warnings: told });
      const resumed = await record([runRecord('r1', [stage('a'), stage('b'), stage('c')])]);
      expect(resumed).toMatchObject({ run: { rollup: { totalCalls: 1 } }, warnings: told });
    },
  );

  it("two workflows that share an engine's run id are both recorded", async () => {
    const { run } = await record([runRecord('r', [stage('a')], 'one'), runRecord('r', [stage('a')], 'two')]);
    expect(run?.rollup.totalCalls).toBe(2);
  });

  it('one record that is named twice counts once', async () => {
    const file = write(workspace, 'in/1.yaml', asYaml(runRecord('r', [stage('a')])));
    const { run } = await recordRun({
      infospace,
      runs: [file, join(workspace, 'in'), join(workspace, 'in', '*.yaml')],
    });
    expect(run?.rollup.totalCalls).toBe(1);
  });

  it('ids of digits, dates and hex are the same ids again', async () => {
    for (const id of ['20260517', '2026-05-17', '86e501496586', '0x1F', 'true', '1.0']) {
      const file = write(
        workspace,
        `${id}.yaml`,
        `run_id: ${id}\nworkflow_id: ${id}\nstages: [{provider: p, stage_id: ${id}}]\n`,
      );
      expect((await recordRun({ infospace, runs: [file] })).run, id).not.toBeNull();
      expect((await recordRun({ infospace, runs: [file] })).run, id).toBeNull();
    }
  });
});

describe('a run against its plan', () => {
  const plan = {
    selected_chunk_ids: ['c1'],
    total_provider_calls_estimate: 4,
    total_prompt_tokens_estimate: 1600,
    estimated_cost_usd: 0.0042,
    per_workflow: [
      { workflow_id: 'summarise', calls: 4, prompt_words_estimate: 900 },
      { workflow_id: 'b', calls: 1 },
    ],
    per_stage: [{ workflow_id: 'summarise', stage_id: 'a', calls: 4, prompt_tokens: 1600, completion_tokens: 400 }],
    models: [{ provider: 'openrouter', model: 'test/rated', calls: 4, prompt_tokens: 1600, completion_tokens: 400 }],
  };

  it('takes the latest plan, compares every figure, and keeps the estimates in its entry', async () => {
    const { snapshot } = await recordPlan({ infospace, plan, clock });
    const { run, variance } = await record([runRecord('r', [stage('a')])]);
    expect(run).toMatchObject({ snapshotId: snapshot.snapshotId, plan: { estimatedCostUsd: 0.0042 } });
    expect(variance).toMatchObject({
      snapshotResolved: true,
      calls: { estimated: 4, actual: 1, delta: -3, ratio: 0.25 },
      promptTokens: { estimated: 1600, actual: 1000, delta: -600, ratio: 0.625 },
      totalTokens: { estimated: 1600, actual: 1100, ratio: 0.6875 },
      cost: { totalNanoUsd: 2_100_000n, deltaNanoUsd: -2_100_000n, deltaUsd: -0.0021, ratio: 0.5 },
      perWorkflow: [
        { workflowId: 'b', calls: { estimated: 1, actual: 0, delta: -1, ratio: 0 } },
        { workflowId: 'summarise', calls: { estimated: 4, actual: 1 }, promptWordsEstimate: 900 },
      ],
      perStage: [{ stageId: 'a', completionTokens: { estimated: 400, actual: 100, ratio: 0.25 } }],
      perModel: [{ model: 'test/rated', costNanoUsdActual: 2_100_000n }],
    });
    expect(readFileSync(infospacePaths(infospace).report, 'utf8')).toContain(
      'Plan variance: calls 1/4 (0.25×), tokens 1100/1600 (0.69×), cost $0.002100/$0.004200 (0.50×)',
    );
  });

  it('named, none, and one that is not there', async () => {
    const { snapshot } = await recordPlan({ infospace, plan });
    await recordPlan({ infospace, plan: { ...plan, max_calls: 9 } });
    const named = await record([runRecord('r1', [stage('a')])], { snapshot: snapshot.snapshotId });
    const none = await record([runRecord('r2', [stage('a')])], { snapshot: 'none' });
    const gone = await record([runRecord('r3', [stage('a')])], { snapshot: '000000000000' });
    expect(named.variance).toMatchObject({ snapshotId: snapshot.snapshotId, snapshotResolved: true });
    expect(none.variance).toMatchObject({ snapshotId: null, snapshotResolved: false, calls: { estimated: null } });
    expect(gone.variance).toMatchObject({ snapshotId: '000000000000', snapshotResolved: false });
  });

  it('that lacks its estimates counts them as 0, and a missing cost stays missing', async () => {
    await recordPlan({ infospace, plan: { stage: 'all' } });
    const { variance } = await record([runRecord('r', [stage('a')])]);
    expect(variance).toMatchObject({
      calls: { estimated: 0, actual: 1, delta: 1, ratio: null },
      totalTokens: { estimated: 0, delta: 1100, ratio: null },
      cost: { estimatedUsd: null, deltaNanoUsd: null, ratio: null },
    });
  });

  it('rounds a tie of the ratio half-even on the exact value', async () => {
    await recordPlan({ infospace, plan: { total_provider_calls_estimate: 160 } });
    const { variance } = await record([runRecord('r', [stage('a')])]);
    // 1/160 = 0.00625 exactly; as a float it lies above the tie.
    expect(variance?.calls.ratio).toBe(0.0062);
  });
});

describe('totals and budgets', () => {
  it('each entry carries the totals of all runs so far', async () => {
    await record([runRecord('r1', [stage('a')])]);
    const { run } = await record([runRecord('r2', [stage('a', { cost: 0.1 }), stage('b', null, 'test/unheard-of')])]);
    expect(run?.totalsToDate).toEqual({
      runs: 2,
      calls: 3,
      promptTokens: 1000,
      completionTokens: 100,
      totalTokens: 1100,
      costNanoUsdKnown: 100_000_000n,
      costNanoUsdEstimated: 2_100_000n,
      unpricedCalls: 1,
      meteredCalls: 0,
      meteredCostNanoUsd: 0n,
    });
  });

  it('the budget of the infospace is for all its runs', async () => {
    write(infospace, 'budget.yaml', 'budget: {max_usd: 0.0063, warn_usd: 0.0042}\n');
    const states = [];
    for (const id of ['r1', 'r2', 'r3', 'r4'])
      states.push((await record([runRecord(id, [stage('a')])])).run?.budgetStatus);
    expect(states).toEqual(['within', 'warned', 'warned', 'exceeded']);
  });

  it('no budget is none', async () => {
    expect((await record([runRecord('r1', [stage('a')])])).run?.budgetStatus).toBe('none');
  });
});

describe('files that cannot be used', () => {
  const files = {
    usage: 'output/budget/usage.yaml',
    plans: 'output/budget/plans.yaml',
    summary: 'output/budget/summary.yaml',
  };

  it.each([
    ['usage', 'runs: [{run_index: 1}\n', 'file_corrupt'],
    ['usage', 'runs: 5\n', 'file_corrupt'],
    ['usage', '- a\n', 'file_corrupt'],
    ['usage', 'runs: [1, 2]\n', 'file_corrupt'],
    ['usage', 'schema_version: 2\nruns: []\n', 'schema_newer'],
    ['usage', '\u0000\u0001\u0002', 'file_corrupt'],
    ['plans', 'snapshots: {}\n', 'file_corrupt'],
    ['plans', 'schema_version: 99\nsnapshots: []\n', 'schema_newer'],
    ['summary', 'a: b: c\n', 'file_corrupt'],
    ['summary', 'schema_version: 7\n', 'schema_newer'],
  ] as const)('%s with %j is refused and left byte-identical', async (name, content, code) => {
    const file = write(infospace, files[name], content);
    await expect(record([runRecord('r', [stage('a')])])).rejects.toMatchObject({ code, kind: 'input', file });
    if (name === 'plans') await expect(recordPlan({ infospace, plan: {} })).rejects.toMatchObject({ code });
    expect(contents(infospace)).toEqual({ [files[name]]: content });
  });

  it('a wrong budget.yaml is refused with every error at once: path, line, what is allowed', async () => {
    const file = write(
      infospace,
      'budget.yaml',
      'budget:\n  max_usd: lots\n  max_usdd: 5\n  on_exceed: explode\nmodels: 7\nretention: -1\n',
    );
    await expect(record([runRecord('r', [stage('a')])])).rejects.toMatchObject({
      code: 'file_invalid',
      kind: 'input',
      file,
    });
    const message = await record([runRecord('r', [stage('a')])]).catch((error: Error) => error.message);
    for (const part of [
      ':2: budget.max_usd',
      ':3: budget.max_usdd',
      ':4: budget.on_exceed',
      ':5: models',
      ':6: retention',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).toContain('one of refuse, stop, continue');
  });

  it('a wrong model-rates.yaml is refused with the line of each wrong price', async () => {
    write(workspace, 'model-rates.yaml', 'rates:\n  a: {prompt_per_1k: -1}\n  b: {prompt_per_1k: cheap}\n  c: 5\n');
    const message = await record([runRecord('r', [stage('a')])]).catch((error: Error) => error.message);
    expect(message).toMatch(/model-rates\.yaml:4: rates\.c/);
    write(workspace, 'model-rates.yaml', 'rates:\n  a: {prompt_per_1k: -1}\n  b: {prompt_per_1k: cheap}\n');
    const prices = await record([runRecord('r', [stage('a')])]).catch((error: Error) => error.message);
    expect(prices).toMatch(/model-rates\.yaml:2: rates\.a\.prompt_per_1k/);
    expect(prices).toMatch(/model-rates\.yaml:3: rates\.b\.prompt_per_1k/);
  });
});

describe('a report that cannot be written', () => {
  it('does not make a recorded run look unrecorded; once it can be, the next command writes it', async () => {
    write(infospace, 'reports', 'a file where a directory should be');
    const { run, warnings } = await record([runRecord('r', [stage('a')])]);
    expect(run?.runIndex).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('Run 1 is recorded, but its report or summary')]);
    expect((await readInfospace(infospace)).totals.runs).toBe(1);
    rmSync(join(infospace, 'reports'));
    expect((await record([])).warnings).toEqual([expect.stringContaining('it is now')]);
    expect(existsSync(infospacePaths(infospace).report)).toBe(true);
  });
});

describe('a process that was killed', () => {
  it('in the middle of an entry: the notice is not lost when the command fails afterwards', async () => {
    await record([runRecord('r1', [stage('a')])]);
    appendFileSync(infospacePaths(infospace).usage, '- run_index: 2\n  run_id: half');
    write(infospace, 'output/budget/summary.yaml', 'a: [');
    const message = await record([runRecord('r2', [stage('a')])]).catch((error: Error) => error.message);
    expect(message).toMatch(/summary\.yaml:1: [\s\S]*torn by a crash/);
  });

  it('between its append and its other files is completed by the next command', async () => {
    const paths = infospacePaths(infospace);
    await record([runRecord('r1', [stage('a')])]);
    const earlierSummary = readFileSync(paths.summary);
    const earlierReport = readFileSync(paths.report);
    await record([runRecord('r2', [stage('b'), stage('c')])]);
    const whole = contents(infospace);
    writeFileSync(paths.summary, earlierSummary);
    writeFileSync(paths.report, earlierReport);
    const { warnings } = await readInfospace(infospace, { clock: { nowMs: () => clock.nowMs() + 60_000 } });
    expect(warnings).toContainEqual(expect.stringContaining('Run 2 had been recorded'));
    expect(contents(infospace)).toEqual(whole);
    rmSync(paths.summary);
    expect((await record([])).warnings).toHaveLength(1);
    expect(contents(infospace)).toEqual(whole);
    expect((await record([])).warnings).toEqual([]);
  });
});
