import { CodedError } from '@budget/core';
import {
  type MeteredCall,
  openRunDirectory,
  type RecordMeteredRunResult,
  type RunDirectory,
  readRunDirectory,
  recordMeteredRun,
  recordRunOutside,
} from '@budget/infospace';
import type { ObserveResult } from '@budget/ledger';
import type { MeterObserver } from '@budget/ledger/meter';
import type { RunReporter } from '../compose.js';
import type { LiveCalls } from '../observing/live-calls.js';
import { begunCall, endedCall } from './call-lines.js';
import type { RunPlace } from './run-place.js';
import { addCall, addRefusal, type Tally } from './run-tally.js';

export interface RunEnd {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly durationSeconds: number;
}

export interface RecordedRun {
  /** `null` outside an infospace. */
  readonly recorded: RecordMeteredRunResult | null;
  readonly observed: ObserveResult;
  /** Why there is no entry, or not all calls are written down; `null` where all is well. */
  readonly failure: CodedError | null;
}

export interface RunRecording {
  readonly observer: MeterObserver;
  /**
   * Makes the run's entry, where it belongs to an infospace; the ledger is told of its calls before. What cannot be
   * written, as the disk is full, is a `failure`, and the next command makes the entry of what was written.
   */
  end(end: RunEnd): Promise<RecordedRun>;
  /** Its program could not be started: a typing error is no run. */
  discard(): Promise<void>;
}

export interface RecordingEdges {
  /** Kept up to date. */
  readonly tally: Tally;
  readonly onRefused: () => void;
  readonly log: (line: string) => void;
}

/** Writes the calls of a run down as they happen, and makes its entry when it is over. */
export async function startRecording(
  place: RunPlace,
  run: {
    readonly runId: string;
    readonly command: readonly string[];
    readonly snapshotId: string | null;
    readonly startedAt: string;
    readonly reporter: RunReporter;
  },
  live: LiveCalls,
  { tally, onRefused, log }: RecordingEdges,
): Promise<RunRecording> {
  const root = place.infospace?.root ?? null;
  const { workplan } = run.reporter;
  const lines: RunDirectory = await openRunDirectory({
    ...run,
    directory: place.directory,
    infospace: root,
    application: place.application,
    workplanId: workplan.id,
    workplanTaskId: workplan.taskId,
    hubDisabled: await run.reporter.isOptedOut(),
  });
  const written = tellsOnce(log);
  const calls = async (): Promise<Iterable<MeteredCall>> => (await readRunDirectory(place.directory))?.calls ?? [];
  const makeEntry = async (end: RunEnd): Promise<RecordMeteredRunResult | null> => {
    if (root === null) {
      await recordRunOutside({ directory: place.directory, ...end, announce: run.reporter.announceOutside });
      return null;
    }
    return await recordMeteredRun({
      infospace: root,
      runId: run.runId,
      directory: place.directory,
      ...end,
      startedAt: run.startedAt,
      snapshot: run.snapshotId ?? 'none',
      calls: await calls(),
      covered: { sinceMs: lines.state.beganOnDiskMs },
      announce: run.reporter.announce,
    });
  };
  return {
    observer: {
      begun: (call) => written(lines.begin(begunCall(call))),
      async finished(call) {
        addCall(tally, call);
        const ended = endedCall(call);
        await written(lines.finish(ended));
        live.add(ended);
      },
      refused(call) {
        addRefusal(tally, call);
        onRefused();
      },
    },
    discard: () => lines.discard(),
    async end(end) {
      let failure = await failureOf(lines.close());
      const observed = await live.end(calls);
      let recorded: RecordMeteredRunResult | null = null;
      const enter = async () => {
        recorded = await makeEntry(end);
      };
      // An entry that lacks calls would pass for the whole.
      failure ??= await failureOf(enter());
      return { recorded, observed, failure };
    },
  };
}

/** A disk that stays full would say so with every call. */
function tellsOnce(log: (line: string) => void): (written: Promise<void>) => Promise<void> {
  const told = new Set<string>();
  return async (written) => {
    const failure = await failureOf(written);
    if (failure === null || told.has(failure.message)) return;
    told.add(failure.message);
    log(failure.message);
  };
}

/** What the surroundings are to blame for. Other errors are ours, and go on. */
async function failureOf(work: Promise<unknown>): Promise<CodedError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (CodedError.isInstance(error) && error.kind === 'environment') return error;
    throw error;
  }
}
