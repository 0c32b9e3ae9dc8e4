import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { examineInfospace } from './doctor.js';
import type { MeteredCall } from './documents/metered-call.js';
import { readUsageFile } from './documents/usage-file.js';
import { readUsageOverview } from './documents/usage-overview.js';
import { usageRunDocument } from './documents/usage-run-fields.js';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { readRunDirectory } from './read-run-directory.js';
import { type RecordMeteredRunOptions, recordMeteredRun } from './record-metered-run.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { make, meteredCall, openRun, RUN_ID, runDirectoryIn, runIdOf } from './testing/metered-calls.js';
import { asYaml, runRecord, stage } from './testing/run-records.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';
import { totalsOf } from './usage-totals.js';

const clock = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };
let infospace: string;
beforeEach(() => {
  infospace = join(temporaryDirectory(), 'infospaces', 'demo');
});

const record = async (calls: readonly MeteredCall[], more: Partial<RecordMeteredRunOptions> = {}) =>
  await recordMeteredRun({ infospace, runId: RUN_ID, calls, status: 'completed', clock, ...more });

describe('a metered run', () => {
  it('becomes one entry, in an infospace that has nothing yet', async () => {
    const options = {
      startedAt: '2026-11-22T01:49:00Z',
      durationSeconds: 58.082,
      status: 'failed',
      reason: 'exit 1',
    } as const;
    const { run, runIndex, alreadyRecorded, variance } = await record([meteredCall('a')], options);
    expect({ runIndex, alreadyRecorded }).toEqual({ runIndex: 1, alreadyRecorded: false });
    expect(run && usageRunDocument(run)).toMatchObject({
      run_index: 1,
      run_id: RUN_ID,
      started_at: '2026-11-22T01:49:00Z',
      completed_at: '2026-11-22T01:49:58.082Z',
      duration_seconds: 58.082,
      status: 'failed',
      reason: 'exit 1',
      metered: true,
      workflows: [],
      rollup: { total_calls: 1, total_tokens: 1100, cost_nano_usd_estimated: 2_100_000, unpriced_calls: 0 },
      totals_to_date: { runs: 1, calls: 1, metered_calls: 1, metered_cost_nano_usd: 2_100_000 },
    });
    expect(variance?.perWorkflow).toEqual([]);
    const { runs } = await readUsageFile(infospacePaths(infospace).usage);
    expect(runs).toEqual([run]);
    expect((await readInfospace(infospace)).summary).toMatchObject({ run_id: RUN_ID });
  });

  it('has a bucket for each workflow, stage, provider, model, phase and tier', async () => {
    const parts = [
      { workflowId: 'w' },
      { stageId: 's' },
      { provider: 'p' },
      { model: 'm' },
      { phase: 'train' },
      { tier: 't' },
    ];
    const calls = [{}, ...parts].flatMap((part, index) => [
      meteredCall(`a${index}`, part as Partial<MeteredCall>),
      meteredCall(`b${index}`, part as Partial<MeteredCall>),
    ]);
    const { run } = await record(calls);
    expect(run?.perBucket.map((bucket) => bucket.calls)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(run?.perBucket.at(-2)).toMatchObject({ phase: 'train', tier: null, workflowId: '', stageId: '' });
  });

  it('counts calls as what they are', async () => {
    const { run } = await record([
      meteredCall('said', { costSource: 'provider', costNanoUsd: 5n, priceVersion: null }),
      meteredCall('rated', { attempt: 2 }),
      meteredCall('failed', { status: 'failed', costNanoUsd: 0n, latencyMs: null, attempt: 3 }),
      meteredCall('unknown', { costSource: 'unknown', costNanoUsd: null, economicCostNanoUsd: null }),
      meteredCall('estimated', { usageMissing: true, estimated: true }),
      meteredCall('zero that says nothing', { usageMissing: true, costNanoUsd: 0n }),
      meteredCall('free', { usageMissing: true, costNanoUsd: 0n, estimatedCostNanoUsd: 0n }),
    ]);
    expect(run?.perBucket).toMatchObject([
      {
        calls: 7,
        costNanoUsdKnown: 5n,
        costNanoUsdEstimated: 4_200_000n,
        costStatus: 'partial',
        costEstimatedForCalls: 5,
        costUnknownForCalls: 1,
        economicCostNanoUsd: null,
        unpricedCalls: 2,
        usageMissingForCalls: 3,
        failedCalls: 1,
        retriedCalls: 2,
        durationMsTotal: 6 * 1234,
        priceVersions: ['genai-prices-0.1.8:openai/gpt-5-mini'],
      },
    ]);
    expect(run?.priceWarnings.map(({ kind }) => kind)).toEqual(['unpriced', 'usage_missing']);
  });

  it('says what its cost lacks in the words of a receipt', async () => {
    const { run } = await record([meteredCall('c1', { unpricedParts: ['web_searches', 'other_models', 'odd_part'] })]);
    expect(run?.priceWarnings).toMatchObject([
      {
        kind: 'part_unpriced',
        message: expect.stringContaining('its web searches, tokens of other models, odd part,'),
      },
    ]);
  });

  it('adds of a local hit only what it would have cost: no provider was called', async () => {
    const hit = { cacheHit: 'local', costNanoUsd: 0n, economicCostNanoUsd: 900n } as const;
    const { run } = await record([
      meteredCall('call'),
      meteredCall('h1', hit),
      meteredCall('h2', { ...hit, model: 'other' }),
    ]);
    expect(run?.perBucket).toMatchObject([
      { model: 'gpt-5-mini', calls: 1, promptTokens: 1000, economicCostNanoUsd: 2_500_900n },
      { model: 'other', calls: 0, promptTokens: 0, economicCostNanoUsd: 900n, costStatus: 'known', unpricedCalls: 0 },
    ]);
    expect(run?.rollup).toMatchObject({ totalCalls: 1, costNanoUsdEstimated: 2_100_000n });
  });

  it('sums what the lines say, exactly, in whatever order they come', async () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 80n });
    const source = fc.constantFrom('provider' as const, 'rates' as const);
    const call = fc.record({
      costNanoUsd: amount,
      economicCostNanoUsd: amount,
      costSource: source,
      stageId: fc.constantFrom('a', 'b'),
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 20 }), async (parts) => {
        const runId = runIdOf(++number);
        const metered = await openRun(infospace, runId);
        await make(metered, ...parts.map((part, index) => meteredCall(`${index}`, part)));
        await metered.close();
        const calls = (await readRunDirectory(metered.directory))?.calls ?? [];
        const { run } = await record([...calls], { runId });
        const sum = (of: string) =>
          parts.reduce((total, { costNanoUsd, costSource }) => total + (costSource === of ? costNanoUsd : 0n), 0n);
        expect(run?.rollup.costNanoUsdKnown).toBe(sum('provider'));
        expect(run?.rollup.costNanoUsdEstimated ?? 0n).toBe(sum('rates'));
        const economic = run?.perBucket.reduce((total, bucket) => total + (bucket.economicCostNanoUsd ?? 0n), 0n);
        expect(economic).toBe(parts.reduce((total, part) => total + part.economicCostNanoUsd, 0n));
        const written = (await readUsageOverview(infospacePaths(infospace).usage)).recentRuns.at(-1);
        expect(written?.rollup).toEqual(run?.rollup);
      }),
      { numRuns: 25 },
    );
  });

  it('is compared with its plan, and counts against the budget', async () => {
    write(infospace, 'budget.yaml', 'budget: {max_usd: 0.002}\n');
    const { snapshot } = await recordPlan({
      infospace,
      plan: { total_provider_calls_estimate: 2, estimated_cost_usd: 0.0042 },
    });
    const { run, variance, warnings } = await record([meteredCall('a')]);
    expect(run).toMatchObject({ snapshotId: snapshot.snapshotId, budgetStatus: 'exceeded' });
    expect(variance).toMatchObject({ calls: { estimated: 2, actual: 1, ratio: 0.5 }, cost: { ratio: 0.5 } });
    expect(warnings).toEqual([expect.stringContaining('The budget of this infospace is exceeded')]);
    expect(readFileSync(infospacePaths(infospace).report, 'utf8')).toContain('Plan variance: calls 1/2');
    expect((await record([], { runId: runIdOf(2), snapshot: 'none' })).run?.snapshotId).toBeNull();
  });

  it('and runs of run records add up in one file; the tail tells how much of it was metered', async () => {
    await recordRun({ infospace, records: [runRecord('r1', [stage('a', { cost: 0.5 })])], clock });
    await record([meteredCall('a'), meteredCall('b')]);
    const { run } = await recordRun({ infospace, records: [runRecord('r2', [stage('a', { cost: 0.25 })])], clock });
    expect(run?.totalsToDate).toMatchObject({
      runs: 3,
      calls: 4,
      costNanoUsdKnown: 750_000_000n,
      costNanoUsdEstimated: 4_200_000n,
      meteredCalls: 2,
      meteredCostNanoUsd: 4_200_000n,
    });
    const { usage } = infospacePaths(infospace);
    // The tail alone, a scan of the bytes, and all of it parsed.
    const { runs } = await readUsageFile(usage);
    expect(totalsOf(runs)).toEqual(run?.totalsToDate);
    expect((await readUsageOverview(usage)).totals).toEqual(run?.totalsToDate);
    writeFileSync(usage, readFileSync(usage, 'utf8').replace(/starts_at_byte: \d+/g, 'starts_at_byte: 7'));
    expect((await readUsageOverview(usage)).totals).toEqual(run?.totalsToDate);
    expect((await examineInfospace(infospace, { clock })).filter(({ state }) => state !== 'fine')).toEqual([]);
    // Entries of run records are as they were.
    expect(readFileSync(usage, 'utf8').split(/^(?=- run_index)/m)[1]).not.toMatch(/^ {2}(?:status|reason|metered):/m);
  });

  it.each([{ runId: 'x' }, { durationSeconds: -1 }, { startedAt: 'yesterday' }])('is refused with %j', async (more) => {
    await expect(record([], more)).rejects.toMatchObject({ code: 'option_invalid', kind: 'usage' });
  });
});

