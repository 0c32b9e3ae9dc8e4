import type { TokenEvent } from './token-event.js';

/** What became of an event. `queued`: it waits in the outbox for a later run or `budget hub flush`. */
export interface EmitResult {
  readonly status: 'sent' | 'queued' | 'disabled' | 'dropped';
  /** Why it was not sent; `null` when it was. */
  readonly reason: string | null;
}

/** Tells the organisation's hub about runs, without ever costing a run its result. */
export interface HubClient {
  /** Never throws and never waits longer than its deadline. */
  emit(event: TokenEvent): Promise<EmitResult>;
}
