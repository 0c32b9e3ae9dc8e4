import { addSums, type CallSums, type MutableCallSums, noCalls } from './call-sums.js';

/** What is known of one adapter for one task: sums over its observations, mergeable. */
export interface TaskSummary extends CallSums {
  readonly task: string;
  readonly adapter: string;
}

export function taskSummary(task: string, adapter: string, sums: CallSums = noCalls()): TaskSummary {
  return { ...sums, task, adapter };
}

/** One for each task and adapter, by their names. */
export function mergedSummaries(summaries: readonly TaskSummary[]): readonly TaskSummary[] {
  if (summaries.length < 2) return summaries;
  const merged = new Map<string, { readonly of: TaskSummary; readonly sums: MutableCallSums }>();
  for (const summary of summaries) {
    const key = `${summary.task}\0${summary.adapter}`;
    const found = merged.get(key) ?? { of: summary, sums: noCalls() };
    addSums(found.sums, summary);
    merged.set(key, found);
  }
  const keys = [...merged.keys()].sort();
  return keys.flatMap((key) => {
    const { of, sums } = merged.get(key) as { of: TaskSummary; sums: MutableCallSums };
    return [taskSummary(of.task, of.adapter, sums)];
  });
}
