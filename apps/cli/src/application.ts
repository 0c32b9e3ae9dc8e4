import { basename } from 'node:path';
import type { RunState } from '@budget/infospace';

/**
 * Who is observed: as the environment says, else the infospace, else the program.
 *
 * @param infospace its name, as `workspace/slug` or its slug alone; `null` outside any
 */
export function applicationOf(
  environment: NodeJS.ProcessEnv,
  { infospace, command }: { readonly infospace: string | null; readonly command: string | null },
): string {
  return environment['BUDGET_APPLICATION'] || infospace?.split('/').at(-1) || basename(command ?? '') || 'unknown';
}

/** The same of a run that was begun by another process. One of an earlier version does not say. */
export function applicationOfRun(state: RunState, environment: NodeJS.ProcessEnv, infospace: string | null): string {
  return state.application ?? applicationOf(environment, { infospace, command: state.command });
}
