import { type Fields, isFields, parsedJson } from '@budget/core';
import type { Dialect } from './dialect.js';

/**
 * They count in their last event without being asked, for every program, and most refuse what they do not know. OpenRouter:
 * https://openrouter.ai/docs/use-cases/usage-accounting.
 */
const countUnasked: ReadonlySet<string> = new Set(['groq', 'mistral', 'perplexity', 'cohere', 'openrouter']);

/** Whether the usage of this stream will be missing unless it is asked for. */
export function lacksUsage(body: Fields, dialect: Dialect, provider: string): boolean {
  if (dialect !== 'openai_chat' || body['stream'] !== true || countUnasked.has(provider)) return false;
  const options = body['stream_options'];
  return !isFields(options) || options['include_usage'] !== true;
}

export function askingForUsage(body: Fields): Fields {
  const options = body['stream_options'];
  return { ...body, stream_options: { ...(isFields(options) ? options : {}), include_usage: true } };
}

/** @param text an object that is not empty and has no `stream_options`; each byte of it stays */
export function textAskingForUsage(text: string): string {
  const start = text.indexOf('{') + 1;
  return `${text.slice(0, start)}"stream_options":{"include_usage":true},${text.slice(start)}`;
}

export interface StreamFilter {
  /** What the client may see of the stream so far. */
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** An event that is longer is no count, and is handed on in pieces. */
const MAX_EVENT_BYTES = 1024 * 1024;

/**
 * Takes out of an event stream what is there only because usage was asked for: the event with the count and no choice,
 * and `"usage":null` in the others. Everything else is handed on byte for byte, an event as soon as it is complete.
 */
export function usageHider(): StreamFilter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lineLength = 0;
  let isTooLong = false;

  function judged(last: Buffer): Buffer {
    const event = held.length === 0 ? last : Buffer.concat([...held, last]);
    held = [];
    heldBytes = 0;
    if (!isTooLong) return shown(event);
    isTooLong = false;
    return event;
  }

  return {
    push(chunk) {
      const out: Buffer[] = [];
      let start = 0;
      for (let index = 0; index < chunk.length; index += 1) {
        const byte = chunk[index];
        if (byte === CARRIAGE_RETURN) continue;
        if (byte !== LINE_FEED) {
          lineLength += 1;
          continue;
        }
        if (lineLength === 0) {
          out.push(judged(chunk.subarray(start, index + 1)));
          start = index + 1;
        }
        lineLength = 0;
      }
      const rest = chunk.subarray(start);
      if (rest.length > 0 && (isTooLong || heldBytes + rest.length > MAX_EVENT_BYTES)) {
        isTooLong = true;
        out.push(...held, rest);
        held = [];
        heldBytes = 0;
      } else if (rest.length > 0) {
        held.push(rest);
        heldBytes += rest.length;
      }
      return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out);
    },
    // Without the blank line after it, it is still an event.
    end: () => judged(Buffer.alloc(0)),
  };
}

const NOTHING = Buffer.alloc(0);
const NULL_USAGE = /,\s*"usage"\s*:\s*null(?=\s*[,}])/g;

function shown(event: Buffer): Buffer {
  if (!event.includes('"usage"')) return event;
  const text = event.toString();
  const [, data = ''] = /^data:[ ]?(.*)$/m.exec(text) ?? [];
  const parsed = parsedJson(data);
  if (!isFields(parsed)) return event;
  const { choices, usage } = parsed;
  if (isFields(usage) && Array.isArray(choices) && choices.length === 0) return NOTHING;
  // Inside a text the quotes would be escaped; in an object of its own it would be a second one.
  const isOne = usage === null && text.match(NULL_USAGE)?.length === 1;
  return isOne ? Buffer.from(text.replace(NULL_USAGE, '')) : event;
}
