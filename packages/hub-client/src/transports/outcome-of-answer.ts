import { retryAfterMs } from '../retry-policy.js';
import type { HubAnswer } from './send-request.js';
import { failed, type Outcome } from './transport.js';

/** Of these a hub never thinks better: the event, the token or the address has to change first. */
const refusals: Readonly<Record<number, string>> = {
  400: 'it does not take the event as it is',
  401: 'it wants a token: set BUDGET_HUB_TOKEN',
  403: 'the token may not write there',
  404: 'there is no hub at this address',
  413: 'the event is too large for it',
  422: 'it does not take the event as it is',
};
const ABOUT_HUB = [401, 403, 404];

/** What an answer other than 2xx means. Nothing of its text is told: it may be anybody's. */
export function outcomeOfStatus({ status, headers }: HubAnswer, nowMs: number): Outcome {
  const refusal = refusals[status];
  if (refusal !== undefined) {
    const reason = `the hub answered ${status}: ${refusal}`;
    return { kind: 'refused', code: `http_${status}`, reason, isAboutHub: ABOUT_HUB.includes(status) };
  }
  const note = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  // What one event does to a hub that answers 500 says nothing of the next one.
  return failed(`the hub answered ${status}${note}`, retryAfterMs(headers['retry-after'], nowMs), status !== 500);
}

export const notAHub = failed('the answer is not that of a hub');
