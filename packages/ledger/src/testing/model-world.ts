import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@budget/core';
import type { LedgerStore } from '../store.js';
import { EXPIRED_AT_ONCE } from '../stores/sqlite/limits-in-sqlite.js';
import { sqliteStore } from '../stores/sqlite/sqlite-store.js';

/** Where a model checker finds ledgers: a fresh one for each episode, and what is left of it after a crash. */
export interface ModelWorld {
  /** How many holds whose time is over a reservation ends first. */
  readonly expiredAtOnce: number;
  /** Whether what is asked of a handle in one moment is done in the order in which it was asked. */
  readonly isInOrder: boolean;
  /** One more handle on the same ledger, as another process has one. */
  open(clock: Clock): Promise<LedgerStore>;
  /** From now on handles are opened on what a killed process would have left. Those that are open are of no use. */
  crash(): void | Promise<void>;
  remove(): void | Promise<void>;
}

/** Memory is a disk without waiting, and nobody pulls the plug here. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** So long that no step reaches it: the oracle forgets nothing. */
const NEVER_DAYS = 100_000;

export function sqliteWorld(): ModelWorld {
  const directory = mkdtempSync(join(root, 'ledger-model-'));
  let crashes = 0;
  let file = join(directory, 'ledger-0.db');
  return {
    expiredAtOnce: EXPIRED_AT_ONCE,
    isInOrder: true,
    open: (clock) => sqliteStore({ file, clock, retentionDays: NEVER_DAYS, threadIdleDays: NEVER_DAYS }),
    crash() {
      crashes += 1;
      const left = join(directory, `ledger-${crashes}.db`);
      // Without the shared memory of the WAL, which the next process rebuilds.
      for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, left + part);
      file = left;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
