import { CodedError } from '@budget/core';
import { expect } from 'vitest';

/** Far above what any refusal needs, also on a slow machine, and below what anybody would wait for. */
const SOON_MS = 3000;

/** The coded error that this ends with, soon; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<CodedError> {
  const startedAtMs = performance.now();
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(outcome, 'it should have been refused').toHaveProperty('error');
  const { error } = outcome as { error: unknown };
  if (!CodedError.isInstance(error)) throw error;
  expect(performance.now() - startedAtMs).toBeLessThan(SOON_MS);
  return error;
}
