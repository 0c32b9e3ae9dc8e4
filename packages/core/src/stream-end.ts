import { INVOCATION_METRICS } from './response-parts.js';
import { type Fields, field, isFields, list } from './usage-fields.js';

/** How far a stream has come, as its events tell. */
export interface StreamProgress {
  /** The event came that nothing follows. */
  readonly isOver: boolean;
  /** A reason to finish came. What OpenAI's dialects count may still follow it. */
  readonly hasFinished: boolean;
  /** After the reason to finish, or with it, came the usage: all is told, though the last event may be missing. */
  readonly hasToldAll: boolean;
}

export const noProgress: StreamProgress = { isOver: false, hasFinished: false, hasToldAll: false };

const lastEvents: ReadonlySet<unknown> = new Set([
  'message_stop', // Anthropic
  'response.completed', // OpenAI's responses
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'response.done', // OpenAI's realtime
  'message-end', // Cohere
  'stream-end', // Cohere's first API, as `event_type`
  'interaction.completed', // Google's interactions, as `event_type`; formerly the other
  'interaction.complete',
  'transcript.text.done', // OpenAI's transcriptions, speech and images
  'speech.audio.done',
  'image_generation.completed',
  'image_edit.completed',
]);

/**
 * A stream is complete after the last event of its dialect. Google's has none, and some servers that speak OpenAI's
 * dialect leave out `[DONE]`. Google counts in every event, so its reason to finish (or to refuse the prompt) is
 * enough; a finish_reason is enough once usage came with it or after it. A finish_reason without usage proves nothing:
 * the event with the usage may be the one that was lost.
 */
export function progressAfter(before: StreamProgress, event: unknown, hasUsage: boolean): StreamProgress {
  if (!isFields(event)) return before;
  const isOver = before.isOver || isLast(event);
  const isGoogleFinish = finishesGoogle(event) || finishesGoogle(event['response']);
  const hasFinished = before.hasFinished || isGoogleFinish || reasonIn(event['choices'], 'finish_reason');
  return { isOver, hasFinished, hasToldAll: before.hasToldAll || isGoogleFinish || (hasFinished && hasUsage) };
}

/** Bedrock adds its metrics to the last event of an invocation, whichever model it is. */
function isLast(event: Fields): boolean {
  return (
    lastEvents.has(event['type']) ||
    lastEvents.has(event['event_type']) ||
    event['done'] === true ||
    INVOCATION_METRICS in event
  );
}

export function finishesGoogle(event: unknown): boolean {
  const refusal = field(field(event, 'promptFeedback'), 'blockReason');
  return refusal !== undefined || reasonIn(field(event, 'candidates'), 'finishReason');
}

function reasonIn(choices: unknown, key: string): boolean {
  return list(choices).some((choice) => typeof field(choice, key) === 'string' && field(choice, key) !== '');
}
