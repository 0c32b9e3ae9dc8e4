import { closeSync, fdatasync, fdatasyncSync, openSync, realpathSync } from 'node:fs';
import type { CodedError } from '@budget/core';
import { logNotKept } from './sqlite-errors.js';

/** A wait that takes no longer is over before the event loop would have come back to it. */
const SHORT_MS = 1;
const LONGER_IN_STEPS = 16;
/** So long may what nobody waits for wait for others to come along. */
const SOON_MS = 5;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes sure that what was committed to SQLite's log is on the disk. SQLite itself would do so inside the commit: with the
 * write lock held, so that all processes wait for the disk one after the other, and with the event loop standing still.
 */
export class LogOnDisk {
  readonly #file: string;
  #handle: number | null = null;
  /** How long it takes when nobody else keeps it busy: follows shorter waits at once, and longer ones in many steps. */
  #usualMs = 0;
  #isSyncing = false;
  /** For the next time. */
  #waiting: Waiting[] = [];
  #soon: NodeJS.Timeout | undefined;
  /** What was written before it may be lost, and the system would not say so a second time. */
  #failure: CodedError | null = null;

  /** @param file the ledger */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Of all that was committed before. `null`: it is there already, as the disk is quick; to ask in the background would take
   * longer. Those who ask while a slow one is at work share the next time.
   *
   * @throws CodedError `ledger_disk_failed`; where the disk itself said so, also in all later calls
   */
  keep(): Promise<void> | null {
    const handle = this.#opened();
    if (this.#isSyncing || this.#usualMs >= SHORT_MS) {
      const kept = this.#nextTime();
      if (!this.#isSyncing) this.#sync(handle);
      return kept;
    }
    this.#syncNow(handle);
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  /** As `keep`, of what nobody waits for: together with the next that is kept, at the latest in a few milliseconds. */
  keepSoon(): Promise<void> {
    const handle = this.#opened();
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.#isSyncing) return;
      if (this.#usualMs < SHORT_MS) this.#syncNow(handle);
      else this.#sync(handle);
    }, SOON_MS);
    return this.#nextTime();
  }

  /** When nobody waits any more. */
  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  #nextTime(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #syncNow(handle: number): void {
    const waiting = this.#takeWaiting();
    const startedAtMs = performance.now();
    let failure: unknown = null;
    try {
      fdatasyncSync(handle);
    } catch (error) {
      failure = error;
    }
    this.#synced(waiting, startedAtMs, failure);
  }

  #sync(handle: number): void {
    const waiting = this.#takeWaiting();
    this.#isSyncing = true;
    const startedAtMs = performance.now();
    fdatasync(handle, (error) => {
      this.#isSyncing = false;
      this.#synced(waiting, startedAtMs, error);
      if (this.#waiting.length > 0) this.#sync(handle);
    });
  }

  #takeWaiting(): readonly Waiting[] {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #synced(waiting: readonly Waiting[], startedAtMs: number, error: unknown): void {
    this.#took(performance.now() - startedAtMs);
    if (error !== null) this.#failure = logNotKept(this.#file, error);
    for (const { resolve, reject } of waiting) this.#failure === null ? resolve() : reject(this.#failure);
  }

  #took(durationMs: number): void {
    const beyondMs = durationMs - this.#usualMs;
    this.#usualMs += beyondMs > 0 ? beyondMs / LONGER_IN_STEPS : beyondMs;
  }

  /** SQLite makes the log with the first transaction, beside the file itself where that is reached by a link. */
  #opened(): number {
    if (this.#failure !== null) throw this.#failure;
    try {
      this.#handle ??= openSync(`${realpathSync(this.#file)}-wal`, 'r+');
      return this.#handle;
    } catch (error) {
      throw logNotKept(this.#file, error);
    }
  }
}
