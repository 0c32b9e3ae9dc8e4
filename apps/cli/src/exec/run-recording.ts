import { isoTime, systemClock } from '@budget/core';
import {
  markRunRecorded,
  openRunDirectory,
  type RecordMeteredRunResult,
  type RunDirectory,
  readRunDirectory,
  recordMeteredRun,
} from '@budget/infospace';
import type { MeterObserver } from '@budget/ledger/meter';
import type { RunReporter } from '../compose.js';
import { factsOfCalls } from '../hub/run-facts.js';
import { begunCall, endedCall } from './call-lines.js';
import type { RunPlace } from './run-place.js';
import { addCall, addRefusal, type Tally } from './run-tally.js';

export interface RunEnd {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly durationSeconds: number;
}

export interface RunRecording {
  readonly observer: MeterObserver;
  /** Makes the run's entry, where it belongs to an infospace. */
  end(end: RunEnd): Promise<RecordMeteredRunResult | null>;
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
  tally: Tally,
  onRefused: () => void,
): Promise<RunRecording> {
  const root = place.infospace?.root ?? null;
  const lines: RunDirectory = await openRunDirectory({ ...run, directory: place.directory, infospace: root });
  return {
    observer: {
      begun: (call) => lines.begin(begunCall(call)),
      finished(call) {
        addCall(tally, call);
        return lines.finish(endedCall(call));
      },
      refused(call) {
        addRefusal(tally, call);
        onRefused();
      },
    },
    discard: () => lines.discard(),
    async end(end) {
      await lines.close();
      if (root === null) {
        await queueOutside(run.reporter, place, end);
        await markRunRecorded(place.directory, end);
        return null;
      }
      return await recordMeteredRun({
        infospace: root,
        runId: run.runId,
        directory: place.directory,
        ...end,
        startedAt: run.startedAt,
        snapshot: run.snapshotId ?? 'none',
        calls: (await readRunDirectory(place.directory))?.calls ?? [],
        covered: { sinceMs: lines.state.beganOnDiskMs },
        announce: run.reporter.announce,
      });
    },
  };
}

async function queueOutside({ queueOutside: queue }: RunReporter, place: RunPlace, end: RunEnd): Promise<void> {
  const reading = await readRunDirectory(place.directory);
  const endedAt = isoTime(systemClock);
  if (reading !== null) await queue((owner) => factsOfCalls(reading, { ...end, endedAt }, owner), place.application);
}
