import { type RunEnd, type RunState, readRunState, writeRunState } from './documents/run-state.js';
import { unmarkOpen } from './open-run-marks.js';

/**
 * Writes down how a run ended, before it is recorded: whoever has to finish that knows it then.
 *
 * @returns its state; `null` where the run has no directory.
 * @throws CodedError as `readRunState`, `replaceFile`.
 */
export async function noteEnd(directory: string, end: RunEnd): Promise<RunState | null> {
  const state = await readRunState(directory);
  if (state === null || state.state === 'recorded') return state;
  const ended = { ...state, end };
  await writeRunState(directory, ended);
  return ended;
}

/**
 * Nothing more is to be done about this run: it has its entry in `usage.yaml`, or it is outside any infospace (`null`).
 *
 * @throws CodedError as `noteEnd`.
 */
export async function markRecorded(directory: string, runIndex: number | null): Promise<void> {
  const state = await readRunState(directory);
  if (state === null) return;
  await writeRunState(directory, { ...state, state: 'recorded', runIndex });
  await unmarkOpen(directory);
}
