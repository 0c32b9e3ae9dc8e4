import { CodedError } from '@budget/core';
import { type MeteredCall, readLiveLimits, readRunDirectory, type UnfinishedRun } from '@budget/infospace';
import type { Ledger } from '@budget/ledger';
import { applicationOfRun } from '../application.js';
import { type OpenLedger, openExistingLedger } from '../open-ledger.js';
import type { Terminal } from '../terminal.js';
import { observed } from './live-calls.js';
import { observeCalls } from './observe-calls.js';

/**
 * Tells the ledger what runs whose meter was killed have written down: what their calls used, which it would count at
 * all that was set aside, and what is to be learned from them. To be done before they are recorded, so that one that is
 * killed in between does it again. Sentences for people where the ledger could not be told.
 */
export async function tellOfKilledRuns(
  runs: readonly UnfinishedRun[],
  infospace: string | null,
  terminal: Terminal,
): Promise<readonly string[]> {
  if (runs.length === 0) return [];
  let open: OpenLedger | null = null;
  try {
    open = await openExistingLedger(terminal);
    const name = infospace === null ? null : (await readLiveLimits(infospace)).name;
    const lines: string[] = [];
    for (const run of open === null ? [] : runs) lines.push(...(await tellOf(run, name, terminal, open as OpenLedger)));
    return lines;
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return error.code === 'ledger_disabled' ? [] : [notTold(error.message)];
  } finally {
    await open?.ledger.close();
  }
}

async function tellOf(
  { directory, state }: UnfinishedRun,
  infospace: string | null,
  { environment }: Terminal,
  { ledger, store }: OpenLedger,
): Promise<string[]> {
  const reading = await readRunDirectory(directory);
  if (reading === null) return [];
  for (const call of reading.calls) await bookUnbooked(ledger, call);
  const application = applicationOfRun(state, environment, infospace);
  const run = { runId: state.runId, application, infospace };
  const { status, reason } = await observeCalls(store, observed(reading.calls, run));
  return status === 'recorded' ? [] : [notTold(reason ?? '')];
}

/** A call is written down before it is booked, so the last ones of a killed meter may still be held. */
async function bookUnbooked(ledger: Ledger, call: MeteredCall): Promise<void> {
  // Of a call whose end nobody saw all that was set aside counts, as it does by itself.
  if (call.status === 'unknown' || call.cacheHit === 'local') return;
  const reservation = await ledger.readReservation(call.callId);
  if (reservation === null || (reservation.status !== 'sent' && !reservation.isEstimated)) return;
  const tokens = call.promptTokens + call.completionTokens;
  if (call.status === 'failed' && tokens === 0 && call.costNanoUsd === 0n) {
    if (reservation.status === 'sent') await ledger.release(call.callId, { isNotBilled: true });
    else await ledger.settle(call.callId, { tokens: 0, nanoUsd: 0n, calls: 0 });
    return;
  }
  await ledger.settle(call.callId, {
    tokens,
    calls: 1,
    // Dollars that nobody knows stay as they were set aside.
    ...(call.costNanoUsd !== null && { nanoUsd: call.costNanoUsd }),
  });
}

const notTold = (why: string): string =>
  `The ledger could not be told of the calls of a run that was killed, and counts those that were not booked in full: ${why}`;
