import type { UsageOverview } from './documents/usage-overview.js';

/** What a person should know of the figures in `usage.yaml`: prices of the last run, and a torn entry left out. */
export function usageWarnings({ path, recentRuns, tornBytes }: UsageOverview): string[] {
  const warnings = (recentRuns.at(-1)?.priceWarnings ?? []).map(({ message }) => message);
  if (tornBytes > 0) {
    warnings.push(
      `${path}: its last entry is not whole and is not counted (${tornBytes} bytes): a write is under way, or was cut off by a crash. The next \`run record\` or \`doctor\` sets it aside.`,
    );
  }
  return warnings;
}
