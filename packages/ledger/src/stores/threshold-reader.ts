import type { Threshold } from '../limit.js';

export type ThresholdReader = (json: string) => readonly Threshold[];

const MAX_KNOWN = 100;

/** Reads each text once: nearly all limits have the same thresholds, and every reservation asks for them. */
export function thresholdReader(): ThresholdReader {
  const known = new Map<string, readonly Threshold[]>();
  return (json) => {
    const thresholds = known.get(json) ?? (JSON.parse(json) as Threshold[]);
    if (known.size < MAX_KNOWN) known.set(json, thresholds);
    return thresholds;
  };
}
