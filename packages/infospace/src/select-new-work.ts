import { tellsUsage, type WorkflowRun } from './documents/run-record.js';
import { identityOf, type KnownWorkflow } from './known-workflows.js';

export interface NewWork {
  /** Of a workflow that was resumed, only its new stages. */
  readonly workflows: readonly WorkflowRun[];
  /** The newest run that one of them goes on with, or `null`. */
  readonly resumes: number | null;
  /** How many of the given records held nothing new. */
  readonly alreadyRecorded: number;
  /** Records that differ from what was recorded of them, told to a person: the record is an append-only history. */
  readonly remarks: ReadonlyMap<WorkflowRun, string>;
}

/** Pure: leaves out what earlier runs have recorded, so that recording the same records again changes nothing. */
export function selectNewWork(given: readonly WorkflowRun[], known: ReadonlyMap<string, KnownWorkflow>): NewWork {
  const seen = new Map<string, number>();
  const workflows: WorkflowRun[] = [];
  const remarks = new Map<WorkflowRun, string>();
  let resumes: number | null = null;
  for (const workflow of given) {
    const id = identityOf(workflow) ?? '';
    const earlier = known.get(id);
    const counted = seen.get(id) ?? earlier?.stageCount;
    const missed =
      earlier === undefined
        ? 0
        : usagesAmong(workflow, earlier.stageCount) - (earlier.callCount ?? Number.POSITIVE_INFINITY);
    if (missed > 0) {
      const name = workflow.workflowRunId ?? workflow.recordHash;
      remarks.set(
        workflow,
        `Workflow run ${name}: stages that were recorded without a call, or without its usage, have one now (${missed} in all); they are not counted again. Record a workflow when its stages are over.`,
      );
    }
    if (counted !== undefined && counted >= workflow.stages.length) continue;
    seen.set(id, workflow.stages.length);
    workflows.push({ ...workflow, stages: workflow.stages.slice(counted ?? 0) });
    if (earlier !== undefined) resumes = Math.max(resumes ?? 0, earlier.runIndex);
  }
  return { workflows, resumes, alreadyRecorded: given.length - workflows.length, remarks };
}

function usagesAmong(workflow: WorkflowRun, stageCount: number): number {
  return workflow.stages.slice(0, stageCount).filter(tellsUsage).length;
}
