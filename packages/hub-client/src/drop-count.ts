import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changedMs, codeOf } from './outbox-files.js';

/** Why an event is gone for good: more waited than may wait, or it waited too long. */
export type DropReason = 'too_many' | 'too_old';

export interface DropCount {
  readonly tooMany: number;
  readonly tooOld: number;
  /** When the last one was, in milliseconds since 1970; `null` when there was none. */
  readonly lastMs: number | null;
}

const letters: Readonly<Record<DropReason, string>> = { too_many: 'n', too_old: 'a' };
const file = (directory: string): string => join(directory, 'dropped');

/** One letter for each: appending is what many processes can do at once without losing a count. */
export function countDrop(directory: string, reason: DropReason): void {
  appendFileSync(file(directory), letters[reason], { mode: 0o600 });
}

export function readDropCount(directory: string): DropCount {
  const counted = readIfThere(file(directory));
  const count = (letter: string): number => counted.split(letter).length - 1;
  return { tooMany: count('n'), tooOld: count('a'), lastMs: counted === '' ? null : changedMs(file(directory)) };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
