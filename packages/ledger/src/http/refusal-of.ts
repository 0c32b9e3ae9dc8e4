import { CodedError } from '@budget/core';
import { HTTPException } from 'hono/http-exception';
import { BudgetExceededError } from '../budget-errors.js';
import { amountToJson } from './amount-json.js';
import { type Refusal, RefusedRequest } from './refusal.js';
import { timeOrNull } from './time-json.js';

const RETRY_AFTER_SECONDS = 1;

/** Errors of kind `input` that are about what there is, and not about what was sent. */
const statusByCode: Readonly<Record<string, 404 | 409>> = {
  ...{ reservation_unknown: 404, scope_unknown: 404, limit_unknown: 404 },
  ...{ thread_unknown: 404, observation_unknown: 404, already_judged: 409 },
  ...{ already_settled: 409, already_sent: 409, not_held: 409, id_taken: 409, counter_full: 409 },
};
/** The field that a check of the ledger is about, where the shape of a request does not show what is wrong. */
const fieldByCode: Readonly<Record<string, string>> = {
  ...{ scope_invalid: 'scope', amount_invalid: 'amounts', limit_invalid: 'thresholds', window_invalid: 'window' },
  ...{ id_invalid: 'id', expiry_invalid: 'expiresInMs', parent_invalid: 'parent', page_invalid: 'after' },
  ...{ span_invalid: 'start_time', time_zone_invalid: 'time_zone' },
};

/** What went wrong here is told to whoever runs the server; whoever asked is told what to do. */
export function refusalOf(error: unknown, log: (line: string) => void): Refusal {
  if (RefusedRequest.isInstance(error)) return error.refusal;
  if (BudgetExceededError.isInstance(error)) return budgetExceeded(error);
  if (error instanceof HTTPException) return notReadable(error);
  if (CodedError.isInstance(error)) {
    const { code, kind, message: detail } = error;
    if (kind === 'input') {
      const status = statusByCode[code];
      if (status !== undefined) return { status, code, detail };
      return { status: 422, code, detail, errors: [{ field: fieldByCode[code] ?? 'body', message: detail }] };
    }
    if (kind === 'environment' || code === 'ledger_closed') {
      log(detail);
      return unavailable(code);
    }
  }
  log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { status: 500, code: 'internal', detail: 'The server failed. What was asked may have been done or not.' };
}

function budgetExceeded({ message, code, scope, unit, resetsAtMs, ...amounts }: BudgetExceededError): Refusal {
  const [limit, used, held, asked] = [amounts.limit, amounts.used, amounts.held, amounts.asked].map(amountToJson);
  const resetsAt = timeOrNull(resetsAtMs);
  return { status: 402, code, detail: message, more: { scope, unit, limit, used, held, asked, resetsAt } };
}

function notReadable({ status }: HTTPException): Refusal {
  if (status === 415) {
    return { status, code: 'content_type_unknown', detail: 'Send JSON, as `Content-Type: application/json`.' };
  }
  return { status: 400, code: 'json_invalid', detail: 'The body is no JSON.' };
}

/** Not what the store says, which names files and servers. */
function unavailable(code: string): Refusal {
  return {
    status: 503,
    code,
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    detail: 'The ledger could not be used. Repeat the request with the same id: what was done is not done twice.',
  };
}
