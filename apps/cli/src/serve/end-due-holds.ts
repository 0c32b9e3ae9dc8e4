import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '@budget/ledger';

/** So late a hold ends at most where nobody reserves. */
const EVERY_MS = 1000;

/**
 * Ends holds whose time is over, about every second: each `reserve` does so, but while nobody reserves they would count as held.
 * Why it cannot be done is told once, and again after it could. Resolves, once stopped, when nothing of it runs any more.
 */
export async function endDueHolds(ledger: Ledger, stopped: AbortSignal, log: (line: string) => void): Promise<void> {
  let isTold = false;
  for (;;) {
    await sleep(EVERY_MS, undefined, { ref: false, signal: stopped }).catch(() => {});
    if (stopped.aborted) return;
    try {
      await ledger.expireDue();
      isTold = false;
    } catch (error) {
      if (!isTold)
        log(`Holds that are over could not be ended. ${error instanceof Error ? error.message : String(error)}`);
      isTold = true;
    }
  }
}
