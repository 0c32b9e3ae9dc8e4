import { CodedError } from '@budget/core';
import type { ChangeResult } from './store.js';

const problems: Readonly<Record<Exclude<ChangeResult['status'], 'changed'>, readonly [code: string, what: string]>> = {
  unknown: ['reservation_unknown', 'is not known: it was never made, or so long ago that it is not kept any more.'],
  id_taken: [
    'id_taken',
    'stands for another request already. Use a new id for every call, and the same only to repeat one.',
  ],
  not_held: ['not_held', 'is not held any more, so nothing may be sent on it. Reserve anew, with a longer expiry.'],
  already_sent: [
    'already_sent',
    'was sent, so it may have been billed. Settle it, or release it with proof that it was not (isNotBilled).',
  ],
  already_settled: ['already_settled', 'was settled before, with other amounts. They stand.'],
};

/** Why a verb did nothing to a reservation. */
export function changeError(id: string, status: keyof typeof problems): CodedError {
  const [code, what] = problems[status];
  return new CodedError({ code, kind: 'input', message: `Reservation ${id} ${what}` });
}
