/**
 * Runs what somebody else gave us. What it throws, or its promise rejects with, is told to `log` and goes no further.
 *
 * @param log one that never throws, as `quietLog` makes it
 */
export function quietly(log: (line: string) => void, work: () => unknown): Promise<void> {
  const failed = (error: unknown): void =>
    log(`An observer of calls failed: ${error instanceof Error ? error.message : String(error)}`);
  try {
    return Promise.resolve(work()).then(() => {}, failed);
  } catch (error) {
    failed(error);
    return Promise.resolve();
  }
}
