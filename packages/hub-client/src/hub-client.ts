import type { DeliveryReport } from './deliver.js';
import type { HubStatus } from './hub-status.js';
import type { TokenEvent } from './token-event.js';

/** What became of an event. `queued`: it waits in the outbox for a later run or `budget hub flush`. */
export interface EmitResult {
  readonly status: 'sent' | 'queued' | 'disabled' | 'dropped';
  /** Why it was not sent; `null` when it was. */
  readonly reason: string | null;
}

export interface FlushOptions {
  /** Also those that a hub refused for good. */
  readonly dead?: boolean | undefined;
}

export interface FlushReport extends DeliveryReport {
  /** Why nothing was tried, for people; `null` when something was, or nothing waits. */
  readonly notTried: string | null;
  /** How many wait on for this hub. */
  readonly waiting: number;
  /** How many wait for another hub; `status` says for which. */
  readonly waitingElsewhere: number;
  /** How many another process has in hand. It may have been killed: then they wait again after 15 seconds. */
  readonly inHand: number;
}

/** Tells the organisation's hub about runs, without ever costing a run its result. No method throws. */
export interface HubClient {
  /**
   * `null`: a hub is configured. Else why no event is sent, for people; whether that is a mistake in the settings; and whether
   * somebody asked for it, and did not merely name no hub.
   */
  readonly disabled: { readonly reason: string; readonly isMistake: boolean; readonly isOptOut: boolean } | null;
  /**
   * Puts an event into the outbox and tries nothing, so that a process that dies after this has it sent by a later one.
   * `emit` of the same event goes on from there.
   */
  queue(event: TokenEvent): EmitResult;
  /**
   * Puts an event into the outbox and tries to send it, once. Takes `deadlineMs` (150) at most, and uses what is
   * left of that for older events.
   */
  emit(event: TokenEvent): Promise<EmitResult>;
  /** Tries every event that waits for this hub, each with ten seconds at most. */
  flush(options?: FlushOptions): Promise<FlushReport>;
  /** Looks at the outbox. Nothing is sent, and no file made. */
  status(): HubStatus;
}
