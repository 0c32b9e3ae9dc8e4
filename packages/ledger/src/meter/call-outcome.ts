import type { ResponseReading } from '@budget/core';

/** What became of a call. */
export type CallOutcome =
  /** Nothing of it has left: a connection that was refused. */
  | { readonly kind: 'not_sent' }
  /** It was sent, and no answer began: a time-out, an abort, a connection that broke. */
  | { readonly kind: 'unanswered' }
  | {
      readonly kind: 'answered';
      /** Of HTTP. */
      readonly status: number;
      readonly reading: ResponseReading;
      /** Its text as far as it is kept, for an answer without usage. */
      readonly received: string;
      /** How much longer the answer was than what is kept of it; 1 where all is kept. */
      readonly receivedRatio: number;
      /** It ended by itself; nobody aborted it and no connection broke. */
      readonly isWhole: boolean;
    };
