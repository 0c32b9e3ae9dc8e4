import { field, isFields, parsedJson } from '@budget/core';

/** Where the dialects put what a model wrote, also the arguments of the tools that it calls. */
const WRITTEN: ReadonlySet<string> = new Set([
  ...['content', 'text', 'delta', 'arguments', 'partial_json', 'thinking', 'reasoning', 'reasoning_content', 'refusal'],
  ...['response', 'args', 'input'],
]);

const MAX_DEPTH = 20;
/** Of any byte-level tokenizer: most texts have more bytes a token, so that this is rather too many. */
const BYTES_A_TOKEN = 3;

/**
 * About how many tokens a model wrote in what was received of its answer: the pieces of an event stream, lines of JSON, or
 * a document. For a call whose usage never came. Rather too many than too few; 0 when no text is found.
 */
export function receivedTokens(received: string): number {
  let bytes = 0;
  const whole = parsedJson(received);
  if (whole !== undefined) bytes = hasNotBegun(whole) ? 0 : answerBytes(whole);
  else {
    for (const line of received.split('\n')) {
      const data = line.startsWith('data:') ? line.slice(5) : line;
      const event = parsedJson(data.trim());
      if (isFields(event) && !repeatsAll(event)) bytes += answerBytes(event);
    }
  }
  return Math.ceil(bytes / BYTES_A_TOKEN);
}

/** Events of OpenAI's responses and transcriptions that say once more what the deltas before them said. */
function repeatsAll(event: unknown): boolean {
  const type = field(event, 'type');
  return typeof type === 'string' && /^(?:response|transcript)\./.test(type) && !type.endsWith('.delta');
}

/** An answer of OpenAI's responses that is written in the background: what it costs nobody knows yet. */
function hasNotBegun(document: unknown): boolean {
  const status = field(document, 'status');
  return status === 'queued' || status === 'in_progress';
}

/** What OpenAI's responses say back of the request. */
const ECHOED: ReadonlySet<string> = new Set(['metadata', 'instructions', 'prompt']);

function answerBytes(document: unknown): number {
  if (!isFields(document)) return writtenBytes(document, '', 0);
  let bytes = 0;
  for (const [name, each] of Object.entries(document)) if (!ECHOED.has(name)) bytes += writtenBytes(each, name, 1);
  return bytes;
}

function writtenBytes(value: unknown, key: string, depth: number): number {
  if (typeof value === 'string') return WRITTEN.has(key) ? Buffer.byteLength(value) : 0;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 0;
  let bytes = 0;
  for (const [name, each] of Object.entries(value)) {
    bytes += writtenBytes(each, Array.isArray(value) ? key : name, depth + 1);
  }
  return bytes;
}
