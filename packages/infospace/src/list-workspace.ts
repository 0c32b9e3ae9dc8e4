import { join } from 'node:path';
import { CodedError } from '@budget/core';
import { howItFellSilent, howItWasLeft } from './close-dead-run.js';
import { readPlansFile } from './documents/plans-file.js';
import { readUsageOverview } from './documents/usage-overview.js';
import type { UsageTotals } from './documents/usage-run.js';
import { existingWorkspace, infospacePaths, isInfospace } from './infospace-paths.js';
import { directoryNames, kindOfPath } from './storage/files.js';
import { unfinishedRuns } from './unfinished-runs.js';
import { totalsOf } from './usage-totals.js';
import { usageWarnings } from './usage-warnings.js';

/** One infospace of a workspace: what it planned and used so far. */
export interface InfospaceRow {
  readonly slug: string;
  readonly plansCount: number;
  readonly totals: UsageTotals;
  /** When the last run was recorded; `null` before the first. */
  readonly lastRunAt: string | null;
  /** What a person should know of these figures: stale or missing prices of the last run, a torn entry left out, a killed run. */
  readonly warnings: readonly string[];
  /** Why its files could not be read; then the figures are zeros. */
  readonly error: string | null;
}

/**
 * The infospaces of a workspace, by name. One without a budget directory is a row of zeros, a broken one a row with its
 * error; a workspace without infospaces has no rows.
 *
 * @throws CodedError `workspace_not_found`, `not_a_directory`, `not_a_file` (kind `input`); `file_unreadable` (kind `environment`) for
 * a workspace that is there and may not be looked at.
 */
export async function listWorkspace(workspace: string): Promise<InfospaceRow[]> {
  const directory = join(existingWorkspace(workspace), 'infospaces');
  // What a system or a tool hides among them is none, unless it was made one.
  const isShown = (name: string): boolean => !name.startsWith('.') || isInfospace(join(directory, name));
  const names = (directoryNames(directory) ?? []).filter(isShown);
  const rows: InfospaceRow[] = [];
  for (const name of names) {
    const row = await readRow(join(directory, name));
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** `null` for what is no directory, and no link to what may have been one. */
async function readRow(root: string): Promise<InfospaceRow | null> {
  const paths = infospacePaths(root);
  const nothing = { slug: paths.slug, plansCount: 0, totals: totalsOf([]), lastRunAt: null, warnings: [] };
  try {
    const kind = kindOfPath(root);
    if (kind === 'dangling_link') return { ...nothing, error: `${root}: this link leads nowhere. Mend or remove it.` };
    if (kind !== 'directory') return null;
    const plans = await readPlansFile(paths.plans);
    const usage = await readUsageOverview(paths.usage);
    return {
      slug: paths.slug,
      plansCount: plans.snapshots.length,
      totals: usage.totals,
      lastRunAt: usage.recentRuns.at(-1)?.completedAt ?? null,
      warnings: [...usageWarnings(usage), ...(await notRecordedYet(paths.meteredRuns))],
      error: null,
    };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    return { ...nothing, error: error.message };
  }
}

/** What killed runs have used is recorded by the commands on one infospace; who looks at many of them changes nothing. */
async function notRecordedYet(meteredRuns: string): Promise<string[]> {
  try {
    const { dead, silent, unreadable } = await unfinishedRuns(meteredRuns);
    return [
      ...dead.map(({ state }) => `${howItWasLeft(state)}, so it is not counted here. \`budget status\` records it.`),
      ...silent.map(howItFellSilent),
      ...unreadable.map(({ message }) => message),
    ];
  } catch (error) {
    // What is recorded is shown all the same.
    if (!CodedError.isInstance(error)) throw error;
    return [error.message];
  }
}
