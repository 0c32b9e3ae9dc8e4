import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Attempt, giveBack, newToken, tryToAcquire } from './lock-directory.js';
import { formatIdentity, thisProcess } from './process-identity.js';

const DEAD = `held.${formatIdentity({ ...thisProcess(), pid: 2 ** 31 - 1 })}.00000000-0000-4000-8000-000000000000`;
const LIVING = newToken();

let home: string;
let lock: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lock-directory-'));
  lock = join(home, '.lock');
});
afterEach(() => rmSync(home, { recursive: true }));

const lockHolding = (...names: string[]) => {
  mkdirSync(lock, { recursive: true });
  for (const name of names) writeFileSync(join(lock, name), '');
};
const tokens = () => readdirSync(lock).sort();
const isDead = (token: string) => token === DEAD;

describe('one try for the lock', () => {
  it.each([
    ['is missing', () => {}, null],
    ['is free', () => lockHolding('free'), null],
    ['is held by a dead process', () => lockHolding(DEAD), DEAD],
    ['lost its token', () => lockHolding(), null],
    ['is ours already, as after a rename whose answer got lost', () => lockHolding('held.mine'), null],
    ['holds a second token of a dead process', () => lockHolding('free', DEAD), null],
    ['holds a file of somebody else', () => lockHolding('free', '.DS_Store'), null],
  ])('succeeds when it %s', (_, prepare, takenFrom) => {
    prepare();
    expect(tryToAcquire(lock, 'held.mine', isDead)).toEqual({ acquired: true, takenFrom });
    expect(tokens().filter((name) => name !== '.DS_Store')).toEqual(['held.mine']);
    expect(giveBack(lock, 'held.mine')).toBe(true);
    expect(tokens()).toContain('free');
    expect(readdirSync(home)).toEqual(['.lock']);
  });

  it.each([
    ['is held', [LIVING], LIVING],
    ['is held and by mistake free as well', ['free', LIVING], LIVING],
    ['is held and holds the token of a dead process as well', [DEAD, LIVING], LIVING],
    ['holds only files of somebody else', ['.DS_Store'], null],
  ])('fails when it %s', (_, names, blockedBy) => {
    lockHolding(...names);
    expect(tryToAcquire(lock, 'held.mine', isDead)).toEqual({ acquired: false, blockedBy });
    expect(tokens()).toEqual(names.sort());
    expect(readdirSync(home)).toEqual(['.lock']);
  });

  // The race of the usual lock files: both find the same dead holder, and the second deletes the first one's lock.
  it('fails when somebody else takes over from the same dead process first', () => {
    lockHolding(DEAD);
    let first: Attempt | undefined;
    const second = tryToAcquire(lock, 'held.second', (token) => {
      first ??= tryToAcquire(lock, 'held.first', isDead);
      return isDead(token);
    });
    expect(first).toEqual({ acquired: true, takenFrom: DEAD });
    expect(second.acquired).toBe(false);
    expect(tokens()).toEqual(['held.first']);
  });

  it('fails when the dead process was followed by somebody who gave the lock back', () => {
    lockHolding(DEAD);
    const attempt = tryToAcquire(lock, 'held.second', (token) => {
      tryToAcquire(lock, 'held.first', isDead);
      giveBack(lock, 'held.first');
      return isDead(token);
    });
    expect(attempt).toEqual({ acquired: false, blockedBy: null });
    expect(tokens()).toEqual(['free']);
  });

  it('clears away what a creator left that was killed half-way, and nothing of the living', () => {
    mkdirSync(join(home, `.lock.new-${DEAD}`));
    writeFileSync(join(home, `.lock.new-${DEAD}`, DEAD), '');
    mkdirSync(join(home, `.lock.new-${LIVING}`));
    mkdirSync(join(home, '.lock.new-something'));
    expect(tryToAcquire(lock, 'held.mine', isDead).acquired).toBe(true);
    expect(readdirSync(home).sort()).toEqual(['.lock', `.lock.new-${LIVING}`, '.lock.new-something'].sort());
  });

  it('makes names that file systems take', () => {
    expect(Buffer.byteLength(`.lock.new-${newToken()}`)).toBeLessThan(143);
  });
});
