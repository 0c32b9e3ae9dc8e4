import { type AnnounceRun, CodedError, infospacePaths, recoverRuns, unfinishedRuns } from '@budget/infospace';
import type { Terminal } from './terminal.js';

/** Records what killed runs left, before a command looks at an infospace. Sentences for people. */
export async function recoveredRuns(
  infospace: string,
  terminal: Terminal,
  announce: AnnounceRun,
): Promise<readonly string[]> {
  const recover = async () => (await recoverRuns({ infospace, announce })).warnings;
  return await recoveredIn(infospacePaths(infospace).meteredRuns, infospace, terminal, recover);
}

/**
 * The same for any directory of runs: the ledger is told of their calls, and then `recover` does the rest.
 *
 * @param infospace whose they are; `null` outside of any.
 */
export async function recoveredIn(
  runs: string,
  infospace: string | null,
  terminal: Terminal,
  recover: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    const { dead } = await unfinishedRuns(runs);
    const untold: string[] = [];
    if (dead.length > 0) {
      // Loaded only where there are any: every look at an infospace passes here.
      const { tellOfKilledRuns } = await import('./observing/tell-of-killed-runs.js');
      untold.push(...(await tellOfKilledRuns(dead, infospace, terminal)));
    }
    return [...untold, ...(await recover())];
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    // Who may only read may look all the same.
    return [`Runs that were killed, if there are any, could not be recorded yet: ${error.message}`];
  }
}
