import type { EventFold } from './event-fold.js';
import { parsedJson } from './parsed-json.js';
import { type ResponseReading, readResponse } from './read-response.js';
import { separatedText } from './text-splitters.js';
import { field } from './usage-fields.js';

/** Reads the text of a response. `reading` answers as if it broke off here. */
export interface ResponseReader {
  push(text: string): void;
  reading(): ResponseReading;
  end(): ResponseReading;
}

/**
 * Reads text that begins with a brace: one document, or lines that each are one (Ollama's streams). The first line
 * tells which, since it is JSON by itself only where the document does not go on after it.
 */
export function jsonReader(maxLength: number, events: EventFold): ResponseReader {
  let pieces: string[] = [];
  let length = 0;
  let kind: 'unknown' | 'document' | 'lines' | 'dropped' = 'unknown';
  /** The first line while there is no other: then it is the whole document. */
  let onlyLine: unknown;
  const lines = separatedText('\n', { maxLength, onPart: takeLine, onDropped: events.lose });

  function takeLine(line: string): void {
    if (line.trim() === '') return;
    onlyLine = undefined;
    events.take(line);
  }

  function add(text: string): void {
    length += text.length;
    if (kind === 'dropped' || length <= maxLength) {
      if (kind !== 'dropped') pieces.push(text);
      return;
    }
    kind = 'dropped';
    pieces = [];
    events.lose();
  }

  function takeFirstLine(text: string): void {
    const lineEnd = text.indexOf('\n');
    if (lineEnd === -1) {
      add(text);
      return;
    }
    const line = parsedJson(pieces.join('') + text.slice(0, lineEnd));
    if (line === undefined) {
      kind = 'document';
      add(text);
      return;
    }
    kind = 'lines';
    pieces = [];
    onlyLine = line;
    events.takeValue(line);
    lines.push(text.slice(lineEnd + 1));
  }

  const nothingKnown = () => events.reading(() => true);

  return {
    push(text) {
      if (kind === 'lines') lines.push(text);
      else if (kind === 'unknown') takeFirstLine(text);
      else add(text);
    },
    reading() {
      if (kind !== 'lines') return nothingKnown();
      const hasRest = () => lines.rest().trim() !== '';
      return onlyLine !== undefined && !hasRest() ? documentReading(onlyLine) : events.reading(hasRest);
    },
    end() {
      if (kind !== 'lines') {
        const document = kind === 'dropped' ? undefined : parsedJson(pieces.join(''));
        return document === undefined ? nothingKnown() : documentReading(document);
      }
      const rest = lines.rest().trim();
      if (rest === '' && onlyLine !== undefined) return documentReading(onlyLine);
      const isCut = rest !== '' && !events.takeLast(rest);
      return events.reading(() => isCut);
    },
  };
}

/** The first line of Ollama's streams is a document by itself, and says that others follow. */
function documentReading(document: unknown): ResponseReading {
  const reading = readResponse(document);
  return field(document, 'done') === false ? { ...reading, isPartial: true } : reading;
}
