import type { ErrorKind } from '@budget/infospace';

export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  internal: 1,
  usage: 2,
  budget: 3,
  input: 4,
  environment: 5,
};

/** `exec` itself failed, and not its program. */
export const EXEC_FAILED = 125;
