import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ledgerGone } from './sqlite-errors.js';

/** A directory that changed less than this before a look may have changed again since, at the same time by its clock. */
const CLOCK_STEP_MS = 1000;
/** Whether the directory is still at its path is looked at this often: it may be moved, or one above it. */
const PATH_LOOK_MS = 5;

/**
 * Whether the files that SQLite opened are still those at their paths. A file that was deleted or replaced can be written
 * on, as long as it is open; but nobody else would ever see what is spent in it. So there is a look before each
 * transaction. What is deleted or replaced changes the directory: as long as that did not change, one look is enough. It is
 * kept open, as to find it by its path takes twice as long.
 */
export class OpenedFiles {
  readonly #file: string;
  readonly #directory: string;
  readonly #identities = new Map<string, string>();
  /** The directory as it was when all files were there; `null` where it might have changed since without showing it. */
  #unchanged: Stats | null = null;
  /** Of the directory; `null` on systems that open none. */
  #handle: number | null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(file: string) {
    this.#file = file;
    this.#directory = dirname(file);
    this.#handle = found(() => openSync(this.#directory, 'r'));
    this.#look();
  }

  /** @throws CodedError `ledger_gone` */
  expectThere(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < PATH_LOOK_MS && this.#isOpenedUnchanged()) return;
    this.#lookedAtMs = nowMs;
    const directory = found(() => statSync(this.#directory, { throwIfNoEntry: false }));
    if (directory !== null && isUnchanged(directory, this.#unchanged)) return;
    this.#unchanged = null;
    const missing = this.#look();
    if (missing !== null) throw ledgerGone(this.#file, missing);
    if (directory !== null && Date.now() - directory.mtimeMs > CLOCK_STEP_MS) this.#unchanged = directory;
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  /** Never of another directory than the one that is at the path. */
  #isOpenedUnchanged(): boolean {
    const handle = this.#handle;
    return this.#unchanged !== null && handle !== null && isUnchanged(fstatSync(handle), this.#unchanged);
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
