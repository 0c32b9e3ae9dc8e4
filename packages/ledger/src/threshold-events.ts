import { amountText } from './budget-errors.js';
import type { ThresholdCrossing } from './threshold-crossing.js';

/** What it returns, or a promise of it, is not waited for; what it throws is logged. */
export type ThresholdListener = (crossing: ThresholdCrossing) => unknown;

/** Tells every listener of every crossing. None of them can disturb the call, or another listener. */
export function thresholdEvents(log: (line: string) => void) {
  const listeners = new Set<ThresholdListener>();

  function failed(error: unknown): void {
    quietly(() => log(`A listener for thresholds failed: ${error instanceof Error ? error.message : String(error)}`));
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
        quietly(() => log(thresholdText(crossing)));
        for (const listener of listeners) {
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

/** `run:42 has used 80% of its limit: $4.000000 of $5.000000 (warning)` */
export function thresholdText({ scope, unit, percent, severity, used, limit }: ThresholdCrossing): string {
  return `${scope} has used ${percent}% of its limit: ${amountText(unit, used)} of ${amountText(unit, limit)} (${severity})`;
}

/** A log that throws must not lose what the call says. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // There is nobody left to tell.
  }
}
