import type { ErrorKind } from '@budget/infospace';

export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  internal: 1,
  usage: 2,
  budget: 3,
  input: 4,
  environment: 5,
};
