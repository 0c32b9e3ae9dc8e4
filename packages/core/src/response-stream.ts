import { eventData, withoutComments } from './event-data.js';
import { type EventFold, eventFold } from './event-fold.js';
import { jsonReader, type ResponseReader } from './json-reader.js';
import type { ResponseReading } from './read-response.js';
import { streamText } from './stream-text.js';
import { arrayElements, separatedText, type TextSplitter } from './text-splitters.js';

export interface ResponseStream {
  push(chunk: Uint8Array | string): void;
  /** Nothing follows. A last event that lacks only the blank line after it still counts. */
  end(): ResponseReading;
  /** What the complete events so far say, as if the stream broke off here. One JSON document says nothing so far. */
  reading(): ResponseReading;
}

export interface ResponseStreamOptions {
  /** The longest event, or JSON document, that is read, in UTF-16 units. Default: 64 Mi. */
  readonly maxEventLength?: number;
}

const DEFAULT_MAX_EVENT_LENGTH = 64 * 1024 * 1024;

/**
 * Reads a response of any kind while its bytes come in: an event stream, lines of JSON (Ollama), the elements of a JSON
 * array (Google without `alt=sse`) or one JSON document. The first character that is not blank tells which.
 *
 * Several reports of usage in one stream are cumulative and are never summed (see `mergeUsage`). A response is partial
 * unless an end of it was seen (see `progressAfter`), and also where an event or document was longer than
 * `maxEventLength`, which is dropped. A JSON document that is cut off says nothing. Never throws.
 *
 * The format of event streams: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
 */
export function responseStream(options: ResponseStreamOptions = {}): ResponseStream {
  const maxLength = options.maxEventLength ?? DEFAULT_MAX_EVENT_LENGTH;
  const text = streamText();
  const events = eventFold();
  let reader: ResponseReader | null = null;
  let last: ResponseReading | null = null;

  function take(piece: string): void {
    const known = reader === null ? piece.trimStart() : piece;
    if (known === '') return;
    reader ??= readerOf(known, maxLength, events);
    reader.push(known);
  }

  const emptyReading = () => events.reading(() => true);

  return {
    push(chunk) {
      if (last === null) take(text.read(chunk));
    },
    end() {
      if (last !== null) return last;
      take(text.end());
      last = reader?.end() ?? emptyReading();
      return last;
    },
    reading: () => last ?? reader?.reading() ?? emptyReading(),
  };
}

function readerOf(start: string, maxLength: number, events: EventFold): ResponseReader {
  if (start.startsWith('{')) return jsonReader(maxLength, events);
  const options = { maxLength, onDropped: events.lose };
  if (start.startsWith('[')) {
    const elements = arrayElements({ ...options, onPart: (element) => events.take(element), onEnd: events.finish });
    return eventReader(elements, events, (element) => element);
  }
  const onPart = (event: string) => events.take(event, eventData);
  return eventReader(separatedText('\n\n', { ...options, onPart }), events, eventData);
}

function eventReader(splitter: TextSplitter, events: EventFold, dataOf: (event: string) => string): ResponseReader {
  const hasRest = () => withoutComments(splitter.rest()).trim() !== '';
  return {
    push: splitter.push,
    reading: () => events.reading(hasRest),
    end() {
      const isCut = hasRest() && !events.takeLast(dataOf(splitter.rest()));
      return events.reading(() => isCut);
    },
  };
}
