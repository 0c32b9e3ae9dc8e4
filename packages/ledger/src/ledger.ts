import type { Observation } from './observation.js';

export interface ObserveResult {
  readonly status: 'recorded' | 'disabled' | 'failed';
  /** Why nothing was recorded; `null` when it was. */
  readonly reason: string | null;
}

/** What all applications observed of language model calls. */
export interface Ledger {
  /** Idempotent by the observations' ids. */
  observe(observations: readonly Observation[]): Promise<ObserveResult>;
}
