import type { WorkflowRun } from './documents/run-record.js';
import type { RecordedWorkflow } from './documents/usage-run.js';

/** What is already recorded of one workflow run. */
export interface KnownWorkflow {
  readonly stageCount: number;
  /** How many of these stages made a call; `null` when some entry does not say. */
  readonly callCount: number | null;
  /** The newest run that recorded some of it. */
  readonly runIndex: number;
}

/** How a workflow run is known again: by its engine's id within its workflow, or by its content. */
function identity(workflow: Pick<WorkflowRun, 'workflowRunId' | 'workflowId' | 'recordHash'>): string | null {
  if (workflow.workflowRunId !== null) return JSON.stringify([workflow.workflowRunId, workflow.workflowId]);
  return workflow.recordHash;
}

export function knownWorkflows(
  runs: readonly { readonly runIndex: number; readonly workflows: readonly RecordedWorkflow[] }[],
): Map<string, KnownWorkflow> {
  const known = new Map<string, KnownWorkflow>();
  for (const { runIndex, workflows } of runs) {
    for (const workflow of workflows) {
      const id = identity(workflow);
      if (id === null) continue;
      const before = known.get(id) ?? { stageCount: 0, callCount: 0 };
      const callCount =
        before.callCount === null || workflow.callCount === null ? null : before.callCount + workflow.callCount;
      known.set(id, { stageCount: before.stageCount + workflow.stageCount, callCount, runIndex });
    }
  }
  return known;
}

export interface NewWork {
  /** Of a workflow that was resumed, only its new stages. */
  readonly workflows: readonly WorkflowRun[];
  /** The newest run that one of them goes on with, or `null`. */
  readonly resumes: number | null;
  /** How many of the given records held nothing new. */
  readonly alreadyRecorded: number;
  /** Records that differ from what was recorded of them, told to a person: the record is an append-only history. */
  readonly warnings: readonly string[];
}

/** Pure: leaves out what earlier runs have recorded, so that recording the same records again changes nothing. */
export function selectNewWork(given: readonly WorkflowRun[], known: ReadonlyMap<string, KnownWorkflow>): NewWork {
  const seen = new Map<string, number>();
  const workflows: WorkflowRun[] = [];
  const warnings: string[] = [];
  let resumes: number | null = null;
  for (const workflow of given) {
    const id = identity(workflow) ?? '';
    const earlier = known.get(id);
    const counted = seen.get(id) ?? earlier?.stageCount;
    const missed =
      earlier === undefined
        ? 0
        : callsAmong(workflow, earlier.stageCount) - (earlier.callCount ?? Number.POSITIVE_INFINITY);
    if (missed > 0) {
      const name = workflow.workflowRunId ?? workflow.recordHash;
      warnings.push(
        `Workflow run ${name}: stages that were recorded without a call have one now (${missed} in all); they are not counted again.`,
      );
    }
    if (counted !== undefined && counted >= workflow.stages.length) continue;
    seen.set(id, workflow.stages.length);
    workflows.push({ ...workflow, stages: workflow.stages.slice(counted ?? 0) });
    if (earlier !== undefined) resumes = Math.max(resumes ?? 0, earlier.runIndex);
  }
  return { workflows, resumes, alreadyRecorded: given.length - workflows.length, warnings };
}

function callsAmong(workflow: WorkflowRun, stageCount: number): number {
  return workflow.stages.slice(0, stageCount).filter((stage) => typeof stage !== 'string').length;
}
