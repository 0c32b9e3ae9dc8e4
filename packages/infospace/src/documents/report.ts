import { dirname } from 'node:path';
import { divideHalfEven, formatDecimal, formatUsd, parseDecimal, parseNanoUsd } from '@budget/core';
import type { Comparison, CostComparison, Variance } from '../compute-variance.js';
import { ensureDirectory, readFileIfThere, replaceFile } from '../storage/files.js';
import type { Estimate } from './plan-estimates.js';

const START = '<!-- budget:plan-variance:start -->';
const END = '<!-- budget:plan-variance:end -->';

// Decimals enough for any float that a person would write.
const SCALE = 40;

/**
 * `0.67×`: actual / estimated, half-even on the exact value; `null` where nothing was estimated. The actual figure may
 * be a scaled integer: `ratioText(nanoUsd, usd, 9)`.
 */
export function ratioText(actual: bigint | number, estimated: Estimate, actualDecimals = 0): string | null {
  const dividend = parseDecimal(actual, SCALE)?.units;
  const divisor = parseDecimal(estimated, SCALE)?.units;
  if (dividend === undefined || divisor === undefined || divisor <= 0n) return null;
  const hundredths = divideHalfEven(dividend * 100n, divisor * 10n ** BigInt(actualDecimals));
  return `${formatDecimal(hundredths, 2)}×`;
}

/** `Plan variance: calls 2/3 (0.67×), tokens 150/1200 (0.12×), cost $0.001000/$0.002400 (0.42×)` */
export function varianceLine(variance: Variance): string {
  const { cost } = variance;
  // A total that lacks a call's cost is a lower bound, and says so.
  const actual = `${variance.unpricedCalls > 0 ? '≥' : ''}$${formatUsd(cost.totalNanoUsd)}`;
  if (!variance.snapshotResolved) return `Plan variance: no plan snapshot; actual cost ${actual}`;
  const calls = pair(variance.calls);
  return `Plan variance: calls ${calls}, tokens ${pair(variance.totalTokens)}, cost ${costPair(actual, cost)}`;
}

function pair({ actual, estimated }: Comparison): string {
  const planned = estimated ?? 0;
  return `${actual}/${planned}${inBrackets(ratioText(actual, planned))}`;
}

function costPair(actual: string, { totalNanoUsd, estimatedUsd }: CostComparison): string {
  const estimated = estimatedUsd === null ? null : parseNanoUsd(estimatedUsd);
  if (estimatedUsd === null || estimated === null) return `${actual} (not estimated)`;
  return `${actual}/$${formatUsd(estimated)}${inBrackets(ratioText(totalNanoUsd, estimatedUsd, NANO_DECIMALS))}`;
}

const NANO_DECIMALS = 9;

const inBrackets = (ratio: string | null): string => (ratio === null ? '' : ` (${ratio})`);

/** Pure: the report with the line between its markers; the rest of the text is left alone. */
export function withVarianceLine(report: string, line: string): string {
  const lineEnd = report.includes('\r\n') ? '\r\n' : '\n';
  const block = [START, line, END].join(lineEnd);
  // A marker that lost its other one is text: taken for half of ours, each run would add a block.
  const end = report.indexOf(END, Math.max(0, report.indexOf(START)));
  const start = end < 0 ? -1 : report.lastIndexOf(START, end);
  if (start >= 0) return report.slice(0, start) + block + report.slice(end + END.length);
  if (report === '') return `${block}${lineEnd}`;
  return `${report}${report.endsWith('\n') ? '' : lineEnd}${lineEnd}${block}${lineEnd}`;
}

/** The report is somebody else's, in whatever encoding: bytes pass through as latin-1, which knows every byte. */
export async function writeVarianceLine(path: string, variance: Variance): Promise<void> {
  const report = (await readFileIfThere(path))?.toString('latin1') ?? '';
  const line = Buffer.from(varianceLine(variance), 'utf8').toString('latin1');
  const updated = withVarianceLine(report, line);
  if (updated === report) return;
  await ensureDirectory(dirname(path));
  await replaceFile(path, Buffer.from(updated, 'latin1'));
}
