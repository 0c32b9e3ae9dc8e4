import { type AnnounceRun, CodedError, recoverRuns } from '@budget/infospace';

/** Records what killed runs left, before a command looks at an infospace. Sentences for people. */
export async function recoveredRuns(infospace: string, announce: AnnounceRun): Promise<readonly string[]> {
  try {
    return (await recoverRuns({ infospace, announce })).warnings;
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    // Who may only read may look all the same.
    return [`A run that was killed could not be recorded yet: ${error.message}`];
  }
}
