import { type ChildProcess, spawn } from 'node:child_process';
import { CodedError } from '@budget/core';
import { shown } from './shown.js';
import type { ThresholdCrossing } from './threshold-crossing.js';
import type { ThresholdListener } from './threshold-events.js';

export interface HookOptions {
  /** Default: 10 seconds; then the program is killed with all that it started, or the request aborted. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 3_600_000;

/**
 * A listener that runs a program at every crossing, with the crossing as one line of JSON on its standard input. The
 * program is not run by a shell. The promise rejects when it cannot be started, ends with another code than 0, or takes
 * too long; the ledger logs that.
 */
export function commandOnThreshold(
  command: readonly [string, ...string[]],
  options: HookOptions = {},
): ThresholdListener {
  const [program, ...arguments_] = command;
  const timeoutMs = checkedTimeout(options);
  return (crossing) =>
    new Promise<void>((resolve, reject) => {
      const stdio = ['pipe', 'ignore', 'ignore'] as const;
      // The leader of a group of its own, so that what it started ends with it.
      const child = spawn(program, arguments_, { stdio: [...stdio], detached: true });
      const timer = setTimeout(() => endWithItsChildren(child), timeoutMs);
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (code === 0) resolve();
        else reject(new Error(`${program} ended with ${signal ?? code}`));
      });
      // It may end without reading.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(crossingFields(crossing))}\n`);
    });
}

/**
 * A listener that posts every crossing as JSON. The promise rejects for any answer but 2xx; redirects are not followed.
 *
 * @throws CodedError `option_invalid` for an address that is none, is not of the web, or holds a user or a password.
 */
export function webhookOnThreshold(url: string | URL, options: HookOptions = {}): ThresholdListener {
  const timeoutMs = checkedTimeout(options);
  const target = checkedTarget(url);
  return async (crossing) => {
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(crossingFields(crossing)),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${target.origin} answered ${response.status}`);
  };
}

function endWithItsChildren(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended just now; or this system has no groups, and only the program itself can be ended.
    child.kill('SIGKILL');
  }
}

/** Node refuses to fetch what holds a password, at each crossing, and with the password in its words. */
function checkedTarget(url: string | URL): URL {
  // Without the address, which may be a secret as a whole.
  if (!URL.canParse(String(url)))
    throw optionInvalid('The address of the webhook is none. Write it as https://example.com/path.');
  const target = new URL(url);
  const isOfWeb = target.protocol === 'https:' || target.protocol === 'http:';
  if (isOfWeb && target.username === '' && target.password === '') return target;
  const why = isOfWeb ? 'holds a user or a password, which cannot be sent so' : 'is not one of http or https';
  throw optionInvalid(
    `The address of the webhook ${isOfWeb ? `at ${target.origin} ` : ''}${why}. Use another address.`,
  );
}

function checkedTimeout({ timeoutMs = DEFAULT_TIMEOUT_MS }: HookOptions): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return Math.floor(timeoutMs);
  throw optionInvalid(
    `timeoutMs is ${shown(timeoutMs)}; it is a number of milliseconds from 1 to ${MAX_TIMEOUT_MS} (an hour).`,
  );
}

function optionInvalid(message: string): CodedError {
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}

/** In snake_case, with amounts past 2^53 as decimal text. */
function crossingFields({ scope, unit, window, percent, severity, limit, used, resetsAtMs }: ThresholdCrossing) {
  return {
    scope,
    unit: unit === 'nanoUsd' ? 'nano_usd' : unit,
    window: window && { every: window.every, time_zone: window.timeZone },
    percent,
    severity,
    limit: exactly(limit),
    used: exactly(used),
    resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
  };
}

function exactly(amount: bigint): number | string {
  return Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount);
}
