import { CodedError } from '@budget/core';

/** For sums that a number no longer holds exactly: wrong figures are worse than none. */
export function tokensOutOfRange(what: string): CodedError {
  return new CodedError({
    code: 'tokens_out_of_range',
    kind: 'input',
    message: `The tokens of ${what} sum past 2^53, which no real use comes near. Nothing was recorded; check the run records.`,
  });
}
