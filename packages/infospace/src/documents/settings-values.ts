import type { NanoUsd } from '@budget/core';

/** `budget.yaml`, as far as this layer uses it. */
export interface Settings {
  /** `null` where the file does not name one: then the directory's name counts. */
  readonly workspace: string | null;
  readonly maxNanoUsd: NanoUsd | null;
  readonly warnNanoUsd: NanoUsd | null;
  readonly maxCalls: number | null;
  /** How many plan snapshots are kept; 0 keeps all. */
  readonly retention: number;
  /** Models that are declared to cost nothing, as their provider names them. */
  readonly freeModels: readonly { readonly provider: string; readonly model: string }[];
  readonly hubDisabled: boolean;
  /** Keys that nobody reads: a later version's, or a slip of the pen. */
  readonly warnings: readonly string[];
}

export const defaultSettings: Settings = {
  workspace: null,
  maxNanoUsd: null,
  warnNanoUsd: null,
  maxCalls: null,
  retention: 50,
  freeModels: [],
  hubDisabled: false,
  warnings: [],
};
