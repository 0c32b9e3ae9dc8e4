import { DONE } from './event-data.js';
import { parsedJson } from './parsed-json.js';
import { type ResponseReading, readParts } from './read-response.js';
import { mergeParts, noParts, partsOf } from './response-parts.js';
import { noProgress, progressAfter } from './stream-end.js';
import { isTellingEvent } from './telling-event.js';

/** What the events of one response say together. */
export interface EventFold {
  /** Takes one complete event, and parses its data only where that may tell something. */
  take(event: string, dataOf?: (event: string) => string): void;
  /** Takes data that may be cut off, and returns whether it was whole. */
  takeLast(data: string): boolean;
  takeValue(value: unknown): void;
  /** Nothing follows. */
  finish(): void;
  /** An event was dropped, so that nobody knows what it said. */
  lose(): void;
  /** `isCut`: whether the stream so far ends inside an event. Asked only where that decides. */
  reading(isCut: () => boolean): ResponseReading;
}

/** Some servers name the model only in the second event (Azure), some never name an id: not every event is searched. */
const MAX_EVENTS_SEARCHED_FOR_NAMES = 8;

export function eventFold(): EventFold {
  let parts = noParts;
  let progress = noProgress;
  let isIncomplete = false;
  let searchedEvents = 0;
  let known: ResponseReading | null = null;

  const isSearched = () =>
    searchedEvents < MAX_EVENTS_SEARCHED_FOR_NAMES && (parts.id === null || parts.model === null);

  const fold: EventFold = {
    take(event, dataOf = (data) => data) {
      if (!isSearched() && !isTellingEvent(event)) {
        if (event.length < 64 && dataOf(event).trim() === DONE) fold.finish();
        return;
      }
      const data = dataOf(event);
      if (data === '') return;
      searchedEvents += 1;
      fold.takeLast(data);
    },
    takeLast(data) {
      if (data.trim() === DONE) {
        fold.finish();
        return true;
      }
      const value = parsedJson(data);
      if (value !== undefined) fold.takeValue(value);
      return value !== undefined;
    },
    takeValue(value) {
      const added = partsOf(value);
      parts = mergeParts(parts, added);
      progress = progressAfter(progress, value, added.rawUsage !== null);
      known = null;
    },
    finish() {
      progress = { ...progress, isOver: true };
    },
    lose() {
      isIncomplete = true;
    },
    reading(isCut) {
      known ??= readParts(parts, true);
      const isWhole = progress.isOver || (progress.hasToldAll && !isCut());
      return { ...known, isPartial: isIncomplete || !isWhole };
    },
  };
  return fold;
}
