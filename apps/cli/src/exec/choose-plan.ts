import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AnnounceRun, CodedError, type PlanSnapshot, recordPlan } from '@budget/infospace';
import type { PlaceInInfospace } from './run-place.js';

/** The plan that a run runs against: the one named, by its id or as a file, which is recorded; else the latest. */
export async function choosePlan(
  named: string | undefined,
  place: PlaceInInfospace | null,
  directory: string,
  announce: AnnounceRun,
): Promise<PlanSnapshot | undefined> {
  if (named === 'none') return undefined;
  if (place === null) {
    if (named === undefined) return undefined;
    throw wrongPlan(
      `--plan ${named} needs an infospace to be recorded in, and there is none here. Make one with \`budget init\`.`,
    );
  }
  const { plans } = place.contents;
  if (named === undefined || named === 'latest') return plans.at(-1);
  const known = plans.findLast(({ snapshotId }) => snapshotId === named);
  if (known !== undefined) return known;
  const file = resolve(directory, named);
  if (!existsSync(file))
    throw wrongPlan(`--plan ${named} is neither a recorded plan nor a file. \`budget plan list\` shows the plans.`);
  const { snapshot } = await recordPlan({ infospace: place.root, planFile: file, announce });
  return snapshot;
}

function wrongPlan(message: string): CodedError {
  return new CodedError({ code: 'plan_not_found', kind: 'usage', message });
}