describe('recording a run again', () => {
  it('records it when it could not be recorded before: until its entry is there it is open', async () => {
    await (await openRun(infospace)).close();
    const { plans, usage } = infospacePaths(infospace);
    writeFileSync(plans, 'snapshots: [');
    await expect(record([meteredCall('a')], { status: 'failed' })).rejects.toMatchObject({ code: 'file_corrupt' });
    expect(existsSync(usage)).toBe(false);
    expect((await readRunDirectory(runDirectoryIn(infospace)))?.state).toMatchObject({
      state: 'open',
      runIndex: null,
      end: { status: 'failed' },
    });
    expect(existsSync(join(infospacePaths(infospace).meteredRuns, '.open', RUN_ID))).toBe(true);
    rmSync(plans);
    expect(await record([meteredCall('a')])).toMatchObject({ alreadyRecorded: false, runIndex: 1 });
    expect(existsSync(join(infospacePaths(infospace).meteredRuns, '.open', RUN_ID))).toBe(false);
  });

  it('changes nothing, with its directory and without', async () => {
    await (await openRun(infospace)).close();
    await record([meteredCall('a')]);
    const before = contents(infospace);
    for (const directory of [runDirectoryIn(infospace), temporaryDirectory()]) {
      const again = await record([meteredCall('a'), meteredCall('b')], { directory });
      expect(again).toMatchObject({ run: null, runIndex: 1, variance: null, alreadyRecorded: true });
      expect(contents(infospace)).toEqual(before);
    }
  });

  it('after others finds it among many, whatever stands before it', async () => {
    for (let other = 2; other < 8; other++) await record([], { runId: runIdOf(other) });
    await (await openRun(infospace)).close();
    await record([meteredCall('a')]);
    for (let other = 10; other < 16; other++) await record([], { runId: runIdOf(other) });
    const { usage } = infospacePaths(infospace);
    const state = join(runDirectoryIn(infospace), 'run.json');
    const unmarked = (): void => {
      writeFileSync(
        state,
        readFileSync(state, 'utf8').replace('"recorded"', '"open"').replace('"run_index": 7', '"run_index": null'),
      );
    };
    const original = readFileSync(usage, 'utf8');
    // As it is; edited before the entry; in an order of keys, and a style, that are not ours.
    for (const text of [
      original,
      original.replace('runs:\n', '# a note\nruns:\n'),
      JSON.stringify(await asJson(usage)),
    ]) {
      unmarked();
      writeFileSync(usage, text);
      expect(await record([meteredCall('a')])).toMatchObject({ alreadyRecorded: true, runIndex: 7 });
      expect(readFileSync(usage, 'utf8')).toBe(text);
      expect((await readRunDirectory(runDirectoryIn(infospace)))?.state).toMatchObject({
        state: 'recorded',
        runIndex: 7,
      });
    }
  });
});

