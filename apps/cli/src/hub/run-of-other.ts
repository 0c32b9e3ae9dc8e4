import { basename, join } from 'node:path';
import { CodedError, infospacePaths, readRunDirectory } from '@budget/infospace';
import { noWorkplan, type Workplan } from './workplan.js';

/** What a run that another process began says of its event. */
export interface RunOfOther {
  readonly workplan: Workplan;
  /** Its user opted out. */
  readonly hubDisabled: boolean;
}

/** As the run's own directory says. A run that was made of run records has none: then nobody knows it. */
export async function runOfOther(root: string | null, runId: string): Promise<RunOfOther> {
  const unknown: RunOfOther = { workplan: noWorkplan, hubDisabled: false };
  // Ids come from a file that anybody may have written.
  if (root === null || runId !== basename(runId)) return unknown;
  try {
    const reading = await readRunDirectory(join(infospacePaths(root).meteredRuns, runId));
    if (reading === null) return unknown;
    const { workplanId, workplanTaskId, hubDisabled } = reading.state;
    return { workplan: { id: workplanId, taskId: workplanTaskId }, hubDisabled };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    // What the run cost is told all the same.
    return unknown;
  }
}
