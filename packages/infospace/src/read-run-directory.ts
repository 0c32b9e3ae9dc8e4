import { readBegunLine, readCostLine } from './documents/call-lines.js';
import { type BegunCall, callWithoutEnd, type MeteredCall } from './documents/metered-call.js';
import { type RunState, readRunState } from './documents/run-state.js';
import { costsFile, openCallsFile } from './run-directory.js';
import { wholeLines } from './storage/whole-lines.js';

export interface RunReading {
  readonly state: RunState;
  /**
   * Those that are over, in the order of their ends, then those of which only the beginning is known. Read from the disk
   * each time, in little memory.
   */
  readonly calls: Iterable<MeteredCall>;
}

/**
 * What is on disk of a run, also while it is under way. `null` where there is no such run.
 *
 * @throws CodedError `file_corrupt`, `schema_newer`, … (kind `input`), or kind `environment`.
 */
export async function readRunDirectory(directory: string): Promise<RunReading | null> {
  const state = await readRunState(directory);
  return state && { state, calls: callsOf(directory) };
}

/** `RunReading.calls`. */
export function callsOf(directory: string): RunReading['calls'] {
  return { [Symbol.iterator]: () => callsIn(directory) };
}

/** As `RunReading.calls`. */
export function* callsIn(directory: string): Generator<MeteredCall, void> {
  const begun = begunCalls(directory);
  try {
    for (const call of endedCalls(directory)) {
      if (call.cacheHit !== 'local') begun.end(call.callId);
      yield call;
    }
    for (const call of begun.withoutEnd()) yield callWithoutEnd(call);
  } finally {
    // Also where only the first calls were wanted.
    begun.close();
  }
}

/** The calls that have begun, and have no line in `costs.jsonl`. */
export function callsWithoutEnd(directory: string): BegunCall[] {
  const begun = begunCalls(directory);
  for (const call of endedCalls(directory)) if (call.cacheHit !== 'local') begun.end(call.callId);
  return [...begun.withoutEnd()];
}

function* endedCalls(directory: string): Generator<MeteredCall, void> {
  for (const line of wholeLines(costsFile(directory))) {
    const call = readCostLine(line);
    // What a power failure made of a line is no line. Its call is still known to have begun.
    if (call !== null) yield call;
  }
}

/**
 * Calls end roughly in the order in which they began. So the beginnings are read only as far as the ends need them, and
 * what is kept is no more than the calls that were open at once.
 */
function begunCalls(directory: string): {
  end(callId: string): void;
  withoutEnd(): Iterable<BegunCall>;
  close(): void;
} {
  const lines = wholeLines(openCallsFile(directory));
  const open = new Map<string, BegunCall>();
  const next = (): BegunCall | null | undefined => {
    const { value, done } = lines.next();
    return done ? undefined : readBegunLine(value ?? '');
  };
  return {
    end: (callId) => {
      if (open.delete(callId)) return;
      for (let call = next(); call !== undefined; call = next()) {
        if (call?.callId === callId) return;
        if (call !== null) open.set(call.callId, call);
      }
    },
    withoutEnd: () => {
      for (let call = next(); call !== undefined; call = next()) if (call !== null) open.set(call.callId, call);
      return open.values();
    },
    close: () => void lines.return(),
  };
}
