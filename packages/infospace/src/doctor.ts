import { dirname, join } from 'node:path';
import { type Clock, CodedError, formatUsd, type NanoUsd, systemClock } from '@budget/core';
import type { AnnounceRun } from './announce-run.js';
import { runRecordsIn } from './collect-run-records.js';
import { completePendingRun, isPending } from './complete-pending-run.js';
import { compactTime } from './documents/compact-time.js';
import { readPlansFile } from './documents/plans-file.js';
import { adviceForOurs } from './documents/problems.js';
import { readSummaryFile } from './documents/summary-file.js';
import { readUsageFile, type UsageFile } from './documents/usage-file.js';
import type { RecordedRun, UsageBucket, UsageTotals } from './documents/usage-run.js';
import { correctTotals } from './documents/write-usage.js';
import { existingInfospace, type InfospacePaths, workspaceOf } from './infospace-paths.js';
import { readWorkspaceRates } from './read-prices.js';
import { readRecord } from './read-run-records.js';
import { readSettings } from './read-settings.js';
import { recoverRuns } from './recover-runs.js';
import { isDirectory, kindOfPath, removeFile, removeLeftovers, setAside } from './storage/files.js';
import { withLock } from './storage/lock.js';
import { sameTotals, totalsOf } from './usage-totals.js';

export interface Finding {
  readonly file: string;
  /** `fine` · `mended`: doctor put it in order · `broken`: a person has to. */
  readonly state: 'fine' | 'mended' | 'broken';
  readonly message: string;
}

export interface ExamineInfospaceOptions {
  readonly clock?: Clock | undefined;
  /** Told of each run that is recorded or completed. */
  readonly announce?: AnnounceRun | undefined;
}

interface Check {
  readonly file: string;
  /** Throws what is wrong with the file, and gives what is worth a remark. */
  readonly read: () => Promise<readonly string[]>;
  /** Whether it is written by this tool and can be set aside; a person's own file is left to its owner. */
  readonly ours: boolean;
}

/**
 * Looks at every file of an infospace. A file of ours that cannot be read is set aside as `<name>.corrupt-<time>`,
 * a torn entry as `usage.yaml.torn.<time>`, and a run that was left half-done is completed. Files that people write
 * are only reported. One that the disk does not give is `broken`, and the others are looked at all the same.
 *
 * A directory without `output/budget/` holds nothing of ours to mend: it is left without one.
 *
 * @throws CodedError `infospace_not_found` (kind `input`); kind `environment`: the lock, or the infospace's directory.
 */
export async function examineInfospace(
  infospace: string,
  { clock = systemClock, announce }: ExamineInfospaceOptions = {},
): Promise<Finding[]> {
  const paths = existingInfospace(infospace);
  if (!isDirectory(paths.budgetDirectory)) return await examineAll(paths, clock);
  const ofTheLock: Finding[] = [];
  const onWarning = (message: string): void => void ofTheLock.push({ file: paths.lock, state: 'mended', message });
  const findings = await withLock(paths.lock, async () => await examineAndMend(paths, clock, announce), { onWarning });
  // Last, and under a lock of its own: it needs a `usage.yaml` that can be read.
  return [...ofTheLock, ...findings, ...(await recordUnfinishedRuns(paths, clock, announce))];
}

/** Who calls the doctor knows what is still running on other machines. */
async function recordUnfinishedRuns(paths: InfospacePaths, clock: Clock, announce?: AnnounceRun): Promise<Finding[]> {
  return await orBroken(paths.meteredRuns, async () => {
    const { recovered, unrecovered } = await recoverRuns({
      infospace: paths.root,
      recordSilent: true,
      clock,
      announce,
    });
    return [
      ...recovered.map(({ directory, message }): Finding => ({ file: directory, state: 'mended', message })),
      ...unrecovered.map(({ directory, message }): Finding => ({ file: directory, state: 'broken', message })),
    ];
  });
}

async function examineAndMend(paths: InfospacePaths, clock: Clock, announce?: AnnounceRun): Promise<Finding[]> {
  const findings: Finding[] = [];
  // Every directory in which a file is written by replacing it.
  for (const directory of [paths.budgetDirectory, dirname(paths.report), paths.root]) {
    findings.push(...(await removeLeftoversIn(directory)));
  }
  findings.push(...(await examineAll(paths, clock)));
  // They are made anew by the next run: whatever was amiss, it was not for an index that does not fit.
  for (const index of [paths.workflowIndex, paths.recordIndex]) {
    findings.push(...(await removeIndex(index)));
  }
  const needed = [paths.usage, paths.summary];
  if (findings.some(({ state, file }) => state === 'broken' && needed.includes(file))) return findings;
  return [...findings, ...(await complete(paths, clock, announce)), ...(await proveTotals(paths))];
}

async function removeIndex(file: string): Promise<Finding[]> {
  return await orBroken(file, async () => {
    await removeFile(file);
    return [];
  });
}

async function removeLeftoversIn(directory: string): Promise<Finding[]> {
  return await orBroken(directory, async () =>
    (await removeLeftovers(directory)).map((file) => ({
      file,
      state: 'mended',
      message: 'left over from a killed process; removed',
    })),
  );
}

async function complete(paths: InfospacePaths, clock: Clock, announce?: AnnounceRun): Promise<Finding[]> {
  return await orBroken(paths.usage, async () => {
    const warnings: string[] = [];
    const usage = await completePendingRun(paths, clock, warnings, announce);
    if (warnings.length === 0) return [];
    const state = isPending(usage.recentRuns.at(-1), await readSummaryFile(paths.summary)) ? 'broken' : 'mended';
    return warnings.map((message) => ({ file: paths.usage, state, message }));
  });
}

