import { amountText } from './budget-errors.js';
import type { ThresholdCrossing } from './threshold-crossing.js';

/** What it returns, or a promise of it, is not waited for; what it throws is logged. */
export type ThresholdListener = (crossing: ThresholdCrossing) => unknown;

/** Tells every listener of every crossing. None of them can disturb the call, or another listener. */
export function thresholdEvents(log: (line: string) => unknown) {
  const tellLog = quietLog(log);
  const listeners = new Set<ThresholdListener>();

  function failed(error: unknown): void {
    tellLog(`A listener for thresholds failed: ${error instanceof Error ? error.message : String(error)}`);
  }

  return {
    subscribe(listener: ThresholdListener): () => void {
      // Each subscription is one of its own, also of the same function.
      const own: ThresholdListener = (crossing) => listener(crossing);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    tell(crossings: readonly ThresholdCrossing[]): void {
      for (const crossing of crossings) {
        tellLog(thresholdText(crossing));
        // A copy: one that subscribes another is not to be followed by that for ever.
        for (const listener of [...listeners]) {
          if (!listeners.has(listener)) continue;
          try {
            Promise.resolve(listener(crossing)).catch(failed);
          } catch (error) {
            failed(error);
          }
        }
      }
    },
  };
}

/** `run:42 has used 80% of its limit: $4.00 of $5.00 (warning)` */
export function thresholdText({ scope, unit, percent, severity, used, limit }: ThresholdCrossing): string {
  return `${scope} has used ${percent}% of its limit: ${amountText(unit, used)} of ${amountText(unit, limit)} (${severity})`;
}

/** A log that throws, or rejects, must not lose what the call says. */
export function quietLog(log: (line: string) => unknown): (line: string) => void {
  return (line) => {
    try {
      Promise.resolve(log(line)).catch(() => {});
    } catch {
      // There is nobody left to tell.
    }
  };
}