async function asJson(usage: string): Promise<unknown> {
  const { usage: document } = await (await readInfospace(join(usage, '../../..'))).documents();
  return document;
}

describe('run records that the command wrote meanwhile', () => {
  const write_ = (name: string, record: unknown): string =>
    write(infospace, `output/workflows/runs/${name}`, asYaml(record));
  const two = runRecord('engine-1', [stage('a', { cost: 0.5 }), { stage_id: 'no call' }]);

  it('are marked as recorded, and are not counted again', async () => {
    const old = write_('0-before.yaml', runRecord('before', [stage('a', { cost: 0.125 })]));
    utimesSync(old, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    const metered = await openRun(infospace);
    write_('1.yaml', two);
    const covered = { sinceMs: metered.state.beganOnDiskMs };
    const { run } = await record([meteredCall('a')], { covered });
    expect(run && usageRunDocument(run)['workflows']).toEqual([
      {
        run_id: 'engine-1',
        workflow_id: 'summarise',
        status: 'completed',
        stage_count: 2,
        call_count: 1,
        covered: true,
      },
    ]);
    expect(run?.rollup).toMatchObject({ totalCalls: 1, costNanoUsdKnown: 0n });
    // What was there before and not yet recorded is still to be recorded.
    const next = await recordRun({ infospace, clock });
    expect(next.run?.workflows.map(({ workflowRunId }) => workflowRunId)).toEqual(['before']);
    expect(await recordRun({ infospace, clock })).toMatchObject({ run: null, alreadyRecorded: 2 });
    await metered.close();
  });

  it('count again only by what a resumed workflow adds later, also when the indexes are gone', async () => {
    const file = write_('1.yaml', two);
    await record([], { covered: { files: [file] } });
    rmSync(infospacePaths(infospace).workflowIndex);
    rmSync(infospacePaths(infospace).recordIndex);
    write_('1.yaml', { ...two, stages: [...(two['stages'] as unknown[]), stage('b', { cost: 0.25 })] });
    const { run, warnings } = await recordRun({ infospace, clock });
    expect(run).toMatchObject({ resumes: 1, rollup: { totalCalls: 1, costNanoUsdKnown: 250_000_000n } });
    expect(warnings).toEqual([]);
  });

  it('are left out where they are newer than the run', async () => {
    write_('1.yaml', two);
    const { run } = await record([], { covered: { sinceMs: 0, untilMs: Date.now() - 60_000 } });
    expect(run?.workflows).toEqual([]);
  });

  it('do not keep the run from being recorded when they are broken', async () => {
    write_('1.yaml', two);
    const broken = write(infospace, 'output/workflows/runs/2.yaml', 'run_id: [');
    const { run, warnings } = await record([meteredCall('a')], { covered: { sinceMs: 0 } });
    expect(run?.workflows).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/cannot be read, and is not marked as counted .*2\.yaml/)]);
    expect(warnings[0]).toContain(broken);
  });
});
