import { join } from 'node:path';
import { examineInfospace } from '../doctor.js';
import { readInfospace, readPlans } from '../inspect-infospace.js';
import { listWorkspace } from '../list-workspace.js';
import { recordPlan } from '../record-plan.js';
import { recordRun } from '../record-run.js';
import { clock, files, INFOSPACE } from './valid-workspace.js';

const infospaceOf = (workspace: string): string => join(workspace, INFOSPACE);
const recordNamed = (name: string) => async (workspace: string) =>
  await recordRun({ infospace: infospaceOf(workspace), runs: [join(workspace, name)], clock });
const recordPlanOf = (name: string) => async (workspace: string) =>
  await recordPlan({ infospace: infospaceOf(workspace), planFile: join(workspace, name), clock });

/** What users call, each over a workspace as `validWorkspace` makes it. */
export const commands = {
  recordRun: async (workspace: string) => await recordRun({ infospace: infospaceOf(workspace), clock }),
  recordNamed: recordNamed(files.namedRecord),
  recordNamedJson: recordNamed(files.namedJsonRecord),
  recordPlan: recordPlanOf(files.plan),
  recordJsonPlan: recordPlanOf(files.jsonPlan),
  readInfospace: async (workspace: string) => await readInfospace(infospaceOf(workspace), { clock }),
  readPlans: async (workspace: string) => await readPlans(infospaceOf(workspace)),
  listWorkspace: async (workspace: string) => await listWorkspace(workspace),
  examineInfospace: async (workspace: string) => await examineInfospace(infospaceOf(workspace), { clock }),
};

export type Command = keyof typeof commands;
export type Place = keyof typeof files;

/** The commands that cannot do without a file, and so refuse one that is bad. */
export const neededBy: Readonly<Record<Place, readonly Command[]>> = {
  usage: ['recordRun', 'recordNamed', 'readInfospace'],
  plans: ['recordRun', 'recordPlan', 'readPlans', 'readInfospace'],
  summary: ['recordRun', 'readInfospace'],
  scannedRecord: ['recordRun'],
  namedRecord: ['recordNamed'],
  namedJsonRecord: ['recordNamedJson'],
  plan: ['recordPlan'],
  jsonPlan: ['recordJsonPlan'],
  settings: ['recordRun', 'recordPlan'],
  rates: ['recordRun'],
};

/** Those that look at a file and go on without it. */
const alsoReadBy: Readonly<Partial<Record<Place, readonly Command[]>>> = {
  usage: ['recordPlan', 'listWorkspace', 'examineInfospace'],
  plans: ['listWorkspace', 'examineInfospace'],
  summary: ['recordPlan', 'examineInfospace'],
  scannedRecord: ['examineInfospace'],
  settings: ['examineInfospace'],
  rates: ['examineInfospace'],
};

export function readersOf(place: Place): Command[] {
  return [...neededBy[place], ...(alsoReadBy[place] ?? [])];
}
