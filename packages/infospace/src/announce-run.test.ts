import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@budget/core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AnnounceRun } from './announce-run.js';
import { examineInfospace } from './doctor.js';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordMeteredRun } from './record-metered-run.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { recoverRuns } from './recover-runs.js';
import { meteredCall, RUN_ID } from './testing/metered-calls.js';
import { runRecord, stage } from './testing/run-records.js';
import { temporaryDirectory } from './testing/temporary.js';

let infospace: string;
let told: [runId: string, isLeftOver: boolean][];
let summaryWasThere: boolean;
let announce: AnnounceRun;

beforeEach(() => {
  infospace = join(temporaryDirectory(), 'infospaces', 'demo');
  told = [];
  announce = async ({ runId }, { isLeftOver }) => {
    summaryWasThere = existsSync(infospacePaths(infospace).summary);
    told.push([runId, isLeftOver]);
  };
});

const recordOne = async (id: string, more: { announce?: AnnounceRun } = {}) => {
  const { run } = await recordRun({ infospace, records: [runRecord(id, [stage('draft')])], ...more });
  if (run === null) throw new Error('nothing was recorded');
  return run.runId;
};

describe('others are told of a run', () => {
  it('once its entry is on disk and before its summary is', async () => {
    const runId = await recordOne('one', { announce });
    expect(told).toEqual([[runId, false]]);
    expect(summaryWasThere).toBe(false);
    await recordMeteredRun({ infospace, runId: RUN_ID, calls: [meteredCall('a')], status: 'completed', announce });
    expect(told.slice(1)).toEqual([[RUN_ID, false]]);
  });

  it('not again when it is recorded again, or looked at', async () => {
    await recordOne('one', { announce });
    await recordRun({ infospace, records: [runRecord('one', [stage('draft')])], announce });
    await readInfospace(infospace, { announce });
    expect(told).toHaveLength(1);
  });

  // Each completes what a process left that died between the entry and the summary.
  it.each([
    ['readInfospace', () => readInfospace(infospace, { announce })],
    ['recordPlan', () => recordPlan({ infospace, plan: { stage: 'all' }, announce })],
    ['examineInfospace', () => examineInfospace(infospace, { announce })],
    ['recordRun', () => recordRun({ infospace, records: [runRecord('one', [stage('draft')])], announce })],
  ] as const)('by %s, when a process died before it was', async (_, complete) => {
    const runId = await recordOne('one');
    rmSync(infospacePaths(infospace).summary);
    await complete();
    expect(told).toEqual([[runId, true]]);
    await complete();
    expect(told).toHaveLength(1);
  });

  it('again by the next command, when they could not be told', async () => {
    const fails: AnnounceRun = async () => {
      throw new CodedError({ code: 'nobody_listens', kind: 'environment', message: 'Nobody listens.' });
    };
    const records = [runRecord('one', [stage('draft')])];
    const { run, warnings } = await recordRun({ infospace, records, announce: fails });
    expect(run?.runIndex).toBe(1);
    expect(warnings).toEqual(expect.arrayContaining([expect.stringContaining('Nobody listens.')]));
    await readInfospace(infospace, { announce });
    expect(told).toEqual([[run?.runId, true]]);
  });

  it('by nobody where there is nothing to recover', async () => {
    await recordOne('one');
    await recoverRuns({ infospace, announce });
    expect(told).toEqual([]);
  });
});
