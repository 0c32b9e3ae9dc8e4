import { recoverRunsOutside } from '@budget/infospace';
import type { RunReporter } from '../compose.js';
import { recoveredIn, recoveredRuns } from '../recovered-runs.js';
import type { Terminal } from '../terminal.js';
import { runsOutsideInfospaces } from './run-place.js';

/** Records what killed runs left, of the infospace and outside of any. Sentences for people. */
export async function recoverRunsHere(
  root: string | null,
  terminal: Terminal,
  { announceOthers, announceOutside }: RunReporter,
): Promise<readonly string[]> {
  const inside = root === null ? [] : await recoveredRuns(root, terminal, announceOthers);
  const directory = runsOutsideInfospaces(terminal.environment);
  const recover = () => recoverRunsOutside({ directory, announce: announceOutside });
  return [...inside, ...(await recoveredIn(directory, null, terminal, recover))];
}
