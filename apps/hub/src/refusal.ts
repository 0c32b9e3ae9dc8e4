import type * as z from 'zod';

/** Why a request is not done, as the answer says it: `{detail, code}`, and `errors` where there may be several. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 500 | 503;
  /** Stable, in snake_case. */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  readonly errors?: readonly Fault[];
}

export interface Fault {
  /** Of the field, such as `data.models[0].calls`, in a batch behind the number of the event: `[3].data.calls`. */
  readonly path: string;
  readonly message: string;
}

/** What was asked for, or why it is not done. */
export type Outcome<T> = { readonly value: T } | { readonly refusal: Refusal };

/** As many as help; a batch of nonsense has thousands. */
export const MAX_FAULTS = 20;

/** What is wrong with a value from outside, by its path. */
export function faultsOf(error: z.ZodError, at: string = ''): readonly Fault[] {
  return error.issues.map(({ path, message }) => ({ path: pathText(path, at), message }));
}

export function invalid(code: string, faults: readonly Fault[]): Refusal {
  const [first] = faults;
  const more = faults.length > 1 ? ' (there is more)' : '';
  const detail = first === undefined ? 'It is not valid' : `${first.path || 'It'}: ${first.message}${more}`;
  return { status: 422, code, detail, errors: faults.slice(0, MAX_FAULTS) };
}

function pathText(path: readonly PropertyKey[], at: string): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, at);
}
