import { isoTime, parseIsoTime, systemClock } from '@budget/core';
import { type RecordRunResult, readLiveLimits } from '@budget/infospace';
import type { Observation, ObserveResult } from '@budget/ledger';
import { applicationOf } from '../application.js';
import type { Terminal } from '../terminal.js';
import { observedRecord } from './observed-call.js';

/** Tells the ledger of the calls of a run that was made of run records. Never rejects. */
export async function observeRun(
  { run, calls }: RecordRunResult,
  infospace: string,
  terminal: Terminal,
): Promise<ObserveResult> {
  if (run === null || calls.length === 0) return { status: 'disabled', reason: 'there is nothing to observe' };
  const { notObserved, observeCalls } = await import('./observe-calls.js');
  try {
    const { openLedger } = await import('../open-ledger.js');
    const { ledger, store } = await openLedger(terminal);
    try {
      const { name } = await readLiveLimits(infospace);
      const application = applicationOf(terminal.environment, { infospace: name, command: null });
      const owner = { runId: run.runId as string, application, infospace: name };
      // Records say when they began, not when each call was made.
      const beganMs = run.startedAt === null ? null : parseIsoTime(run.startedAt);
      const at = beganMs === null ? isoTime(systemClock) : new Date(beganMs).toISOString();
      const observations = calls.map((call, index): Observation => observedRecord(call, index, at, owner));
      return await observeCalls(store, observations);
    } finally {
      await ledger.close();
    }
  } catch (error) {
    return notObserved(error);
  }
}
