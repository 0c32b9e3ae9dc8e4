import { addSums, type CallSums, type MutableCallSums, noCalls } from './call-sums.js';

/** What is known of one adapter for one task: sums over its observations, mergeable. */
export interface TaskSummary extends CallSums {
  readonly task: string;
  readonly adapter: string;
}

type MutableTaskSummary = MutableCallSums & Pick<TaskSummary, 'task' | 'adapter'>;

/** @param sums becomes the summary: nobody else may have it. */
export function taskSummary(task: string, adapter: string, sums: MutableCallSums = noCalls()): MutableTaskSummary {
  return Object.assign(sums, { task, adapter });
}

/** One for each task and adapter, by their names: the first of these, to which the others are added. */
export function mergedSummaries(summaries: readonly MutableTaskSummary[]): readonly TaskSummary[] {
  const merged = new Map<string, MutableTaskSummary>();
  for (const summary of summaries) {
    const key = `${summary.task}\0${summary.adapter}`;
    const found = merged.get(key);
    if (found === undefined) merged.set(key, summary);
    else addSums(found, summary);
  }
  return [...merged.keys()].sort().map((key) => merged.get(key) as TaskSummary);
}
