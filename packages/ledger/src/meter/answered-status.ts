import { field, isFields, parsedJson } from '@budget/core';
import type { CallOutcome } from './call-outcome.js';
import { receivedTokens } from './received-text.js';

/** Of an error that tells none: from whoever did not answer. */
const SOME_ERROR = 500;
/**
 * Anthropic's 504 and Bedrock's 408: https://docs.anthropic.com/en/api/errors,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html.
 */
const TIMED_OUT = 504;
const TIMEOUTS: ReadonlySet<unknown> = new Set(['timeout_error', 'modelTimeoutException']);
const RATE_LIMITED = 429;

/**
 * What OpenAI's responses say first, and then whether they are refused for their rate:
 * https://platform.openai.com/docs/api-reference/responses-streaming.
 */
const BEGINNINGS: ReadonlySet<unknown> = new Set(['response.created', 'response.queued', 'response.in_progress']);
const RATE_CODES: ReadonlySet<unknown> = new Set(['rate_limit_exceeded', 'insufficient_quota']);

type Answered = CallOutcome & { readonly kind: 'answered' };

/**
 * The status of HTTP that an answer counts as: its own, and of one that seemed well and then held nothing but an error, what
 * the error says. OpenRouter answers 200 as soon as a provider works on a request, and tells of its failure in the body
 * or the first event (https://openrouter.ai/docs/api/reference/errors-and-debugging); streams of others do so too.
 */
export function answeredStatus({ status, reading, received }: Answered): number {
  const { error, usage } = reading;
  if (status >= 300 || error === null || usage.tokens !== null || usage.reportedCostNanoUsd !== null) return status;
  const events = eventsOf(received);
  const others = events.filter((event) => !BEGINNINGS.has(field(event, 'type')));
  const holdsOnlyErrors = others.length > 0 && others.every(isOnlyError) && receivedTokens(received) === 0;
  if (!holdsOnlyErrors) return status;
  const told = statusOf(others[0]);
  // A model may have thought for a response that has begun, unless it was refused before.
  const mayBeBilled = others.length < events.length && told !== RATE_LIMITED;
  return mayBeBilled ? status : told;
}

/** Whether an answer tells of an error, also after a part of it. */
export function hasFailed(answer: Answered): boolean {
  return answeredStatus(answer) >= 400 || (answer.reading.error !== null && eventsOf(answer.received).some(isError));
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

/** What an event of OpenAI's responses is about, and every other event itself. */
function subjectOf(event: unknown): unknown {
  const response = field(event, 'response');
  return isFields(response) ? response : event;
}

function isError(event: unknown): boolean {
  const subject = subjectOf(event);
  if (!isFields(subject)) return false;
  const { error, type, object } = subject;
  const isTold = typeof error === 'string' ? error !== '' : isFields(error) && Object.keys(error).length > 0;
  return isTold || type === 'error' || object === 'error';
}

/** What has an output, or a usage that cannot be read, has begun to answer. */
function isOnlyError(event: unknown): boolean {
  const subject = subjectOf(event);
  const output = field(subject, 'output');
  return isError(event) && (field(subject, 'usage') ?? null) === null && !(Array.isArray(output) && output.length > 0);
}

function statusOf(event: unknown): number {
  const subject = subjectOf(event);
  const error = isFields(field(subject, 'error')) ? field(subject, 'error') : subject;
  const code = field(error, 'code');
  if (TIMEOUTS.has(field(error, 'type'))) return TIMED_OUT;
  if (RATE_CODES.has(code)) return RATE_LIMITED;
  const told = [code, field(error, 'status')].map(Number);
  return told.find((status) => status >= 400 && status < 600) ?? SOME_ERROR;
}
