import { type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ledgerGone } from './sqlite-errors.js';

/**
 * To look before each of many transactions in a row would be a tenth of their work. Whoever replaces a ledger while others
 * write on it does not know within a millisecond what they have written.
 */
const LOOK_MS = 1;
/** A directory that changed less than this before a look may have changed again since, at the same time by its clock. */
const CLOCK_STEP_MS = 1000;

/**
 * Whether the files that SQLite opened are still those at their paths. A file that was deleted or replaced can be written
 * on, as long as it is open; but nobody else would ever see what is spent in it. So there is a look before a transaction,
 * where the last one was not a moment ago. What is deleted or replaced changes the directory: as long as that did not
 * change, it is enough to look at it.
 */
export class OpenedFiles {
  readonly #file: string;
  readonly #directory: string;
  readonly #identities = new Map<string, string>();
  /** The directory as it was when all files were there; `null` where it might have changed since without showing it. */
  #unchanged: Stats | null = null;
  /** When all files were there. */
  #foundAtMs = Number.NEGATIVE_INFINITY;

  constructor(file: string) {
    this.#file = file;
    this.#directory = dirname(file);
    this.#look();
  }

  /**
   * Says whether it looked.
   *
   * @throws CodedError `ledger_gone`
   */
  expectThere(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#foundAtMs < LOOK_MS) return false;
    const directory = found(() => statSync(this.#directory, { throwIfNoEntry: false }));
    if (directory === null || !isUnchanged(directory, this.#unchanged)) this.#expectFiles(directory);
    this.#foundAtMs = nowMs;
    return true;
  }

  #expectFiles(directory: Stats | null): void {
    this.#unchanged = null;
    const missing = this.#look();
    if (missing !== null) throw ledgerGone(this.#file, missing);
    if (directory !== null && Date.now() - directory.mtimeMs > CLOCK_STEP_MS) this.#unchanged = directory;
  }

  /** The first that is gone. One that was never seen, as SQLite has not made it yet, is not missing. */
  #look(): string | null {
    for (const path of [this.#file, `${this.#file}-wal`, `${this.#file}-shm`]) {
      const identity = identityOf(path);
      const known = this.#identities.get(path);
      if (known !== undefined && known !== identity) return path;
      if (known === undefined && identity !== null) this.#identities.set(path, identity);
    }
    return null;
  }
}

function identityOf(path: string): string | null {
  const file = found(() => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return file && `${file.dev}:${file.ino}`;
}

/** `null` also where its directory cannot be looked into any more: then nobody else finds it either. */
function found<T>(look: () => T | undefined): T | null {
  try {
    return look() ?? null;
  } catch {
    return null;
  }
}

function isUnchanged(now: Stats, before: Stats | null): boolean {
  return now.mtimeMs === before?.mtimeMs && now.ino === before.ino && now.dev === before.dev;
}
