import {
  markRunRecorded,
  openRunDirectory,
  type RecordMeteredRunResult,
  type RunDirectory,
  readRunDirectory,
  recordMeteredRun,
} from '@budget/infospace';
import type { MeterObserver } from '@budget/ledger/meter';
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
  run: { runId: string; command: readonly string[]; snapshotId: string | null; startedAt: string },
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
        await markRunRecorded(place.directory, end);
        return null;
      }
      return await recordMeteredRun({
        ...{ infospace: root, runId: run.runId, directory: place.directory, ...end },
        ...{ startedAt: run.startedAt, snapshot: run.snapshotId ?? 'none' },
        calls: (await readRunDirectory(place.directory))?.calls ?? [],
        covered: { sinceMs: lines.state.beganOnDiskMs },
      });
    },
  };
}
