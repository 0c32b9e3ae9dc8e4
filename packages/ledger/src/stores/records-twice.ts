import { CodedError } from '@budget/core';

/** Of records that are taken over. */
export function recordsTwice(cause: unknown): CodedError {
  return new CodedError({
    code: 'records_twice',
    kind: 'input',
    cause,
    message:
      'Something is there twice: the records name the same scope, limit, reservation or thread two times, or somebody began to use the ledger meanwhile. Nothing was imported.',
  });
}