/** `totals_to_date` of the last entry is what others read alone: it must be the sum of all entries. */
async function proveTotals(paths: InfospacePaths): Promise<Finding[]> {
  return await orBroken(paths.usage, async () => {
    const { runs } = await readUsageFile(paths.usage);
    const written = runs.at(-1)?.totalsToDate ?? null;
    const summed = totalsOf(runs);
    if (written === null || sameTotals(written, summed) || !(await correctTotals(paths.usage, summed))) return [];
    const message = `totals_to_date of its last entry said ${inWords(written)}; the sum of all entries is ${inWords(summed)}. It was corrected.`;
    return [{ file: paths.usage, state: 'mended', message }];
  });
}

function inWords({ runs, calls, totalTokens, costNanoUsdKnown, costNanoUsdEstimated }: UsageTotals): string {
  const spent = formatUsd(costNanoUsdKnown + costNanoUsdEstimated);
  return `${runs} runs, ${calls} calls, ${totalTokens} tokens, $${spent}`;
}

/** What stands in the way of one step must not keep a person from seeing the rest. */
async function orBroken(file: string, step: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await step();
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return [{ file: error.file ?? file, state: 'broken', message: error.message }];
  }
}

async function examineAll(paths: InfospacePaths, clock: Clock): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks(paths)) findings.push(...(await orBroken(check.file, () => examine(check, clock))));
  return findings;
}

function checks(paths: InfospacePaths): Check[] {
  const workspace = workspaceOf(paths.root);
  return [
    { file: paths.settings, read: async () => (await readSettings(paths.settings)).warnings, ours: false },
    { file: join(workspace, 'model-rates.yaml'), read: reading(() => readWorkspaceRates(workspace)), ours: false },
    { file: paths.plans, read: reading(() => readPlansFile(paths.plans)), ours: true },
    { file: paths.usage, read: async () => remarksOn(await readUsageFile(paths.usage)), ours: true },
    { file: paths.summary, read: reading(() => readSummaryFile(paths.summary)), ours: true },
    ...recordChecks(paths.runRecords),
  ];
}

function remarksOn({ runs }: UsageFile): string[] {
  const indices = runs.map(({ runIndex }) => runIndex);
  const isInOrder = indices.every((index, number) => number === 0 || index > (indices[number - 1] ?? 0));
  const edited = runs.filter((run) => !isSumOfBuckets(run)).map(({ runIndex }) => runIndex);
  return [
    ...(isInOrder ? [] : ['run_index does not count up: were branches merged? All entries are counted']),
    ...(edited.length === 0
      ? []
      : [`${runsInWords(edited)} has a rollup that is not the sum of its buckets: was it edited? The rollup counts`]),
  ];
}

/** Where a figure is no number it counts as 0 like one that is missing, so an edit may lose what was paid. */
function isSumOfBuckets({ runId, rollup, perBucket }: RecordedRun): boolean {
  const count = (part: (bucket: UsageBucket) => number): number =>
    perBucket.reduce((sum, bucket) => sum + part(bucket), 0);
  const cost = (part: (bucket: UsageBucket) => NanoUsd | null): NanoUsd =>
    perBucket.reduce((sum, bucket) => sum + (part(bucket) ?? 0n), 0n);
  return (
    rollup.totalCalls === count(({ calls }) => calls) &&
    rollup.totalPromptTokens === count(({ promptTokens }) => promptTokens) &&
    rollup.totalCompletionTokens === count(({ completionTokens }) => completionTokens) &&
    // Others may count tokens that are neither, and round the cost of each bucket to 6 decimals.
    (runId === null ||
      (rollup.totalTokens === rollup.totalPromptTokens + rollup.totalCompletionTokens &&
        rollup.costNanoUsdKnown === cost(({ costNanoUsdKnown }) => costNanoUsdKnown) &&
        (rollup.costNanoUsdEstimated ?? 0n) === cost(({ costNanoUsdEstimated }) => costNanoUsdEstimated)))
  );
}

const MAX_NAMED = 5;

/** `run 3`, `each of the runs 3, 4` */
function runsInWords(indices: readonly number[]): string {
  if (indices.length === 1) return `run ${indices[0]}`;
  const more = indices.length > MAX_NAMED ? ', …' : '';
  return `each of the runs ${indices.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function recordChecks(directory: string): Check[] {
  try {
    const files = runRecordsIn(directory);
    return files.map((file) => ({ file, read: reading(() => readRecord(file)), ours: false }));
  } catch (error) {
    return [{ file: directory, read: () => Promise.reject(error), ours: false }];
  }
}

const reading = (read: () => Promise<unknown>) => async (): Promise<string[]> => {
  await read();
  return [];
};

const RUNS_ARE_OUT =
  'Its runs are no longer counted; `budget run record` records those again whose run records are still there.';

async function examine({ file, read, ours }: Check, clock: Clock): Promise<Finding[]> {
  try {
    const remarks = await read();
    const readable = kindOfPath(file) === 'file' ? 'readable' : 'not there';
    return [{ file, state: 'fine', message: [readable, ...remarks].join('; ') }];
  } catch (error) {
    // What a newer version wrote is not broken, and what is no file was not written by us.
    if (!CodedError.isInstance(error) || !ours || error.code !== 'file_corrupt') throw error;
    const aside = await setAside(file, `corrupt-${compactTime(clock.nowMs())}`);
    const message = `${error.message.replace(adviceForOurs, '')}It was set aside as ${aside}.`;
    return [{ file, state: 'mended', message: file.endsWith('usage.yaml') ? `${message} ${RUNS_ARE_OUT}` : message }];
  }
}
