import { type Window, windowAt } from '../../window.js';
import { FOREVER_MS } from '../window-columns.js';

export interface WindowSpanMs {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Asking the calendar for a window takes longer than all the rest of a reservation, and it changes once a day. */
export class WindowSpans {
  /** The last one of each kind of window and time zone. */
  readonly #known = new Map<string, WindowSpanMs>();

  at(window: Window, atMs: number): WindowSpanMs {
    if (window === null) return { startsAtMs: 0, endsAtMs: FOREVER_MS };
    const key = `${window.every} ${window.timeZone}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.startsAtMs <= atMs && atMs < known.endsAtMs) return known;
    const { startsAtMs, endsAtMs } = windowAt(window, atMs);
    const span = { startsAtMs, endsAtMs: endsAtMs ?? FOREVER_MS };
    this.#known.set(key, span);
    return span;
  }
}
