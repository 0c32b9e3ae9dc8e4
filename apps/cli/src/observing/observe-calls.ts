import { CodedError } from '@budget/core';
import { createObservations, type Observation, type ObservationStore, type ObserveResult } from '@budget/ledger';

/** As many as a ledger takes at once. */
const BATCH = 1000;

/**
 * Tells a ledger of calls, which it records once, however often it is told. Never rejects: a run is not to end otherwise
 * because of what is learned from it.
 */
export async function observeCalls(store: ObservationStore, calls: Iterable<Observation>): Promise<ObserveResult> {
  const observations = createObservations({ store });
  let batch: Observation[] = [];
  try {
    for (const call of calls) {
      if (batch.push(call) < BATCH) continue;
      await observations.observe(batch);
      batch = [];
    }
    if (batch.length > 0) await observations.observe(batch);
    return { status: 'recorded', reason: null };
  } catch (error) {
    return notObserved(error);
  }
}

export function notObserved(error: unknown): ObserveResult {
  if (!CodedError.isInstance(error)) return { status: 'failed', reason: `${String(error)}; please report this` };
  const isWanted = error.code !== 'ledger_disabled' && error.code !== 'driver_missing';
  return { status: isWanted ? 'failed' : 'disabled', reason: error.message };
}
