import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LockTurns } from './lock-turns.js';

/**
 * After this long the event loop has its turn: streams that pass through the same process must not stand still. And no
 * longer do those who ask wait for others.
 */
const MAX_TURN_MS = 5;
/** Of those that share one wait for the disk. */
const MAX_TOGETHER = 100;
/** Of one who has stood back long enough. A writer of another process is done in about a millisecond. */
const FIRST_PAUSE_MS = 1;
/** So that, of those who wait, whoever waits longest is nearly always the next. */
const LONGEST_PAUSE_MS = 4;
/** More wait for nothing: something is wrong with the disk, or with the caller. */
const MAX_WAITING = 100_000;

export interface WriteQueueOptions {
  /** Whether the error says that another process holds the lock. */
  readonly isBusy: (error: unknown) => boolean;
  /** What a write ends with that waited for its lock until its time was over. */
  readonly timedOut: (waitedMs: number) => Error;
  readonly timeoutMs: number;
  /** Makes sure that the units before are on the disk; `null`: they are. */
  readonly keep?: () => Promise<void> | null;
  /** As `keep`, with whatever is kept next, or in a few milliseconds. */
  readonly keepSoon?: () => Promise<void>;
  readonly random?: () => number;
}

/** When what was written is to be on the disk, before its caller is told; `not`: it need not be. */
export type Keeping = 'at_once' | 'soon' | 'not';

/** `isShared`: whether others are written in the same unit. */
export type Write<T> = (isShared: boolean) => T;

/** Does work as one unit: all of it happens, or, when it throws, nothing. */
export type Unit = (work: () => void) => void;

interface Written {
  readonly entry: Entry;
  readonly value: unknown;
}

interface Entry {
  readonly write: Write<unknown>;
  readonly unit: Unit | null;
  readonly keeping: (value: never) => Keeping;
  readonly enqueuedAtMs: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One synchronous write after the other, in the order of the calls. While another process holds the lock the event loop
 * runs on: a blocking wait would stop every stream of this process, for seconds at worst. Each write is tried at least
 * once, and not any more once it waited for `timeoutMs`.
 *
 * Writes that were asked for within one turn of the event loop may share a unit, and so a wait for the disk, which takes
 * longer than all the rest. Where one of them fails, each is done again by itself, so that it disturbs no other. Nobody is
 * told of a write before it is on the disk; the next ones need not wait for that.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #entries: Entry[] = [];
  #isDraining = false;
  /** So many at the head could not be done together. */
  #apart = 0;
  /** Whether it was worth waiting for others the last time. */
  #isCrowded = false;
  #lastTurnAtMs = Number.NEGATIVE_INFINITY;
  /** Of the last unit, whose callers were not told yet. */
  #written: readonly Written[] = [];
  readonly #lock = new LockTurns(performance.now());

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /**
   * @param unit what it happens in, shared with others that name the same; without one it is by itself, and not kept
   * @param keeping of what it came to
   */
  run<T>(write: Write<T>, unit: Unit | null = null, keeping: (value: T) => Keeping = () => 'at_once'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#entries.length >= MAX_WAITING) throw this.#options.timedOut(0);
      const enqueuedAtMs = performance.now();
      this.#entries.push({ write, unit, keeping, enqueuedAtMs, resolve: resolve as Entry['resolve'], reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    while (this.#entries.length > 0) {
      if (this.#isTurnDue()) await this.#turn();
      else await null;
      const startedAtMs = performance.now();
      const patienceMs = this.#writeNext();
      if (patienceMs === null) this.#lock.held(performance.now() - startedAtMs);
      else await this.#waitForLock(patienceMs);
      this.#tellWritten();
    }
    this.#isDraining = false;
  }

