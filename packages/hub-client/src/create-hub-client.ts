import { join } from 'node:path';
import { type Clock, systemClock } from '@budget/core';
import { attempt, type Claim, claimOf, type Delivery, type DeliveryReport, deliverWaiting } from './deliver.js';
import type { Destination } from './destination.js';
import type { EmitResult, FlushReport, HubClient } from './hub-client.js';
import type { HubConfiguration } from './hub-settings.js';
import { hubStatus } from './hub-status.js';
import type { Environment } from './opt-out.js';
import { type Outbox, openOutbox } from './outbox.js';
import { codeOf } from './outbox-files.js';
import type { EventFile } from './outbox-names.js';
import { redactedEvent } from './redacted-event.js';
import { pauseLeftMs } from './retry-policy.js';
import { readRetryState } from './retry-state.js';
import { stateDirectoryOf } from './state-directory.js';
import type { TokenEvent } from './token-event.js';
import type { Lookup } from './transports/resolving-lookup.js';
import type { Requester } from './transports/send-request.js';
import type { Outcome, Transport } from './transports/transport.js';
import { wayToHub } from './way-to-hub.js';
import { abortedAfter, withDeadline } from './with-deadline.js';

export interface HubClientOptions {
  /** Default: that of the process. Read once. */
  readonly environment?: Environment | undefined;
  /** The user's own, where the environment says nothing. Never the project's. */
  readonly configuration?: HubConfiguration | undefined;
  /** All that a project may say. */
  readonly isDisabledByProject?: boolean | undefined;
  /** Holds the outbox; default `$XDG_STATE_HOME/budget`, else `~/.local/state/budget`. */
  readonly stateDirectory?: string | undefined;
  /**
   * Sees every event last: what it returns is written and sent, and nothing else. `null` keeps the event to itself; so
   * does an error. It must keep the `id`.
   */
  readonly redact?: ((event: TokenEvent) => TokenEvent | null) | undefined;
  /** Another way to a hub, such as `memoryTransport()`: then no address is needed. Who opts out still does. */
  readonly transport?: Transport | undefined;
  /** Another way to make a request. */
  readonly requester?: Requester | undefined;
  /** Another way to find the addresses of a name. */
  readonly lookup?: Lookup | undefined;
  readonly clock?: Clock | undefined;
  /** All that a run waits; default 150. */
  readonly deadlineMs?: number | undefined;
  /** From 0 to 1. */
  readonly random?: (() => number) | undefined;
}

