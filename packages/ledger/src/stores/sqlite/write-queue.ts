import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** After this long the event loop has its turn: streams that pass through the same process must not stand still. */
const MAX_TURN_MS = 5;
/** A writer of another process is done in about a millisecond; the longest pause keeps the fairness. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
/** More wait for nothing: something is wrong with the disk, or with the caller. */
const MAX_WAITING = 100_000;

export interface WriteQueueOptions {
  /** Whether the error says that another process holds the lock. */
  readonly isBusy: (error: unknown) => boolean;
  /** What a write ends with that waited for its lock until its time was over. */
  readonly timedOut: (waitedMs: number) => Error;
  readonly timeoutMs: number;
  readonly random?: () => number;
}

interface Entry {
  readonly write: () => unknown;
  readonly enqueuedAtMs: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One synchronous write after the other, in the order of the calls. While another process holds the lock the event loop
 * runs on: a blocking wait would stop every stream of this process, for seconds at worst. Each write is tried at least
 * once, and not any more once it waited for `timeoutMs`.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #entries: Entry[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  /** When the first write since the event loop's last turn began. */
  #turnStartedAtMs: number | null = null;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  run<T>(write: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#entries.length >= MAX_WAITING) throw this.#options.timedOut(0);
      this.#entries.push({ write, enqueuedAtMs: performance.now(), resolve: resolve as Entry['resolve'], reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#drained = this.#drain();
    });
  }

  /** Resolves when every write so far has ended. */
  async idle(): Promise<void> {
    while (this.#isDraining) await this.#drained;
  }

  async #drain(): Promise<void> {
    for (let entry = this.#entries.shift(); entry !== undefined; entry = this.#entries.shift()) {
      // Also writes that are awaited one after the other: promises alone never let the event loop have its turn.
      while (this.#isTurnOver()) await nextTurn();
      await this.#settle(entry);
    }
    this.#isDraining = false;
  }

  #isTurnOver(): boolean {
    if (this.#turnStartedAtMs !== null) return performance.now() - this.#turnStartedAtMs >= MAX_TURN_MS;
    this.#turnStartedAtMs = performance.now();
    setImmediate(() => {
      this.#turnStartedAtMs = null;
    });
    return false;
  }

  async #settle({ write, enqueuedAtMs, resolve, reject }: Entry): Promise<void> {
    const { isBusy, timedOut, timeoutMs, random = Math.random } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        resolve(write() as never);
        return;
      } catch (error) {
        if (!isBusy(error)) {
          reject(error);
          return;
        }
      }
      const waitedMs = performance.now() - enqueuedAtMs;
      if (waitedMs >= timeoutMs) {
        reject(timedOut(waitedMs));
        return;
      }
      await sleep(Math.min(pauseMs * (0.5 + random()), timeoutMs - waitedMs));
    }
  }
}
