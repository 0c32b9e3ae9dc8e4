import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './files-errors.js';
import { formatIdentity, livenessOf, type ProcessIdentity, parseIdentity, thisProcess } from './process-identity.js';

/*
 * A lock is a directory that holds one token, an empty file. Named `free`, the lock is free; named
 * `held.<process>.<uuid>`, that process holds it. Every step is one rename:
 *
 *   acquire    free            → held by me
 *   release    held by me      → free
 *   take over  held by a dead  → held by me
 *
 * The name of a held token never comes again. So of all who found the same dead holder only one can rename its token,
 * and nobody can take the token of whoever came after: the usual "delete the stale lock file, create mine" does that.
 *
 * The rename decides and listing the directory only advises: while a token is renamed, a listing may show its old
 * name, its new one, both or neither.
 */

const FREE = 'free';
const HELD = 'held.';

/** Takes a token for ownerless when its process is known, or after a long silence believed, to be dead. */
export type IsDead = (token: string) => boolean;

export type Attempt =
  | { readonly acquired: true; readonly takenFrom: string | null }
  | { readonly acquired: false; readonly blockedBy: string | null };

/** A name for one acquisition by this process. */
export function newToken(): string {
  return `${HELD}${formatIdentity(thisProcess())}.${randomUUID()}`;
}

/** The process that a token names; null when the name is not one of ours. */
export function holderOf(token: string): ProcessIdentity | null {
  return parseIdentity(token.slice(HELD.length, token.lastIndexOf('.')));
}

/**
 * One try, without waiting, to have the token under the name `mine`. Throws what the system throws; the token may be
 * ours even so, and wants to be given back.
 */
export function tryToAcquire(directory: string, mine: string, isDead: IsDead): Attempt {
  if (renameToken(directory, FREE, mine)) return confirm(directory, mine, null, isDead);
  const names = namesIn(directory);
  // A network file system may repeat a rename whose answer got lost: then it says ENOENT, and it worked.
  if (names.includes(mine)) return confirm(directory, mine, null, isDead);
  if (names.length === 0) {
    const created = createWithToken(directory, mine);
    return created ? confirm(directory, mine, null, isDead) : blockedBy(null);
  }
  const held = names.filter(isHeld);
  const living = held.find((token) => !isDead(token));
  if (living !== undefined) return blockedBy(living);
  const takenFrom = held.find((token) => renameToken(directory, token, mine));
  return takenFrom === undefined ? blockedBy(null) : confirm(directory, mine, takenFrom, isDead);
}

/** Makes the lock free again. False when the token is no longer there under our name. */
export function giveBack(directory: string, mine: string): boolean {
  return renameToken(directory, mine, FREE);
}

/**
 * A copied, restored or synchronised directory may hold two tokens. Each of two holders has renamed its token before
 * it looks here, so at least one of them sees the other and steps back; as both give back to the same name, the two
 * tokens become one.
 */
function confirm(directory: string, mine: string, takenFrom: string | null, isDead: IsDead): Attempt {
  const names = namesIn(directory);
  if (!names.includes(mine)) return blockedBy(null);
  for (const other of names.filter((name) => isHeld(name) && name !== mine)) {
    if (!isDead(other)) {
      giveBack(directory, mine);
      return blockedBy(other);
    }
    ignoring(['ENOENT'], () => unlinkSync(join(directory, other)));
  }
  if (takenFrom !== null) removeUnfinished(directory);
  return { acquired: true, takenFrom };
}

/**
 * Creates the lock with our token in it, in one step: the directory is built under another name and renamed. The
 * system lets that rename succeed when the lock is missing or is a directory that is really empty, which it checks
 * while no rename inside can be under way. So a lock whose token somebody deleted is repaired by the same step, and a
 * listing that came up empty in the middle of somebody's rename does no harm.
 */
function createWithToken(directory: string, mine: string): boolean {
  const unfinished = `${directory}.new-${mine}`;
  try {
    mkdirSync(unfinished);
    writeFileSync(join(unfinished, mine), '', { flag: 'wx' });
    return ignoring(['EEXIST', 'ENOTEMPTY'], () => renameSync(unfinished, directory));
  } finally {
    // Here still when somebody else was first, or when the disk was full in between.
    rmSync(unfinished, { recursive: true, force: true });
    removeUnfinished(directory);
  }
}

/** Clears away what creators left behind that were killed half-way. Failing leaves it untidy, and the lock sound. */
function removeUnfinished(directory: string): void {
  const prefix = `${basename(directory)}.new-`;
  try {
    for (const name of namesIn(dirname(directory))) {
      if (name.startsWith(prefix) && isOfDeadProcess(name.slice(prefix.length))) {
        rmSync(join(dirname(directory), name), { recursive: true, force: true });
      }
    }
  } catch {
    // The next to create or take over a lock tries again.
  }
}

function isOfDeadProcess(token: string): boolean {
  const holder = holderOf(token);
  return holder !== null && livenessOf(holder) === 'dead';
}

function renameToken(directory: string, from: string, to: string): boolean {
  return ignoring(['ENOENT'], () => renameSync(join(directory, from), join(directory, to)));
}

function namesIn(directory: string): string[] {
  let names: string[] = [];
  ignoring(['ENOENT'], () => {
    names = readdirSync(directory);
  });
  return names;
}

function isHeld(name: string): boolean {
  return name.startsWith(HELD);
}

function blockedBy(token: string | null): Attempt {
  return { acquired: false, blockedBy: token };
}

/** False when the step failed in one of the ways that were expected. */
function ignoring(expected: readonly string[], step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (expected.includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
