/** Runs what somebody else gave us. What it throws, or its promise rejects with, is told to `log` and goes no further. */
export function quietly(log: (line: string) => void, work: () => unknown): Promise<void> {
  const failed = (error: unknown): void => {
    try {
      log(`An observer of calls failed: ${error instanceof Error ? error.message : String(error)}`);
    } catch {
      // There is nobody left to tell.
    }
  };
  try {
    return Promise.resolve(work()).then(() => {}, failed);
  } catch (error) {
    failed(error);
    return Promise.resolve();
  }
}
