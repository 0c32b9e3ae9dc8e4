import { CodedError } from '@budget/core';
import { shown } from './shown.js';

/** `thread:…`, `run:…`, `infospace:<workspace>/<slug>`, `application:…`, `org`: any name a program chooses. */
export type Scope = string;

export const MAX_SCOPE_LENGTH = 500;
/** More would make every reservation slow. Nobody nests deeper who does not nest in a circle. */
export const MAX_ANCESTORS = 16;
export const MAX_SCOPES = 16;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they would spoil every list, and forge lines of every log, that shows the name
export const unfitForNames = /[\u0000-\u001f\u007f\p{Surrogate}]/u;

/** @throws CodedError `scope_invalid` */
export function checkedScope(scope: unknown): Scope {
  const isName = typeof scope === 'string' && scope.trim() === scope && !unfitForNames.test(scope);
  if (isName && scope !== '' && scope.length <= MAX_SCOPE_LENGTH) return scope;
  throw new CodedError({
    code: 'scope_invalid',
    kind: 'input',
    message: `${shown(scope)} is no scope. A scope is a name such as 'run:42' of at most ${MAX_SCOPE_LENGTH} characters, without control characters and without blanks at its ends.`,
  });
}

/** Sorted, each once. @throws CodedError `scope_invalid` */
export function checkedScopes(scopes: unknown): readonly Scope[] {
  if (Array.isArray(scopes) && scopes.length > 0 && scopes.length <= MAX_SCOPES) {
    return [...new Set(scopes.map(checkedScope))].sort();
  }
  throw new CodedError({
    code: 'scope_invalid',
    kind: 'input',
    message: `Scopes are a list of 1 to ${MAX_SCOPES} names.`,
  });
}
