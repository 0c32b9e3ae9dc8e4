import { CodedError } from '@budget/core';
import type { z } from '@hono/zod-openapi';

/** A check of the ledger's own in a schema, so that what is wrong is told with its field. */
export function checkedBy(check: (value: unknown) => unknown) {
  return (value: unknown, context: z.RefinementCtx): void => {
    try {
      check(value);
    } catch (error) {
      if (!CodedError.isInstance(error)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  };
}
