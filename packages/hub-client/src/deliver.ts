import type { Clock } from '@budget/core';
import type { Destination } from './destination.js';
import type { ClaimedEvent, Outbox, WaitingEvent } from './outbox.js';
import { afterFailure, type RetryState } from './retry-policy.js';
import { forgetFailures, readRetryState, writeRetryState } from './retry-state.js';
import { failed, type Outcome, type Transport } from './transports/transport.js';
import { abortedAfter } from './with-deadline.js';

/** The code of a dead letter whose file holds no event. */
const UNREADABLE = 'unreadable';

export interface Delivery {
  readonly outbox: Outbox;
  /** What the transport leads to. */
  readonly destination: Destination;
  readonly transport: Transport;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface DeliveryReport {
  readonly sent: number;
  /** Refused for good, or unreadable: they are dead letters now. */
  readonly buried: number;
  /** Failed attempts; these events wait on. */
  readonly failed: number;
  /** Why the last one failed or was refused, for people; `null` when none was. */
  readonly reason: string | null;
}

/** One attempt at the event of the run that asks, and what follows from it for its file and for those that wait. */
export async function attempt(claimed: ClaimedEvent, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const outcome = await outcomeOf(claimed, delivery.transport, signal);
  settle(claimed, outcome, delivery);
  return outcome;
}

function settle(claimed: ClaimedEvent, outcome: Outcome, { outbox, destination, clock, random }: Delivery): void {
  if (outcome.kind === 'accepted') {
    claimed.sent();
    forgetFailures(outbox.directory, destination);
  } else if (outcome.kind === 'refused') {
    claimed.bury(outcome.code);
  } else {
    claimed.release();
    const before = readRetryState(outbox.directory, destination);
    noteFailure(outbox.directory, destination, afterFailure(before, outcome, clock.nowMs(), random()));
  }
}

function noteFailure(directory: string, destination: Destination, state: RetryState): void {
  try {
    writeRetryState(directory, destination, state);
  } catch {
    // A full disk. The pause between attempts is courtesy; the event itself is there.
  }
}

async function outcomeOf({ event }: ClaimedEvent, transport: Transport, signal: AbortSignal): Promise<Outcome> {
  if (event === null)
    return { kind: 'refused', code: UNREADABLE, reason: 'the file holds no event', isAboutHub: false };
  try {
    return await whileNotAborted(transport.send(event, signal), signal);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

/** A transport that does not listen to the signal must not hold up who gave it. */
async function whileNotAborted(sending: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  const aborted = new Promise<Outcome>((resolve) => {
    const giveUp = (): void => resolve(failed('no answer in time'));
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  // What it throws after that is nobody's.
  sending.catch(() => {});
  return await Promise.race([sending, aborted]);
}

/**
 * Tries events in turn, from a random one on, so that some which a hub cannot take do not keep the others waiting for
 * ever. Ends when the hub is not there, or wants to be left alone. Where a token may not write one, those of the same
 * project are left for its own.
 *
 * @param leftMs how long the next attempt may take; `null` ends it.
 */
export async function deliverWaiting(
  waiting: readonly WaitingEvent[],
  delivery: Delivery,
  leftMs: () => number | null,
): Promise<DeliveryReport> {
  const from = Math.floor(delivery.random() * waiting.length);
  const report = { sent: 0, buried: 0, failed: 0, reason: null as string | null };
  const forbidden: string[] = [];
  for (const event of [...waiting.slice(from), ...waiting.slice(0, from)]) {
    const ms = leftMs();
    if (ms === null) break;
    const claimed = delivery.outbox.claim(event);
    // Another process has it.
    if (claimed === null) continue;
    const source = claimed.event?.source ?? '';
    if (forbidden.includes(source)) {
      claimed.release();
      continue;
    }
    const outcome = await abortedAfter(ms, (signal) => outcomeOf(claimed, delivery.transport, signal));
    if (isAboutToken(outcome)) claimed.release();
    else settle(claimed, outcome, delivery);
    if (outcome.kind === 'accepted') {
      report.sent += 1;
      continue;
    }
    report[outcome.kind === 'refused' && !isAboutToken(outcome) ? 'buried' : 'failed'] += 1;
    report.reason = outcome.reason;
    if (isForbidden(outcome)) forbidden.push(source);
    else if (outcome.isAboutHub) break;
  }
  return report;
}

/** The hub may take the event from whoever has another token, such as that of the event's own project. */
function isAboutToken(outcome: Outcome): boolean {
  return isForbidden(outcome) || (outcome.kind === 'refused' && outcome.code === 'http_401');
}

/** The token may be one that may write other events. */
function isForbidden(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'http_403';
}

/** Without addresses, which a proxy or a resolver puts into its words. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? `the hub cannot be reached (${code})` : (message ?? String(error));
}
