import type { NanoUsd } from '@budget/core';

/** `budget.yaml`, as far as this layer uses it. */
export interface Settings {
  /** `null` where the file does not name one: then the directory's name counts. */
  readonly workspace: string | null;
  readonly maxNanoUsd: NanoUsd | null;
  readonly warnNanoUsd: NanoUsd | null;
  readonly maxCalls: number | null;
  readonly maxTokensPerThread: number | null;
  readonly onExceed: 'refuse' | 'stop' | 'continue' | null;
  readonly onUnpriced: 'refuse' | 'allow' | null;
  /** How many plan snapshots are kept; 0 keeps all. */
  readonly retention: number;
  readonly models: readonly DeclaredModel[];
  readonly hubDisabled: boolean;
  /** Keys that nobody reads: a later version's, or a slip of the pen. */
  readonly warnings: readonly string[];
}

/** A model that the settings say something about, as its provider names it. */
export interface DeclaredModel {
  readonly provider: string;
  readonly model: string;
  /** It costs nothing. */
  readonly free: boolean;
  /** Under which name its price is to be looked up; `null` for its own. */
  readonly pricingId: string | null;
  /** Exactly this version of its price; `null` for the one that holds at the time. */
  readonly priceVersion: string | null;
  readonly maxOutputTokens: number | null;
}

export const defaultSettings: Settings = {
  workspace: null,
  maxNanoUsd: null,
  warnNanoUsd: null,
  maxCalls: null,
  maxTokensPerThread: null,
  onExceed: null,
  onUnpriced: null,
  retention: 50,
  models: [],
  hubDisabled: false,
  warnings: [],
};
