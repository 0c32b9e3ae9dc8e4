import { type BigIntStats, statSync } from 'node:fs';
import { ledgerGone } from './sqlite-errors.js';

/**
 * Whether the files that SQLite opened are still those at their paths. A file that was deleted or replaced can be written
 * on, as long as it is open; but nobody else would ever see what is spent in it. A look costs a few microseconds, and a
 * durable write hundreds, so there is one before each.
 */
export class OpenedFiles {
  readonly #file: string;
  readonly #identities = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
    this.#look();
  }

  /** @throws CodedError `ledger_gone` */
  expectThere(): void {
    const missing = this.#look();
    if (missing !== null) throw ledgerGone(this.#file, missing);
  }

  /** The first that is gone. One that was never seen, as SQLite has not made it yet, is not missing. */
  #look(): string | null {
    for (const path of [this.#file, `${this.#file}-wal`, `${this.#file}-shm`]) {
      const found = identityOf(path);
      const known = this.#identities.get(path);
      if (known !== undefined && known !== found) return path;
      if (known === undefined && found !== null) this.#identities.set(path, found);
    }
    return null;
  }
}

function identityOf(path: string): string | null {
  let found: BigIntStats | undefined;
  try {
    found = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // Its directory cannot be looked into any more: then nobody else finds it either.
  }
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
