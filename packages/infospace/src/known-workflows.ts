import { createHash } from 'node:crypto';
import { readEntriesAlone } from './documents/last-entries.js';
import { readRecordedRun } from './documents/read-recorded-run.js';
import type { WorkflowRun } from './documents/run-record.js';
import { scanUsage } from './documents/scan-usage.js';
import { usageFileOf } from './documents/usage-file.js';
import type { UsageOverview } from './documents/usage-overview.js';
import type { RecordedWorkflow } from './documents/usage-run.js';
import {
  type Coverage,
  createWorkflowIndex,
  extendWorkflowIndex,
  type IndexedWorkflow,
  readWorkflowIndex,
  type WorkflowIndex,
} from './documents/workflow-index.js';
import type { InfospacePaths } from './infospace-paths.js';
import { type OpenFile, readingFile } from './storage/files.js';
import { unlessUnusable } from './unless-unusable.js';

/** What is already recorded of one workflow run. */
export interface KnownWorkflow {
  readonly stageCount: number;
  /** Of how many of these stages the usage is counted; `null` when some entry does not say. */
  readonly callCount: number | null;
  /** The newest run that recorded some of it. */
  readonly runIndex: number;
}

/** How a workflow run is known again: by its engine's id within its workflow, or by its content. */
export function identityOf(workflow: Pick<WorkflowRun, 'workflowRunId' | 'workflowId' | 'recordHash'>): string | null {
  if (workflow.workflowRunId !== null) return JSON.stringify([workflow.workflowRunId, workflow.workflowId]);
  return workflow.recordHash;
}

/** Which of the workflow runs at hand `usage.yaml` has recorded. */
export interface KnownWorkflows {
  readonly byIdentity: ReadonlyMap<string, KnownWorkflow>;
  /** What told it; `null` where no index can be kept. */
  readonly index: WorkflowIndex | null;
}

/**
 * Looks them up in the index. Where it does not fit `usage.yaml`, by its size and its end, it is made anew from all of
 * it. Under the lock.
 *
 * @throws CodedError as `readUsageFile`; on account of the index none.
 */
export async function findKnownWorkflows(
  paths: InfospacePaths,
  usage: UsageOverview,
  workflows: readonly WorkflowRun[],
): Promise<KnownWorkflows> {
  const identities = new Map<string, string>();
  for (const identity of workflows.map(identityOf)) if (identity !== null) identities.set(keyOf(identity), identity);
  const keys = new Set(identities.keys());
  const { found, index } = (await lookUp(paths, usage, keys)) ?? (await indexAnew(paths, usage));
  const byIdentity = new Map<string, KnownWorkflow>();
  for (const { key, ...workflow } of found) {
    const identity = identities.get(key);
    if (identity !== undefined) byIdentity.set(identity, together(byIdentity.get(identity), workflow));
  }
  return { byIdentity, index };
}

/** Adds a run that was just appended to `usage.yaml`; what fails here is caught up by the next run. Under the lock. */
export async function rememberRun(paths: InfospacePaths, index: WorkflowIndex, run: RunOfWorkflows): Promise<void> {
  await unlessUnusable(async () => {
    const covered = await readingFile(paths.usage, (file) => coverageOf(file, file.size));
    if (covered !== null) await extendWorkflowIndex(paths.workflowIndex, index, indexed([run]), covered);
  });
}

interface Looked {
  readonly found: readonly IndexedWorkflow[];
  readonly index: WorkflowIndex | null;
}

/** `null` where the index does not fit. */
async function lookUp(paths: InfospacePaths, usage: UsageOverview, keys: ReadonlySet<string>): Promise<Looked | null> {
  const read = await unlessUnusable(() => readWorkflowIndex(paths.workflowIndex, keys));
  if (read === null) return null;
  const { index, found } = read;
  const uncovered = await readingFile(paths.usage, (file) => entriesAfter(file, index.covered, usage.wholeBytes));
  if (uncovered === null) return null;
  const { runs, covered } = uncovered;
  if (runs.length === 0) return read;
  // A process died between its entry and the index, or somebody else appended.
  const others = indexed(runs);
  const extended = await unlessUnusable(() => extendWorkflowIndex(paths.workflowIndex, index, others, covered));
  return { found: [...found, ...others], index: extended };
}

async function indexAnew(paths: InfospacePaths, usage: UsageOverview): Promise<Looked> {
  const all = await readingFile(paths.usage, (file) => ({
    workflows: indexed(runsIn(paths.usage, file.read(0, usage.wholeBytes))),
    covered: coverageOf(file, usage.wholeBytes),
  }));
  const { workflows, covered } = all ?? { workflows: [], covered: { bytes: 0, hash: '' } };
  const index = await unlessUnusable(() => createWorkflowIndex(paths.workflowIndex, workflows, covered));
  return { found: workflows, index };
}

interface RunOfWorkflows {
  readonly runIndex: number;
  readonly workflows: readonly RecordedWorkflow[];
}

function runsIn(path: string, bytes: Buffer): readonly RunOfWorkflows[] {
  return scanUsage(bytes, { withWorkflows: true })?.workflows ?? usageFileOf(path, bytes).runs;
}

/** `null` unless the covered part is still there as it was, and whole entries follow it. */
function entriesAfter(
  file: OpenFile,
  { bytes, hash }: Coverage,
  wholeBytes: number,
): { runs: RunOfWorkflows[]; covered: Coverage } | null {
  if (bytes === 0 || bytes > wholeBytes || coverageOf(file, bytes).hash !== hash) return null;
  if (bytes === wholeBytes) return { runs: [], covered: { bytes, hash } };
  const entries = readEntriesAlone(file.read(bytes, wholeBytes));
  return entries && { runs: entries.map(readRecordedRun), covered: coverageOf(file, wholeBytes) };
}

const HASHED_BYTES = 4096;

function coverageOf(file: OpenFile, bytes: number): Coverage {
  return { bytes, hash: shortHash(file.read(Math.max(0, bytes - HASHED_BYTES), bytes)) };
}

function indexed(runs: readonly RunOfWorkflows[]): IndexedWorkflow[] {
  return runs.flatMap(({ runIndex, workflows }) =>
    workflows.flatMap((workflow) => {
      const identity = identityOf(workflow);
      const { stageCount, callCount } = workflow;
      return identity === null ? [] : [{ key: keyOf(identity), runIndex, stageCount, callCount }];
    }),
  );
}

function together(before: KnownWorkflow | undefined, now: KnownWorkflow): KnownWorkflow {
  if (before === undefined) return now;
  const isKnown = before.callCount !== null && now.callCount !== null;
  return {
    runIndex: now.runIndex,
    stageCount: before.stageCount + now.stageCount,
    callCount: isKnown ? (before.callCount ?? 0) + (now.callCount ?? 0) : null,
  };
}

const keyOf = (identity: string): string => shortHash(Buffer.from(identity, 'utf8'));

/** 16 bytes, as latin1 text. */
function shortHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest().toString('latin1', 0, 16);
}
