import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AnnounceRun, CodedError, type PlanSnapshot, recordPlan } from '@budget/infospace';
import type { PlaceInInfospace } from './run-place.js';

export interface ChosenPlan {
  readonly plan: PlanSnapshot | undefined;
  /** What a person should know of a file. */
  readonly warnings: readonly string[];
}

/** The plan that a run runs against: the one named, by its id or as a file, which is recorded; else the latest. */
export async function choosePlan(
  named: string | undefined,
  place: PlaceInInfospace | null,
  directory: string,
  announce: AnnounceRun,
): Promise<ChosenPlan> {
  if (named === 'none' || (named === undefined && place === null)) return { plan: undefined, warnings: [] };
  if (place === null) {
    throw wrongPlan(
      `--plan ${named} needs an infospace to be recorded in, and there is none here. Make one with \`budget init\`.`,
    );
  }
  const { plans } = place.contents;
  if (named === undefined || named === 'latest') return { plan: plans.at(-1), warnings: [] };
  const known = plans.findLast(({ snapshotId }) => snapshotId === named);
  if (known !== undefined) return { plan: known, warnings: [] };
  const file = resolve(directory, named);
  if (!existsSync(file))
    throw wrongPlan(`--plan ${named} is neither a recorded plan nor a file. \`budget plan list\` shows the plans.`);
  const { snapshot, warnings } = await recordPlan({ infospace: place.root, planFile: file, announce });
  return { plan: snapshot, warnings };
}

function wrongPlan(message: string): CodedError {
  return new CodedError({ code: 'plan_not_found', kind: 'usage', message });
}