  /** Until what comes first is written, or given up. */
  async #waitForLock(firstPatienceMs: number): Promise<void> {
    const { random = Math.random } = this.#options;
    let pauseMs = this.#lock.lost(performance.now());
    let nextMs = FIRST_PAUSE_MS;
    for (let patienceMs: number | null = firstPatienceMs; patienceMs !== null; patienceMs = this.#writeNext()) {
      await sleep(Math.min(pauseMs * (0.5 + random()), patienceMs));
      pauseMs = nextMs;
      nextMs = Math.min(nextMs * 2, LONGEST_PAUSE_MS);
    }
    this.#lock.won(performance.now());
  }

  /**
   * Whoever asks in the same breath comes along. Waiting for turns of the event loop brings more together, but costs who
   * writes alone a good part of a write: so that is done as long as it brings any, and every few milliseconds to see
   * whether it would, and because promises alone never let the event loop have its turn.
   */
  #isTurnDue(): boolean {
    return this.#isCrowded || performance.now() - this.#lastTurnAtMs >= MAX_TURN_MS;
  }

  /** As many as bring others: of calls that end one after the other, a turn apart, all then wait for the disk once. */
  async #turn(): Promise<void> {
    const untilMs = performance.now() + MAX_TURN_MS;
    let before: number;
    do {
      before = this.#entries.length;
      await nextTurn();
    } while (this.#entries.length > before && before < MAX_TOGETHER && performance.now() < untilMs);
    this.#lastTurnAtMs = performance.now();
    this.#isCrowded = this.#entries.length > 1;
  }

  /** Does what comes first. Where another process holds the lock: how long it may still be waited for, else `null`. */
  #writeNext(): number | null {
    const batch = this.#next();
    const unit = batch[0]?.unit ?? inNoUnit;
    const written: Written[] = [];
    try {
      unit(() => this.#writeAll(batch, written));
    } catch (error) {
      if (this.#options.isBusy(error)) return this.#patienceMs(batch);
      // Nothing of it happened.
      if (batch.length > 1) this.#apart = batch.length;
      else this.#take(1)[0]?.reject(error);
      return null;
    }
    this.#take(written.length);
    this.#written = written;
    return null;
  }

  #tellWritten(): void {
    const written = this.#written;
    this.#written = [];
    const { keep = () => null, keepSoon = keep } = this.#options;
    // Where one waits for the disk, all have it sooner.
    if (written.some((each) => keepingOf(each) === 'at_once')) tell(written, keep);
    else {
      const isPatient = (each: Written) => keepingOf(each) === 'soon';
      const patient = written.filter(isPatient);
      tell(
        written.filter((each) => !isPatient(each)),
        () => null,
      );
      if (patient.length > 0) tell(patient, keepSoon);
    }
  }

  /** Those at the head that share a unit. */
  #next(): Entry[] {
    const unit = this.#entries[0]?.unit ?? null;
    if (unit === null || this.#apart > 0) return this.#entries.slice(0, 1);
    const batch = this.#entries.slice(0, MAX_TOGETHER);
    const other = batch.findIndex((entry) => entry.unit !== unit);
    return other < 0 ? batch : batch.slice(0, other);
  }

  #writeAll(batch: readonly Entry[], written: Written[]): void {
    const endsAtMs = performance.now() + MAX_TURN_MS;
    for (const entry of batch) {
      written.push({ entry, value: entry.write(batch.length > 1) });
      if (performance.now() >= endsAtMs) return;
    }
  }

  #take(count: number): Entry[] {
    this.#apart = Math.max(0, this.#apart - count);
    return this.#entries.splice(0, count);
  }

  /** Gives up those of the tried ones whose time is over. */
  #patienceMs(tried: readonly Entry[]): number | null {
    const { timedOut, timeoutMs } = this.#options;
    const nowMs = performance.now();
    const late = tried.filter(({ enqueuedAtMs }) => nowMs - enqueuedAtMs >= timeoutMs);
    for (const { reject, enqueuedAtMs } of this.#take(late.length)) reject(timedOut(nowMs - enqueuedAtMs));
    const first = tried[late.length];
    return first === undefined ? null : first.enqueuedAtMs + timeoutMs - nowMs;
  }
}

function keepingOf({ entry: { unit, keeping }, value }: Written): Keeping {
  return unit === null ? 'not' : keeping(value as never);
}

function tell(written: readonly Written[], keep: () => Promise<void> | null): void {
  const resolve = () => {
    for (const { entry, value } of written) entry.resolve(value as never);
  };
  const reject = (error: unknown) => {
    for (const { entry } of written) entry.reject(error);
  };
  try {
    const kept = keep();
    if (kept === null) resolve();
    else kept.then(resolve, reject);
  } catch (error) {
    reject(error);
  }
}

function inNoUnit(work: () => void): void {
  work();
}
