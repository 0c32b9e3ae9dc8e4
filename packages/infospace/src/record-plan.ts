import { type Clock, CodedError, isoTime, systemClock } from '@budget/core';
import type { AnnounceRun } from './announce-run.js';
import { changingInfospace } from './changing-infospace.js';
import { completePendingRun } from './complete-pending-run.js';
import {
  hasPlanFields,
  notNumbers,
  type PlanSnapshot,
  readPlansFile,
  readSnapshot,
  snapshotOf,
  withSnapshot,
  writePlansFile,
} from './documents/plans-file.js';
import { adviceForInput } from './documents/problems.js';
import { type InfospacePaths, infospacePaths } from './infospace-paths.js';
import { readSettings } from './read-settings.js';
import { readTextIfThere } from './storage/files.js';
import { fromJavaScript } from './yaml/from-javascript.js';
import { readStructured } from './yaml/read-structured.js';
import { isMap, type YamlMap, type YamlValue } from './yaml/scalars.js';

export interface RecordPlanOptions {
  /** Its directory; what it lacks is created. */
  readonly infospace: string;
  /**
   * The plan summary: an object with the fields' names on disk, or its JSON or YAML text, which keeps numbers as they
   * were written (`2.0` is another plan than `2`).
   */
  readonly plan?: object | string | undefined;
  /** Instead of `plan`: a file that holds it, in JSON or YAML. */
  readonly planFile?: string | undefined;
  /** How the plan is called in errors; default `plan`, or the file's name. */
  readonly planName?: string | undefined;
  /** Told of a run that an earlier process left half-done. */
  readonly announce?: AnnounceRun | undefined;
  readonly clock?: Clock | undefined;
}

export interface RecordPlanResult {
  readonly snapshot: PlanSnapshot;
  /** Whether it was already the last plan, so that only its time was renewed. */
  readonly refreshed: boolean;
  readonly warnings: readonly string[];
}

/**
 * Records a plan in `output/budget/plans.yaml`.
 *
 * @throws CodedError `options_conflict` (kind `usage`); kind `input`: the plan, or a file of the infospace, cannot be used (nothing is changed); kind
 * `environment`: the disk or the lock.
 */
export async function recordPlan(options: RecordPlanOptions): Promise<RecordPlanResult> {
  const clock = options.clock ?? systemClock;
  const paths = infospacePaths(options.infospace);
  const name = options.planName ?? options.planFile ?? 'plan';
  const summary = await readPlan(options, name);
  return await changingInfospace(paths, async (warnings) => {
    const settings = await readSettings(paths.settings);
    await completeWherePossible(paths, clock, warnings, options.announce);
    warnings.push(...settings.warnings);
    const plans = await readPlansFile(paths.plans);
    const snapshot = snapshotOf(summary, isoTime(clock));
    const { document, refreshed } = withSnapshot(plans, snapshot, settings.retention);
    await writePlansFile(paths.plans, document);
    if (!hasPlanFields(summary)) warnings.push(`${name} has none of the fields of a plan. Is it the right file?`);
    for (const key of notNumbers(summary)) warnings.push(`${name}: ${key} is no number: no run is compared with it.`);
    return { snapshot: readSnapshot(snapshot), refreshed, warnings };
  });
}

/** A plan can be recorded whatever state the runs are in. */
async function completeWherePossible(
  paths: InfospacePaths,
  clock: Clock,
  warnings: string[],
  announce: AnnounceRun | undefined,
): Promise<void> {
  try {
    await completePendingRun(paths, clock, warnings, announce);
  } catch (error) {
    if (!CodedError.isInstance(error) || error.kind !== 'input') throw error;
    warnings.push(error.message);
  }
}

async function readPlan({ plan, planFile }: RecordPlanOptions, name: string): Promise<YamlMap> {
  if (plan !== undefined && planFile !== undefined) throw bothGiven();
  const value =
    planFile === undefined
      ? readGiven(plan, name)
      : readStructured(await readPlanFile(planFile), planFile, adviceForInput);
  if (isMap(value)) return value;
  throw new CodedError({
    code: 'plan_invalid',
    kind: 'input',
    file: name,
    message: `${name}: a plan is a map with fields such as total_provider_calls_estimate and estimated_cost_usd. Nothing was recorded.`,
  });
}

function readGiven(plan: RecordPlanOptions['plan'], name: string): YamlValue {
  return typeof plan === 'string' ? readStructured(plan, name, adviceForInput) : fromJavaScript(plan, name);
}

function bothGiven(): CodedError {
  return new CodedError({
    code: 'options_conflict',
    kind: 'usage',
    message: 'Give either plan (at hand) or planFile (the name of a file), not both.',
  });
}

async function readPlanFile(file: string): Promise<string> {
  const text = await readTextIfThere(file, { advice: adviceForInput });
  if (text !== null) return text;
  throw new CodedError({
    code: 'plan_not_found',
    kind: 'input',
    file,
    message: `${file}: there is no such file. Nothing was recorded.`,
  });
}
