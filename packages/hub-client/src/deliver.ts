import type { Clock } from '@budget/core';
import type { Destination } from './destination.js';
import type { ClaimedEvent, Outbox, WaitingEvent } from './outbox.js';
import { codeOf } from './outbox-files.js';
import { afterFailure } from './retry-policy.js';
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
  /** Failed attempts, and those whose file cannot be moved; these events wait on. */
  readonly failed: number;
  /** Why the last one failed or was refused, for people; `null` when none was. */
  readonly reason: string | null;
}

/** One attempt at the event of the run that asks, and what follows from it for its file and for those that wait. */
export async function attempt(claimed: ClaimedEvent, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  return settle(claimed, await outcomeOf(claimed, delivery.transport, signal), delivery);
}

/**
 * What the hub made of the event is known, and stays so where the disk is full or a file is somebody else's.
 *
 * @returns what became of it: one that is refused and cannot be buried waits on.
 */
function settle(claimed: ClaimedEvent, outcome: Outcome, { outbox, destination, clock, random }: Delivery): Outcome {
  const { directory } = outbox;
  if (outcome.kind === 'accepted') {
    // Else it is sent again, and the hub knows its id.
    ifPossible(() => claimed.sent());
    ifPossible(() => forgetFailures(directory, destination));
  } else if (outcome.kind === 'refused') {
    if (ifPossible(() => claimed.bury(outcome.code))) return outcome;
    ifPossible(() => claimed.release());
    return failed(outcome.reason, null, outcome.isAboutHub);
  } else {
    // Else it is free again when the claim has ended.
    ifPossible(() => claimed.release());
    const state = afterFailure(readRetryState(directory, destination), outcome, clock.nowMs(), random());
    // The pause between attempts is courtesy.
    ifPossible(() => writeRetryState(directory, destination, state));
  }
  return outcome;
}

function ifPossible(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

export interface Claim {
  readonly claimed: ClaimedEvent | null;
  /** Why its file cannot be moved, for people; `null` where it can, or another process has it. */
  readonly fault: string | null;
}

export function claimOf(event: WaitingEvent, outbox: Outbox): Claim {
  try {
    return { claimed: outbox.claim(event), fault: null };
  } catch (error) {
    return { claimed: null, fault: `its file in the outbox cannot be moved (${codeOf(error)})` };
  }
}

async function outcomeOf({ event }: ClaimedEvent, transport: Transport, signal: AbortSignal): Promise<Outcome> {
  if (event === null)
    return {
      kind: 'refused',
      code: UNREADABLE,
      reason: 'the file holds no event, or cannot be read',
      isAboutHub: false,
    };
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
    const { claimed, fault } = claimOf(event, delivery.outbox);
    if (fault !== null) {
      report.failed += 1;
      report.reason = fault;
    }
    if (claimed === null) continue;
    const source = claimed.event?.source ?? '';
    if (forbidden.includes(source)) {
      ifPossible(() => claimed.release());
      continue;
    }
    const answered = await abortedAfter(ms, (signal) => outcomeOf(claimed, delivery.transport, signal));
    if (isAboutToken(answered)) ifPossible(() => claimed.release());
    const outcome = isAboutToken(answered) ? answered : settle(claimed, answered, delivery);
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
