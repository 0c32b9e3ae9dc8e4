import type { MeteredCall } from '@budget/infospace';
import type { Observation, ObservationStore, ObserveResult } from '@budget/ledger';
import { observeCalls } from './observe-calls.js';
import { type ObservedRun, observedCall } from './observed-call.js';

/** Who looks at the ledger while a run goes on sees its calls after a moment. */
const LATEST_MS = 1000;

export interface LiveCalls {
  /** A call that is over and written down. Waits for nothing. */
  add(call: MeteredCall): void;
  /** @param all the calls of the run once more, from the disk: for those that could not be told while it went on, or never ended */
  end(all: () => Promise<Iterable<MeteredCall>>): Promise<ObserveResult>;
}

/** Tells a ledger of the calls of a run while it goes on. */
export function liveCalls(store: ObservationStore, run: ObservedRun): LiveCalls {
  let waiting: MeteredCall[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isComplete = true;
  let told = Promise.resolve();

  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    const calls = waiting;
    waiting = [];
    told = told.then(async () => {
      const { status } = await observeCalls(
        store,
        calls.map((call) => observedCall(call, run)),
      );
      if (status !== 'recorded') isComplete = false;
    });
  }

  return {
    add(call) {
      // What could not be told is told at the end, from the disk.
      if (!isComplete) return;
      waiting.push(call);
      timer ??= setTimeout(tell, LATEST_MS);
    },
    async end(all) {
      tell();
      await told;
      const left = isComplete ? withoutEnd(await all()) : await all();
      return await observeCalls(store, observed(left, run));
    },
  };
}

/** Where the user has turned the ledger off. */
export const noLedger: LiveCalls = {
  add() {},
  end: async () => ({ status: 'disabled', reason: 'the ledger is turned off' }),
};

function* withoutEnd(calls: Iterable<MeteredCall>): Generator<MeteredCall> {
  for (const call of calls) if (call.status === 'unknown') yield call;
}

export function* observed(calls: Iterable<MeteredCall>, run: ObservedRun): Generator<Observation> {
  for (const call of calls) yield observedCall(call, run);
}
