import { type CodedError, formatUsd } from '@budget/core';
import type { AggregatedCalls } from './aggregate-metered-calls.js';
import { costLine } from './documents/call-lines.js';
import { callWithoutEnd } from './documents/metered-call.js';
import { type RunEnd, type RunState, readRunState } from './documents/run-state.js';
import { noteEnd } from './mark-run-recorded.js';
import { callsWithoutEnd } from './read-run-directory.js';
import { costsFile } from './run-directory.js';
import { removeLeftovers } from './storage/files.js';
import { openLineFile } from './storage/line-file.js';
import type { UnfinishedRun } from './unfinished-runs.js';

export interface ClosedRun {
  /** As its process left it. */
  readonly before: RunState;
  readonly end: RunEnd;
}

/** Until then an engine that outlived the meter may have written what it did while there was one. */
const RECORDS_AFTER_DEATH_MS = 60_000;
const KILLED = 'the command that ran it was killed';

/**
 * Does in the directory of a run what its process could no longer do: writes down how it ended, and ends the calls whose
 * end nobody saw. Under a lock: two at once would end the same calls twice.
 *
 * @returns `null` where it is recorded, or gone: it was found before the lock was held, and somebody else was faster.
 * @throws CodedError as `readRunState`, `replaceFile`.
 */
export async function closeDeadRun({ directory, lastChangeMs }: UnfinishedRun): Promise<ClosedRun | null> {
  const before = await readRunState(directory);
  if (before?.state !== 'open') return null;
  const recordsUntilMs = lastChangeMs + RECORDS_AFTER_DEATH_MS;
  const end = before.end ?? { status: 'cancelled', reason: KILLED, durationSeconds: null, recordsUntilMs };
  // First of all: what is written from here on would count as a sign of life.
  await noteEnd(directory, end);
  await removeLeftovers(directory);
  await finishOpenCalls(directory, before.runId);
  return { before, end };
}

/** So that `costs.jsonl` alone tells what the run cost. A line that was torn off is cut off first. */
async function finishOpenCalls(directory: string, runId: string): Promise<void> {
  const open = callsWithoutEnd(directory);
  const costs = openLineFile(costsFile(directory));
  try {
    for (const call of open) await costs.append(costLine(callWithoutEnd(call), runId));
  } finally {
    await costs.close();
  }
}

/** `Run … (python) was killed before it was recorded` */
export function howItWasLeft({ runId, command, end }: RunState): string {
  const what = `Run ${runId}${command === null ? '' : ` (${command})`}`;
  return `${what} ${end === null ? 'was killed before it was recorded' : 'was over, and was not recorded yet'}`;
}

/** Of one whose process cannot be asked. */
export function howItFellSilent({ directory, state, lastChangeMs }: UnfinishedRun): string {
  const since = new Date(lastChangeMs).toISOString();
  return `Run ${state.runId} was begun by another machine, container or boot and is not recorded; ${directory} has been silent since ${since}. If it is over, \`budget doctor\` records it.`;
}

/** `3 calls, $0.011200.`, and how sure that is. */
export function whatItUsed({ rollup, callsWithoutEnd }: Pick<AggregatedCalls, 'rollup' | 'callsWithoutEnd'>): string {
  const { totalCalls, costNanoUsdKnown, costNanoUsdEstimated, unpricedCalls } = rollup;
  const cost = `${unpricedCalls > 0 ? '≥' : ''}$${formatUsd(costNanoUsdKnown + (costNanoUsdEstimated ?? 0n))}`;
  const open =
    callsWithoutEnd === 0
      ? ''
      : ` Of ${callsWithoutEnd} of them nobody saw the end: they count as what they were estimated to cost.`;
  return `${totalCalls} ${totalCalls === 1 ? 'call' : 'calls'}, ${cost}.${open}`;
}

/** Of one that could not be recorded, because of its own files or of others. */
export function whyItIsLeft({ state }: UnfinishedRun, { message }: CodedError): string {
  return `Run ${state.runId} is over and could not be recorded; the next command tries again. ${message}`;
}
