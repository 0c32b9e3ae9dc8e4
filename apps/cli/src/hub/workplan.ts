import { basename, join } from 'node:path';
import { CodedError, infospacePaths, readRunDirectory } from '@budget/infospace';

/** What a run was made for, in the organisation's own planning; `null` where nobody said so. */
export interface Workplan {
  readonly id: string | null;
  readonly taskId: string | null;
}

export const noWorkplan: Workplan = { id: null, taskId: null };

/** As the flags say, else as the environment does. */
export function workplanOf(
  flags: { readonly workplan?: string | undefined; readonly workplanTask?: string | undefined },
  environment: NodeJS.ProcessEnv,
): Workplan {
  return {
    id: flags.workplan || environment['BUDGET_WORKPLAN_ID'] || null,
    taskId: flags.workplanTask || environment['BUDGET_WORKPLAN_TASK_ID'] || null,
  };
}

/**
 * Of a run that another process began, as the run's own directory says. A run that was made of run records has none: then
 * nobody knows it.
 */
export async function workplanOfOther(root: string | null, runId: string): Promise<Workplan> {
  // Ids come from a file that anybody may have written.
  if (root === null || runId !== basename(runId)) return noWorkplan;
  try {
    const reading = await readRunDirectory(join(infospacePaths(root).meteredRuns, runId));
    return reading === null ? noWorkplan : { id: reading.state.workplanId, taskId: reading.state.workplanTaskId };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    // What the run cost is told all the same.
    return noWorkplan;
  }
}
