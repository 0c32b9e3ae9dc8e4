import { CodedError } from '@budget/core';
import type { z } from '@hono/zod-openapi';
import { InvalidFieldError } from '../invalid-field-error.js';

/** A check of the ledger's own in a schema, so that what is wrong is told with its field. */
export function checkedBy<Value>(check: (value: Value) => unknown) {
  return (value: Value, context: z.RefinementCtx): void => {
    try {
      check(value);
    } catch (error) {
      if (!CodedError.isInstance(error)) throw error;
      const path = InvalidFieldError.isInstance(error) && error.field !== '' ? [error.field] : [];
      context.addIssue({ code: 'custom', path, message: error.message });
    }
  };
}
