import { CodedError } from '@budget/core';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { amountJson, unitSchema } from './amount-json.js';

/** Why a request is not done, as the answer says it. */
export interface Refusal {
  readonly status: 400 | 401 | 402 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 500 | 503;
  /** Stable, in snake_case. */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** What else the answer says: of a limit that has no room. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FieldError {
  /** Such as `amounts.tokens`, or `scope` of a path. */
  readonly field: string;
  readonly message: string;
}

/** Thrown by what stands before the routes. */
export class RefusedRequest extends CodedError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super({ code: refusal.code, kind: 'input', message: refusal.detail });
    this.name = 'RefusedRequest';
    this.refusal = refusal;
  }

  static override isInstance(value: unknown): value is RefusedRequest {
    return CodedError.isInstance(value) && 'refusal' in value;
  }
}

export function refuse(context: Context, { status, code, detail, errors, more, headers = {} }: Refusal): Response {
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  return context.json({ detail, code, ...(errors !== undefined && { errors }), ...more }, status);
}

const refusalSchema = z
  .object({
    detail: z.string().openapi({ description: 'For people.' }),
    code: z.string().openapi({ description: 'Stable, for programs.', example: 'request_invalid' }),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi('Refusal');

const budgetExceededSchema = z
  .object({
    ...{ detail: z.string(), code: z.literal('budget_exceeded'), scope: z.string(), unit: unitSchema },
    ...{ limit: amountJson, used: amountJson, held: amountJson, asked: amountJson },
    resetsAt: z.iso.datetime().nullable(),
  })
  .openapi('BudgetExceeded');

const reasons = {
  400: 'The body is no JSON.',
  401: 'A token is needed.',
  402: 'A limit has no room. Nothing was set aside.',
  403: 'Another token is needed, or the request came from elsewhere.',
  404: 'There is no such thing.',
  409: 'It is in a state, or stands for something, that this cannot change.',
  413: 'The body is too large.',
  415: 'The body is not JSON, or is compressed.',
  422: 'A parameter is wrong; errors name the fields.',
  503: 'The ledger could not be used: wait as Retry-After says, and repeat the request with the same id.',
};
const OF_EVERY_ROUTE = [403, 503] as const;

/** The answers of a route that say no, for its description. */
export function refusals(...statuses: readonly (keyof typeof reasons)[]) {
  return Object.fromEntries(
    [...new Set([...statuses, ...OF_EVERY_ROUTE])].map((status) => {
      const schema = status === 402 ? budgetExceededSchema : refusalSchema;
      return [status, { description: reasons[status], content: { 'application/json': { schema } } }];
    }),
  );
}
