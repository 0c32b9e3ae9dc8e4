import type { NanoUsd } from '@budget/core';
import type { BudgetStatus, UsageTotals } from './documents/usage-run.js';
import { existingInfospace } from './infospace-paths.js';
import { readSettings } from './read-settings.js';
import { budgetStatus } from './usage-totals.js';

/** What an infospace may use in its whole life, by its `budget.yaml`, and how that compares with what it used. */
export interface Budget {
  /** `null` where no limit is set. */
  readonly maxNanoUsd: NanoUsd | null;
  readonly warnNanoUsd: NanoUsd | null;
  readonly maxCalls: number | null;
  readonly status: BudgetStatus;
  /** Of keys that hold nothing: a limit that stands in the wrong place, or that nothing looks at yet. */
  readonly warnings: readonly string[];
}

/**
 * @param totals of `readInfospace`.
 * @throws CodedError `infospace_not_found`, `file_invalid`, `schema_newer` (kind `input`), or kind `environment`.
 */
export async function readBudget(infospace: string, totals: UsageTotals): Promise<Budget> {
  const settings = await readSettings(existingInfospace(infospace).settings);
  const { maxNanoUsd, warnNanoUsd, maxCalls, warnings } = settings;
  return { maxNanoUsd, warnNanoUsd, maxCalls, status: budgetStatus(totals, settings), warnings };
}
