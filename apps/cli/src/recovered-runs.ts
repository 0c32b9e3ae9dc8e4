import { type AnnounceRun, CodedError, infospacePaths, recoverRuns, unfinishedRuns } from '@budget/infospace';
import type { tellOfKilledRuns } from './observing/tell-of-killed-runs.js';
import type { Terminal } from './terminal.js';

/** Loaded only where there are any: every look at an infospace passes here. */
async function toldOf(...told: Parameters<typeof tellOfKilledRuns>): Promise<readonly string[]> {
  const { tellOfKilledRuns } = await import('./observing/tell-of-killed-runs.js');
  return await tellOfKilledRuns(...told);
}

/** Records what killed runs left, before a command looks at an infospace. Sentences for people. */
export async function recoveredRuns(
  infospace: string,
  terminal: Terminal,
  announce: AnnounceRun,
): Promise<readonly string[]> {
  try {
    const { dead } = await unfinishedRuns(infospacePaths(infospace).meteredRuns);
    const untold = dead.length === 0 ? [] : await toldOf(dead, infospace, terminal);
    return [...untold, ...(await recoverRuns({ infospace, announce })).warnings];
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    // Who may only read may look all the same.
    return [`A run that was killed could not be recorded yet: ${error.message}`];
  }
}
