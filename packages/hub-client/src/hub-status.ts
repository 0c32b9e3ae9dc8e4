import type { Destination } from './destination.js';
import { readDropCount } from './drop-count.js';
import type { Outbox, WaitingEvent } from './outbox.js';
import { codeOf } from './outbox-files.js';
import { bornMs } from './outbox-names.js';
import { noFailures, pauseLeftMs } from './retry-policy.js';
import { readRetryState } from './retry-state.js';

/** How the outbox stands. */
export interface HubStatus {
  /** The directory of the outbox, whether or not it is there. */
  readonly outbox: string;
  /** For whichever hub. */
  readonly waiting: number;
  /** Those of them that wait for another hub than the configured one, by its name such as `https://hub.example.com by http`. */
  readonly elsewhere: readonly { readonly hub: string; readonly waiting: number }[];
  /** ISO 8601; `null` when none waits, or its id does not tell. */
  readonly oldestWaiting: string | null;
  /** Being sent by some process at the moment. */
  readonly inHand: number;
  readonly dead: readonly { readonly id: string; readonly code: string }[];
  /** Gone for good: beyond the 1,000 that may wait, or older than 30 days. */
  readonly dropped: { readonly tooMany: number; readonly tooOld: number; readonly lastAt: string | null };
  /** Attempts at this hub that failed in a row, and why the last one did. */
  readonly failures: number;
  readonly lastFailure: string | null;
  /** ISO 8601: older events are not tried before; `null` when they may be. */
  readonly pausedUntil: string | null;
  /** Why the outbox cannot be looked at; `null` when it can. */
  readonly fault: string | null;
}

/** @param destination the hub that is configured; `null` where none is */
export function hubStatus(outbox: Outbox, destination: Destination | null, nowMs: number): HubStatus {
  try {
    return lookAt(outbox, destination, nowMs);
  } catch (error) {
    return { ...nothing(outbox), fault: `${outbox.directory} cannot be read (${codeOf(error)})` };
  }
}

function lookAt(outbox: Outbox, destination: Destination | null, nowMs: number): HubStatus {
  const waiting = outbox.waiting();
  const dropped = readDropCount(outbox.directory);
  const retry = destination === null ? noFailures : readRetryState(outbox.directory, destination);
  const pauseMs = pauseLeftMs(retry, nowMs);
  const [oldest] = waiting;
  return {
    outbox: outbox.directory,
    waiting: waiting.length,
    elsewhere: destination === null ? [] : elsewhere(waiting, outbox, destination),
    oldestWaiting: timeText(oldest === undefined ? null : bornMs(oldest.id)),
    inHand: outbox.countInHand(),
    dead: outbox.dead().map(({ id, code }) => ({ id, code })),
    dropped: { tooMany: dropped.tooMany, tooOld: dropped.tooOld, lastAt: timeText(dropped.lastMs) },
    failures: retry.failures,
    lastFailure: retry.failures === 0 ? null : retry.reason,
    pausedUntil: pauseMs === 0 ? null : timeText(nowMs + pauseMs),
    fault: null,
  };
}

function elsewhere(waiting: readonly WaitingEvent[], outbox: Outbox, destination: Destination): HubStatus['elsewhere'] {
  const counts = new Map<string, { readonly hub: string; waiting: number }>();
  for (const event of waiting) {
    const { mark } = event;
    if (mark === null || mark === destination.mark) continue;
    const count = counts.get(mark) ?? { hub: outbox.destinationNameOf(event) ?? 'another hub', waiting: 0 };
    counts.set(mark, count);
    count.waiting += 1;
  }
  return [...counts.values()];
}

function nothing(outbox: Outbox): HubStatus {
  return {
    outbox: outbox.directory,
    waiting: 0,
    elsewhere: [],
    oldestWaiting: null,
    inHand: 0,
    dead: [],
    dropped: { tooMany: 0, tooOld: 0, lastAt: null },
    failures: 0,
    lastFailure: null,
    pausedUntil: null,
    fault: null,
  };
}

function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
