import { isoTime, systemClock } from '@budget/core';
import {
  markRunRecorded,
  openRunDirectory,
  type RecordMeteredRunResult,
  type RunDirectory,
  readRunDirectory,
  recordMeteredRun,
} from '@budget/infospace';
import type { ObserveResult } from '@budget/ledger';
import type { MeterObserver } from '@budget/ledger/meter';
import type { RunReporter } from '../compose.js';
import { factsOfCalls } from '../hub/run-facts.js';
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
}

export interface RunRecording {
  readonly observer: MeterObserver;
  /** Makes the run's entry, where it belongs to an infospace; the ledger is told of its calls before. */
  end(end: RunEnd): Promise<RecordedRun>;
  /** Its program could not be started: a typing error is no run. */
  discard(): Promise<void>;
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
  tally: Tally,
  onRefused: () => void,
): Promise<RunRecording> {
  const root = place.infospace?.root ?? null;
  const lines: RunDirectory = await openRunDirectory({ ...run, directory: place.directory, infospace: root });
  return {
    observer: {
      begun: (call) => lines.begin(begunCall(call)),
      async finished(call) {
        addCall(tally, call);
        const ended = endedCall(call);
        await lines.finish(ended);
        live.add(ended);
      },
      refused(call) {
        addRefusal(tally, call);
        onRefused();
      },
    },
    discard: () => lines.discard(),
    async end(end) {
      await lines.close();
      const calls = async () => (await readRunDirectory(place.directory))?.calls ?? [];
      const observed = await live.end(calls);
      if (root === null) {
        await queueOutside(run.reporter, place, end);
        await markRunRecorded(place.directory, end);
        return { recorded: null, observed };
      }
      const recorded = await recordMeteredRun({
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
      return { recorded, observed };
    },
  };
}

async function queueOutside({ queueOutside: queue }: RunReporter, place: RunPlace, end: RunEnd): Promise<void> {
  const reading = await readRunDirectory(place.directory);
  const endedAt = isoTime(systemClock);
  if (reading !== null) await queue((owner) => factsOfCalls(reading, { ...end, endedAt }, owner), place.application);
}
