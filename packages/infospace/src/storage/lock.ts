import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, CodedError } from '@budget/core';
import { errnoOf, reasonOf } from './files-errors.js';
import { giveBack, holderOf, newToken, tryToAcquire } from './lock-directory.js';
import { passTurn, takeTurn } from './lock-queue.js';
import { SILENCE_MS, startHeartbeat, watchSilence } from './lock-silence.js';
import { livenessOf, thisProcess } from './process-identity.js';

export interface LockOptions {
  /** How long to wait for others to finish, default 30,000. Zero tries once. */
  readonly timeoutMs?: number;
  /** Must not jump; the default does not follow corrections of the system's clock. */
  readonly clock?: Clock;
  /** Told, in a sentence, what went against the rules but need not stop the work. */
  readonly onWarning?: (message: string) => void;
}

const steadyClock: Clock = { nowMs: () => performance.timeOrigin + performance.now() };

/**
 * Runs `work` while no other process, and no other call in this one, runs work under the same lock. Within a process
 * calls are served in order; between processes whoever comes at the right moment. It does not nest.
 *
 * The lock of a process that died is taken over at once. Of a process on another machine, in another container or
 * before a reboot nobody can say whether it lives: when it gives no sign of life for 30 s its lock is taken over with a
 * warning. `timeoutMs` does not cut that short, so that a single command gets past the remains of a crash.
 *
 * @param directory the lock itself, created when missing; its parent exists.
 * @returns what `work` returns, or rejects with what it throws; giving the lock back never changes that.
 * @throws CodedError `lock_timeout`, `lock_unavailable` (environment); `work` was not started.
 */
export async function withLock<T>(
  directory: string,
  work: () => Promise<T> | T,
  options: LockOptions = {},
): Promise<T> {
  const request: Request = {
    directory: realPathOf(directory),
    timeoutMs: options.timeoutMs ?? 30_000,
    clock: options.clock ?? steadyClock,
    startedMs: (options.clock ?? steadyClock).nowMs(),
    warn: quietly(options.onWarning),
  };
  if (!(await takeTurn(request.directory, request.timeoutMs))) throw timedOut(request, newToken());
  try {
    const token = await acquire(request);
    const stopHeartbeat = startHeartbeat(request.directory, token);
    try {
      return await work();
    } finally {
      stopHeartbeat();
      await release(request, token);
    }
  } finally {
    passTurn(request.directory);
  }
}

interface Request {
  readonly directory: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly warn: (message: string) => void;
}

/** By lock, the token that this process could not give back. Others see that we live; but we may take it ourselves. */
const leftBehind = new Map<string, string>();

async function acquire(request: Request): Promise<string> {
  const { directory, clock, startedMs, timeoutMs } = request;
  const mine = newToken();
  const silenceOf = watchSilence(directory, clock);

  const isDead = (token: string): boolean => {
    const holder = holderOf(token);
    const liveness = holder === null ? 'unknown' : livenessOf(holder);
    if (liveness === 'unknown') return silenceOf(token).silentMs >= SILENCE_MS;
    return liveness === 'dead' || leftBehind.get(directory) === token;
  };
  // Past the time-out only one thing is worth waiting for: the end of a silence that began before it.
  const mayFallSilent = (token: string | null): boolean =>
    token !== null && !isOfThisWorld(token) && silenceOf(token).firstSeenMs <= startedMs + timeoutMs;

  let lastHolder: string | null = null;
  try {
    for (let looks = 1; ; looks++) {
      const attempt = tryToAcquire(directory, mine, isDead);
      if (attempt.acquired) {
        leftBehind.delete(directory);
        warnOfTakeover(request, attempt.takenFrom);
        return mine;
      }
      lastHolder = attempt.blockedBy ?? lastHolder;
      if (clock.nowMs() - startedMs >= timeoutMs && !mayFallSilent(attempt.blockedBy)) {
        throw timedOut(request, lastHolder);
      }
      // At random, so that those who wait do not meet again and again.
      await pause(2 + Math.random() * Math.min(looks * 2, 23));
    }
  } catch (error) {
    // The last rename may have worked, though the system said otherwise or failed in the step after it.
    await release({ ...request, warn: () => {} }, mine);
    throw unavailable(directory, error);
  }
}

/** Never throws: what became of the work is not to be lost over it. */
async function release({ directory, warn }: Request, token: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      if (giveBack(directory, token)) return;
      return warn(`The lock ${directory} was deleted or taken over while this process worked under it.`);
    } catch (error) {
      if (tries === 3) {
        if (!leftBehind.has(directory)) leftBehind.set(directory, token);
        return warn(
          `Could not give back the lock ${directory}: ${reasonOf(error)}. It is free when this process ends.`,
        );
      }
      await pause(10);
    }
  }
}

function warnOfTakeover({ directory, warn }: Request, token: string | null): void {
  if (token === null || isOfThisWorld(token)) return;
  warn(
    `Took the lock ${directory} over from ${describe(token)}, which gave no sign of life for ${SILENCE_MS / 1000} s.`,
  );
}

function isOfThisWorld(token: string): boolean {
  return holderOf(token)?.world === thisProcess().world;
}

function describe(token: string): string {
  const holder = holderOf(token);
  if (holder === null) return `an unknown program, as "${token}"`;
  if (holder.world !== thisProcess().world) return `process ${holder.pid} of another machine, container or boot`;
  return holder.pid === process.pid ? 'this very process (calls do not nest)' : `process ${holder.pid}`;
}

function timedOut({ directory, clock, startedMs }: Request, token: string | null): CodedError {
  const seconds = ((clock.nowMs() - startedMs) / 1000).toFixed(1);
  const why =
    token === null
      ? 'which holds other files but no token. If no program works here, delete that directory.'
      : `held by ${describe(token)}. Run again when that has finished, or end it: the lock of a process that ended is ` +
        'taken over by itself.';
  const message = `Waited ${seconds} s for the lock ${directory}, ${why}`;
  return new CodedError({ code: 'lock_timeout', kind: 'environment', message, file: directory });
}

/** One name for one lock, whichever way a caller spells it. */
function realPathOf(directory: string): string {
  const absolute = resolve(directory);
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch (error) {
    throw unavailable(absolute, error);
  }
}

function unavailable(directory: string, cause: unknown): unknown {
  if (errnoOf(cause) === undefined) return cause;
  const message = `Cannot use the lock ${directory}: ${reasonOf(cause)}.`;
  return new CodedError({ code: 'lock_unavailable', kind: 'environment', message, file: directory, cause });
}

function quietly(listener: ((message: string) => void) | undefined): (message: string) => void {
  return (message) => {
    try {
      listener?.(message);
    } catch {
      // A listener that throws must not make paid work look undone.
    }
  };
}
