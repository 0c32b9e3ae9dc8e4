import { join } from 'node:path';
import { type Clock, CodedError, systemClock } from '@budget/core';
import { aggregateMeteredCalls } from './aggregate-metered-calls.js';
import { closeDeadRun, howItWasLeft, whatItUsed, whyItIsLeft } from './close-dead-run.js';
import type { RunEnd } from './documents/run-state.js';
import type { RunStatus } from './documents/usage-run.js';
import { markRecorded, noteEnd } from './mark-run-recorded.js';
import { callsOf, type RunReading } from './read-run-directory.js';
import { costsFile } from './run-directory.js';
import { withLock } from './storage/lock.js';
import { type UnfinishedRun, unfinishedRuns } from './unfinished-runs.js';

/** A run outside any infospace that is over. */
export interface RunOutside extends RunReading {
  readonly end: RunEnd;
  /** In milliseconds since 1970; of one that was killed when it wrote something last. */
  readonly endedAtMs: number;
}

/**
 * Tells others of a run, as `AnnounceRun`: once it is written down how it ended, and before it is no longer found. After a
 * crash the same run is told again.
 */
export type AnnounceRunOutside = (run: RunOutside) => Promise<void>;

export interface RecordRunOutsideOptions {
  /** Of the run. */
  readonly directory: string;
  readonly status: RunStatus;
  readonly reason?: string | null | undefined;
  readonly durationSeconds?: number | null | undefined;
  readonly announce?: AnnounceRunOutside | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * For a run outside any infospace, when it is over: it has no entry but its own directory, and is no longer found
 * unfinished.
 *
 * @throws CodedError `file_corrupt`, … (kind `input`), or kind `environment`.
 */
export async function recordRunOutside(options: RecordRunOutsideOptions): Promise<void> {
  const { directory, status, reason = null, durationSeconds = null, announce, clock = systemClock } = options;
  const endedAtMs = clock.nowMs();
  const end = { status, reason, durationSeconds, recordsUntilMs: endedAtMs };
  const state = await noteEnd(directory, end);
  if (state === null || state.state === 'recorded') return;
  await announce?.({ state, end, endedAtMs, calls: callsOf(directory) });
  await markRecorded(directory, null);
}

export interface RecoverRunsOutsideOptions {
  /** The one that holds the directories of the runs. */
  readonly directory: string;
  readonly announce?: AnnounceRunOutside | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Ends the metered runs outside any infospace whose processes died before they could. Where there is none, which is nearly
 * always, it takes no lock and creates nothing. It may be done by several processes at once.
 *
 * @returns what a person should know, in sentences: of those that were ended just now, and of those that could not be.
 * @throws CodedError `not_a_directory` (kind `input`), or kind `environment`: the disk or the lock.
 */
export async function recoverRunsOutside(options: RecoverRunsOutsideOptions): Promise<readonly string[]> {
  const { directory, announce, clock = systemClock } = options;
  const { dead, unreadable } = await unfinishedRuns(directory, { clock });
  const messages = unreadable.map(({ message }) => message);
  if (dead.length === 0) return messages;
  await withLock(join(directory, '.lock'), async () => {
    for (const run of dead) {
      // One that cannot be ended must not keep the others from it.
      const message = await recoverUnlessImpossible(run, announce);
      if (message !== null) messages.push(message);
    }
  });
  return messages;
}

async function recoverUnlessImpossible(run: UnfinishedRun, announce?: AnnounceRunOutside): Promise<string | null> {
  try {
    return await recover(run, announce);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return whyItIsLeft(run, error);
  }
}

async function recover(run: UnfinishedRun, announce?: AnnounceRunOutside): Promise<string | null> {
  const { directory, lastChangeMs } = run;
  const closed = await closeDeadRun(run);
  if (closed === null) return null;
  const { before, end } = closed;
  const endedAtMs = before.end?.recordsUntilMs ?? lastChangeMs;
  const calls = callsOf(directory);
  await announce?.({ state: { ...before, end }, end, endedAtMs, calls });
  await markRecorded(directory, null);
  const used = whatItUsed(await aggregateMeteredCalls(calls));
  return `${howItWasLeft(before)}: ${used} Its calls are in ${costsFile(directory)}.`;
}
