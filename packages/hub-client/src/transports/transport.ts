import type { TokenEvent } from '../token-event.js';

/** What a hub made of an event. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /** It will never take this event as it is. */
  | {
      readonly kind: 'refused';
      /** Lower-case letters, digits and underscores, such as `http_403`. */
      readonly code: string;
      readonly reason: string;
      /** It refuses whoever asks, or what it is asked at: other events would fare no better. */
      readonly isAboutHub: boolean;
    }
  /** Another attempt may go better. */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** How long the hub asks to be left alone, or `null`. */
      readonly retryAfterMs: number | null;
      readonly isAboutHub: boolean;
    };

/** A way to a hub. */
export interface Transport {
  /** May throw: that is an attempt that failed. It gives up when `signal` is aborted. */
  send(event: TokenEvent, signal: AbortSignal): Promise<Outcome>;
  /** Nothing of it holds the process afterwards. What is left to say to the hub is said until `signal` is aborted. */
  close(signal: AbortSignal): Promise<void>;
}

export function failed(reason: string, retryAfterMs: number | null = null, isAboutHub = true): Outcome {
  return { kind: 'failed', reason, retryAfterMs, isAboutHub };
}