const RUN_DEADLINE_MS = 150;
/** For one attempt of who has time. */
const FLUSH_DEADLINE_MS = 10_000;
/** A client of the hub that is configured, or one that does nothing where there is none. Never throws. */
export function createHubClient(options: HubClientOptions = {}): HubClient {
  const { environment = process.env, clock = systemClock } = options;
  const stateDirectory = options.stateDirectory ?? stateDirectoryOf(environment);
  const outbox = openOutbox(join(stateDirectory, 'outbox'), () => clock.nowMs());
  const way = wayToHub(options, environment, stateDirectory);
  const status = () => hubStatus(outbox, 'reason' in way ? null : way.destination, clock.nowMs());
  /** What an earlier version left tells no hub, and is for the one that is configured. Where none is, nothing is for another. */
  const isForHere = ({ mark }: EventFile): boolean => mark === null || 'reason' in way || mark === way.destination.mark;
  const stillWaiting = (): Pick<FlushReport, 'waiting' | 'waitingElsewhere' | 'inHand'> => {
    try {
      const all = outbox.waiting();
      const waiting = all.filter(isForHere).length;
      return { waiting, waitingElsewhere: all.length - waiting, inHand: outbox.countInHand() };
    } catch {
      // `status` says why.
      return { waiting: 0, waitingElsewhere: 0, inHand: 0 };
    }
  };
  if ('reason' in way) {
    const disabled: EmitResult = { status: 'disabled', reason: way.reason };
    return {
      disabled: way,
      queue: () => disabled,
      emit: async () => disabled,
      flush: async () => ({ ...nothingTried, notTried: way.reason, ...stillWaiting() }),
      status,
    };
  }

  const { open, destination } = way;
  const { redact = (event) => event, random = Math.random, deadlineMs = RUN_DEADLINE_MS } = options;
  const deliveryBy = (transport: Transport): Delivery => ({ outbox, destination, transport, clock, random });

  async function withTransport<Result>(work: (transport: Transport) => Promise<Result>, closeMs: () => number) {
    const transport = await open();
    try {
      return await work(transport);
    } finally {
      await withDeadline(closeMs(), (signal) => transport.close(signal)).catch(() => {});
    }
  }

  async function emit(given: TokenEvent): Promise<EmitResult> {
    const endsAtMs = performance.now() + deadlineMs;
    const leftMs = (): number => Math.max(1, endsAtMs - performance.now());
    const { event, fault } = redactedEvent(given, redact);
    if (event === null) return dropped(fault);
    const unwritable = putAway(outbox, event, destination);
    return await withTransport(async (transport) => {
      if (unwritable !== null) return await sendUnwritten(event, transport, unwritable, leftMs());
      const waiting = outbox.waiting().filter(isForHere);
      const own = waiting.find(({ id }) => id === event.id);
      const { claimed, fault }: Claim = own === undefined ? { claimed: null, fault: null } : claimOf(own, outbox);
      if (claimed === null) return queued(fault ?? 'another process is sending it, or it waits for another hub');
      const delivery = deliveryBy(transport);
      const outcome = await abortedAfter(leftMs(), (signal) => attempt(claimed, delivery, signal));
      // What becomes of them is not told here.
      if (outcome.kind === 'accepted') await sendOlder(waiting, event.id, delivery, leftMs).catch(() => {});
      return resultOf(outcome);
    }, leftMs);
  }

  /** As far as the time goes that a run has for its own event. */
  async function sendOlder(
    waiting: ReturnType<Outbox['waiting']>,
    ownId: string,
    delivery: Delivery,
    leftMs: () => number,
  ): Promise<void> {
    const older = waiting.filter(({ id }) => id !== ownId);
    if (older.length === 0 || pauseLeftMs(readRetryState(outbox.directory, destination), clock.nowMs()) > 0) return;
    await deliverWaiting(older, delivery, () => (leftMs() <= 1 ? null : leftMs()));
  }

  async function flush(dead: boolean): Promise<FlushReport> {
    const retry = readRetryState(outbox.directory, destination);
    const pauseMs = retry.isAsked ? pauseLeftMs(retry, clock.nowMs()) : 0;
    if (pauseMs > 0) {
      const until = new Date(clock.nowMs() + pauseMs).toISOString();
      return { ...nothingTried, notTried: `the hub asks to be left alone until ${until}`, ...stillWaiting() };
    }
    const events = [...outbox.waiting(), ...(dead ? outbox.dead() : [])].filter(isForHere);
    const report =
      events.length === 0
        ? nothingTried
        : await withTransport(
            (transport) => deliverWaiting(events, deliveryBy(transport), () => FLUSH_DEADLINE_MS),
            () => FLUSH_DEADLINE_MS,
          );
    // Not before: what is too old or too much may be taken now.
    makeRoom(outbox);
    return { ...report, notTried: null, ...stillWaiting() };
  }

  return {
    disabled: null,
    queue(given) {
      const { event, fault } = redactedEvent(given, redact);
      if (event === null) return dropped(fault);
      const unwritable = putAway(outbox, event, destination);
      return unwritable === null ? queued('it is not sent yet') : dropped(unwritable);
    },
    emit: (event) => emit(event).catch((error) => dropped(faultOf(outbox, error))),
    flush: ({ dead = false } = {}) =>
      flush(dead).catch((error) => ({
        ...nothingTried,
        notTried: faultOf(outbox, error),
        ...stillWaiting(),
      })),
    status,
  };
}

const nothingTried: DeliveryReport = { sent: 0, buried: 0, failed: 0, reason: null };

const queued = (reason: string): EmitResult => ({ status: 'queued', reason });
const dropped = (reason: string): EmitResult => ({ status: 'dropped', reason });

/** Why the event is not in the outbox, for people, or `null`. */
function putAway(outbox: Outbox, event: TokenEvent, destination: Destination): string | null {
  try {
    if (!outbox.put(event, destination)) return null;
  } catch (error) {
    return faultOf(outbox, error);
  }
  makeRoom(outbox);
  return null;
}

function makeRoom(outbox: Outbox): void {
  try {
    outbox.trim();
  } catch {
    // The next event makes room again.
  }
}

function faultOf(outbox: Outbox, error: unknown): string {
  return `the outbox ${outbox.directory} cannot be used (${codeOf(error)})`;
}

/** An event that no file holds has this one attempt. */
async function sendUnwritten(
  event: TokenEvent,
  transport: Transport,
  unwritable: string,
  deadlineMs: number,
): Promise<EmitResult> {
  try {
    const outcome = await withDeadline(deadlineMs, (signal) => transport.send(event, signal));
    return outcome.kind === 'accepted' ? resultOf(outcome) : dropped(`${outcome.reason}; ${unwritable}`);
  } catch (error) {
    return dropped(`${(error as Error).message}; ${unwritable}`);
  }
}

function resultOf(outcome: Outcome): EmitResult {
  if (outcome.kind === 'accepted') return { status: 'sent', reason: null };
  return outcome.kind === 'failed'
    ? queued(outcome.reason)
    : dropped(`${outcome.reason}; it is kept with the dead letters, which \`budget hub flush --dead\` tries again`);
}
