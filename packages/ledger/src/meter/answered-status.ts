import { field, isFields, parsedJson } from '@budget/core';
import type { CallOutcome } from './call-outcome.js';
import { receivedTokens } from './received-text.js';

/** Of an error that tells none: from whoever did not answer. */
const SOME_ERROR = 500;
/** Anthropic's 504: https://docs.anthropic.com/en/api/errors. */
const TIMED_OUT = 504;

/**
 * The status of HTTP that an answer counts as: its own, and of one that seemed well and then held nothing but an error, what
 * the error says. OpenRouter answers 200 as soon as a provider works on a request, and tells of its failure in the body
 * or the first event (https://openrouter.ai/docs/api/reference/errors-and-debugging); streams of others do so too.
 */
export function answeredStatus({ status, reading, received }: CallOutcome & { readonly kind: 'answered' }): number {
  const { error, usage } = reading;
  if (status >= 300 || error === null || usage.tokens !== null || usage.reportedCostNanoUsd !== null) return status;
  const events = eventsOf(received);
  const holdsOnlyErrors = events.length > 0 && events.every(isError) && receivedTokens(received) === 0;
  return holdsOnlyErrors ? statusOf(events[0]) : status;
}

/** Of an event stream, lines of JSON, a list or one document. What is no JSON is an event of its own. */
function eventsOf(received: string): unknown[] {
  const whole = parsedJson(received);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  return received
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?::|event:|id:|retry:|data:\s*\[DONE\])/.test(line))
    .map((line) => parsedJson(line.replace(/^data:/, '')))
    .filter((event) => field(event, 'type') !== 'ping');
}

function isError(event: unknown): boolean {
  if (!isFields(event)) return false;
  const { error, type, object, usage = null, output } = event;
  const isTold = typeof error === 'string' ? error !== '' : isFields(error) && Object.keys(error).length > 0;
  // What has an output, or a usage that cannot be read, has begun to answer.
  const hasBegun = usage !== null || (Array.isArray(output) && output.length > 0);
  return (isTold || type === 'error' || object === 'error') && !hasBegun;
}

function statusOf(event: unknown): number {
  const error = isFields(field(event, 'error')) ? field(event, 'error') : event;
  if (field(error, 'type') === 'timeout_error') return TIMED_OUT;
  const told = [field(error, 'code'), field(error, 'status')].map(Number);
  return told.find((status) => status >= 400 && status < 600) ?? SOME_ERROR;
}
