import { spawn } from 'node:child_process';
import type { ThresholdCrossing } from './threshold-crossing.js';
import type { ThresholdListener } from './threshold-events.js';

export interface HookOptions {
  /** Default: 10 seconds; then the program is killed, or the request aborted. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;

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
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return (crossing) =>
    new Promise<void>((resolve, reject) => {
      const stdio = ['pipe', 'ignore', 'ignore'] as const;
      const child = spawn(program, arguments_, { stdio: [...stdio], timeout: timeoutMs, killSignal: 'SIGKILL' });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`${program} ended with ${signal ?? code}`));
      });
      // It may end without reading.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(crossingFields(crossing))}\n`);
    });
}

/** A listener that posts every crossing as JSON. The promise rejects for any answer but 2xx; redirects are not followed. */
export function webhookOnThreshold(url: string | URL, options: HookOptions = {}): ThresholdListener {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const target = new URL(url);
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

/** In snake_case, with amounts past 2^53 as decimal text. */
function crossingFields({ scope, unit, window, percent, severity, limit, used, resetsAtMs }: ThresholdCrossing) {
  return {
    scope,
    unit: unit === 'nanoUsd' ? 'nano_usd' : unit,
    window: window && { every: window.every, time_zone: window.timeZone },
    ...{ percent, severity, limit: exactly(limit), used: exactly(used) },
    resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString(),
  };
}

function exactly(amount: bigint): number | string {
  return Number.isSafeInteger(Number(amount)) ? Number(amount) : String(amount);
}
