import type { Hook, z } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { type FieldError, RefusedRequest } from './refusal.js';

/** As many as help; a body of nonsense has thousands. */
const MAX_ERRORS = 20;
const ITSELF = { json: 'body', query: 'query', param: 'path', header: 'header', cookie: 'cookie', form: 'body' };

/** Refuses what does not have the shape of a route, with the fields. */
export const invalidRequest: Hook<unknown, Env, string, unknown> = (result) => {
  if (result.success) return;
  const issues = result.error.issues.slice(0, MAX_ERRORS).flatMap(issuesOf);
  const errors = issues.slice(0, MAX_ERRORS).flatMap(({ path, message, ...issue }): FieldError[] => {
    const at = fieldText(path);
    // Otherwise a misspelt name would be told as a fault of what holds it.
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ field: fieldText([...path, key]), message: 'There is no such field.' }));
    return [{ field: at === '' ? ITSELF[result.target] : at, message }];
  });
  throw invalidFields(errors.slice(0, MAX_ERRORS));
};

type Issue = z.core.$ZodIssue;

/** Of what may have several forms, those of the one form that it has. */
function issuesOf(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfForm = (each: Issue) => each.path.length > 0 || each.code === 'unrecognized_keys';
  const [form = [], ...others] = issue.errors.filter((issues) => issues.every(isOfForm));
  if (form.length === 0 || others.length > 0) return [issue];
  return form.slice(0, MAX_ERRORS).map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

export function invalidFields(errors: readonly FieldError[]): RefusedRequest {
  const [first] = errors;
  const more = errors.length > 1 ? ' (there is more)' : '';
  const detail = first === undefined ? 'It is not valid' : `${first.field}: ${first.message}${more}`;
  return new RefusedRequest({ status: 422, code: 'request_invalid', detail, errors });
}

function fieldText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
