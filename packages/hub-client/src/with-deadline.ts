/**
 * Does `work`, for so long at most: then its signal is aborted, and what it gives after that is nobody's. The timer holds
 * the process: else one that has nothing else to do would end in the middle of it.
 *
 * @throws what `work` throws; an `Error` when the time is over
 */
export async function withDeadline<Result>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${deadlineMs} ms`));
      controller.abort();
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(controller.signal), patience]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Does `work`, whose signal is aborted after so long, and waits for what it makes of that.
 *
 * @throws what `work` throws
 */
export async function abortedAfter<Result>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  // Not `AbortSignal.timeout`, whose timer lets a process end that has nothing else to do.
  const timer = setTimeout(() => controller.abort(), deadlineMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
