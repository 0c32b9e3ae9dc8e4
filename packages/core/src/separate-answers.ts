import { DONE, eventData } from './event-data.js';
import { parsedJson } from './parsed-json.js';
import { partsOf } from './response-parts.js';
import { finishesGoogle, noProgress, progressAfter, type StreamProgress } from './stream-end.js';
import { streamText } from './stream-text.js';
import { arrayElements } from './text-splitters.js';
import { type Fields, isFields, list } from './usage-fields.js';

/**
 * The answers of a list, each with its elements in their order: more than one element only where they are pieces of one
 * answer, as Google streams them without `alt=sse`. All pieces of one of its answers have the same `responseId`; older
 * recordings have none, and are several answers only where each finishes by itself.
 */
export function separateAnswers(elements: readonly unknown[]): readonly (readonly unknown[])[] {
  const answers: unknown[][] = [];
  let open: { readonly id: unknown; readonly pieces: unknown[] } | null = null;
  for (const element of elements) {
    const id = isGooglePiece(element) ? (element['responseId'] ?? null) : undefined;
    if (open !== null && id !== undefined && open.id === id) {
      open.pieces.push(element);
      continue;
    }
    const pieces = [element];
    answers.push(pieces);
    open = id === undefined ? null : { id, pieces };
  }
  return answers.flatMap((pieces) => (areWholeWithoutId(pieces) ? pieces.map((piece) => [piece]) : [pieces]));
}

function isGooglePiece(value: unknown): value is Fields {
  return isFields(value) && ('candidates' in value || 'usageMetadata' in value || 'promptFeedback' in value);
}

function areWholeWithoutId(pieces: readonly unknown[]): boolean {
  return pieces.every((piece) => isGooglePiece(piece) && !('responseId' in piece) && finishesGoogle(piece));
}

/**
 * The texts of the answers that stand one behind the other in a text: event streams, lines of JSON as Ollama streams
 * them, JSON arrays. An answer ends where its dialect says so, and the next begins with the first event that is no part
 * of it: gateways write `[DONE]`, and what they charge, behind the last event of a provider. Line ends become line feeds.
 */
export function separateStreams(given: string): readonly string[] {
  const text = streamText().read(given);
  const start = text.trimStart();
  if (start.startsWith('[')) return separateArrays(text);
  return start.startsWith('{') ? separateEvents(text, '\n', (line) => line) : separateEvents(text, '\n\n', eventData);
}

/** An array that broke off is a text of its own. */
function separateArrays(text: string): readonly string[] {
  const ends: number[] = [];
  const ignored = () => {};
  const onEnd = (end: number) => ends.push(end);
  arrayElements({ maxLength: text.length, onPart: ignored, onDropped: ignored, onEnd }).push(text);
  const texts = [0, ...ends].map((from, index) => text.slice(from, ends[index]));
  return texts.filter((each) => each.trim() !== '');
}

function separateEvents(text: string, separator: string, dataOf: (event: string) => string): readonly string[] {
  const starts = [0];
  let answer = nothingYet;
  let at = 0;
  for (const event of text.split(separator)) {
    const data = dataOf(event).trim();
    const value = data === DONE ? undefined : parsedJson(data);
    if (data === DONE) {
      answer = { ...answer, isOver: true };
    } else if (isFields(value)) {
      const isFirst = beginsAnother(value, answer);
      if (isFirst) starts.push(at);
      answer = answerAfter(isFirst ? nothingYet : answer, value);
    }
    at += event.length + separator.length;
  }
  return starts.map((start, index) => text.slice(start, starts[index + 1]));
}

interface AnswerSoFar {
  readonly hasBegun: boolean;
  readonly id: string | null;
  readonly isOver: boolean;
  readonly progress: StreamProgress;
}

const nothingYet: AnswerSoFar = { hasBegun: false, id: null, isOver: false, progress: noProgress };

function answerAfter(before: AnswerSoFar, event: Fields): AnswerSoFar {
  const { id, rawUsage } = partsOf(event);
  const progress = progressAfter(before.progress, event, rawUsage !== null);
  return { hasBegun: true, id: before.id ?? id, isOver: before.isOver || progress.isOver, progress };
}

/** The first events of Anthropic, of OpenAI's responses, and of both APIs of Cohere: each comes once in a stream. */
const firstEvents: ReadonlySet<unknown> = new Set([
  'message_start',
  'response.created',
  'message-start',
  'stream-start',
]);

function beginsAnother(event: Fields, before: AnswerSoFar): boolean {
  if (firstEvents.has(event['type']) || firstEvents.has(event['event_type'])) return before.hasBegun;
  const { id } = partsOf(event);
  // Some servers give each event an id of its own, so that another one alone says nothing.
  if (id !== null && before.id !== null && id !== before.id) return before.isOver || before.progress.hasToldAll;
  const hasContent = list(event['choices']).length > 0 || list(event['candidates']).length > 0;
  return before.isOver && (hasContent || typeof event['done'] === 'boolean');
}
