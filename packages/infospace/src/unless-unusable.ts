import { CodedError } from '@budget/core';

/**
 * For an index, which one can do without: what is wrong with it is no reason to fail. `null` where the step failed; the
 * next command makes the index anew.
 */
export async function unlessUnusable<Result>(step: () => Promise<Result>): Promise<Result | null> {
  try {
    return await step();
  } catch (error) {
    if (CodedError.isInstance(error)) return null;
    throw error;
  }
}
