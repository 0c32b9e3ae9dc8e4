import { type Clock, CodedError, systemClock } from '@budget/core';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import { completePendingRun, isPending } from './complete-pending-run.js';
import { type PlanSnapshot, type PlansFile, readPlansFile } from './documents/plans-file.js';
import { readSummaryFile } from './documents/summary-file.js';
import { readUsageFile } from './documents/usage-file.js';
import { readUsageOverview, type UsageOverview } from './documents/usage-overview.js';
import type { RecordedRun, UsageTotals } from './documents/usage-run.js';
import { existingInfospace, type InfospacePaths } from './infospace-paths.js';
import { usageWarnings } from './usage-warnings.js';
import { type JsonFields, jsonFields } from './yaml/json-ready.js';
import type { YamlMap } from './yaml/scalars.js';

/** What an infospace's files say, as they stand at this moment. */
export interface InfospaceContents {
  readonly slug: string;
  /** Oldest first. */
  readonly plans: readonly PlanSnapshot[];
  /** The last runs, oldest first, as many as were asked for; also those that the earlier Python tool recorded. */
  readonly recentRuns: readonly RecordedRun[];
  /** Sums over all runs. */
  readonly totals: UsageTotals;
  /** The fields of `summary.yaml`, under their names on disk; `null` when there is none. */
  readonly summary: JsonFields | null;
  /** What a person should know: stale or missing prices of the last run, torn entries, work that was completed. */
  readonly warnings: readonly string[];
  /** The same files whole, unknown fields included, ready for `JSON.stringify`. Read when asked for. */
  readonly documents: () => Promise<InfospaceDocuments>;
}

/** `null` for a file that is not there. */
export interface InfospaceDocuments {
  readonly plans: JsonFields | null;
  readonly usage: JsonFields | null;
  readonly summary: JsonFields | null;
}

export interface ReadInfospaceOptions {
  /** Told of a run that an earlier process left half-done. */
  readonly announce?: AnnounceRun | undefined;
  readonly clock?: Clock | undefined;
  /** How many of the last runs are wanted; default 1. All that `Infinity` asks for are kept in memory. */
  readonly recentRuns?: number | undefined;
}

/**
 * Reads an infospace. A run that a killed process left half-done is completed first, where the files can be written.
 * It takes no longer after many runs than after few, unless somebody else has written the last of them.
 *
 * @throws CodedError `infospace_not_found`, `file_corrupt`, `schema_newer`, `not_a_file`, … (kind `input`), or kind
 * `environment`.
 */
export async function readInfospace(infospace: string, options: ReadInfospaceOptions = {}): Promise<InfospaceContents> {
  const paths = existingInfospace(infospace);
  const { slug, plans, usage, summary, warnings } = await readFiles(paths, options);
  const fieldsOf = (document: YamlMap | null): JsonFields | null => document && jsonFields(document);
  return {
    slug,
    plans: plans.snapshots,
    recentRuns: usage.recentRuns,
    totals: usage.totals,
    summary: fieldsOf(summary),
    warnings,
    documents: async () => ({
      plans: fieldsOf(plans.document),
      usage: fieldsOf((await readUsageFile(paths.usage)).text.document),
      summary: fieldsOf(summary),
    }),
  };
}

/** The recorded plans, oldest first, and their file whole; `null` when there is none. */
export interface InfospacePlans {
  readonly slug: string;
  readonly plans: readonly PlanSnapshot[];
  readonly document: JsonFields | null;
}

/**
 * Reads the plans alone, whatever state the other files are in.
 *
 * @throws CodedError as `readInfospace`.
 */
export async function readPlans(infospace: string): Promise<InfospacePlans> {
  const paths = existingInfospace(infospace);
  const { snapshots, document } = await readPlansFile(paths.plans);
  return { slug: paths.slug, plans: snapshots, document: document && jsonFields(document) };
}

interface Files {
  readonly slug: string;
  readonly plans: PlansFile;
  readonly usage: UsageOverview;
  readonly summary: YamlMap | null;
  readonly warnings: readonly string[];
}

async function readFiles(
  paths: InfospacePaths,
  { clock = systemClock, recentRuns: wanted = 1, announce }: ReadInfospaceOptions,
): Promise<Files> {
  const recentRuns = Math.max(1, wanted);
  const files = await readNow(paths, recentRuns);
  if (!isPending(files.usage.recentRuns.at(-1), files.summary)) return files;
  // A process died in between, or one is just writing: under the lock it is one or the other.
  try {
    const done = await changingInfospace(paths, async (warnings) => {
      await completePendingRun(paths, clock, warnings, announce);
      return warnings;
    });
    const completed = await readNow(paths, recentRuns);
    return { ...completed, warnings: [...done, ...completed.warnings] };
  } catch (error) {
    if (!CodedError.isInstance(error) || error.kind !== 'environment') throw error;
    // Whoever may only look is told, and still sees what is there.
    const left = `The last run's summary is not yet written and could not be completed: ${error.message}`;
    return { ...files, warnings: [...files.warnings, left] };
  }
}

async function readNow(paths: InfospacePaths, recentRuns: number): Promise<Files> {
  const usage = await readUsageOverview(paths.usage, recentRuns);
  const summary = await readSummaryFile(paths.summary);
  const plans = await readPlansFile(paths.plans);
  return { slug: paths.slug, plans, usage, summary, warnings: usageWarnings(usage) };
}
